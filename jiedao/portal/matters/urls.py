"""Addresses of the matters that the public may see."""

from django.urls import URLPattern, path

from jiedao.portal.matters import views

urlpatterns: list[URLPattern] = [
    path("", views.show_map, name="map"),
    path("data/", views.send_map_data, name="map_data"),
    path("photos/<int:photo_id>/", views.send_photo, name="map_photo"),
    path("<str:number>/", views.show_matter, name="map_matter"),
]
