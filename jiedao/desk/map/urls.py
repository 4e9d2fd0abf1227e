"""Addresses of the map."""

from django.urls import URLPattern, path

from jiedao.desk.map import views

urlpatterns: list[URLPattern] = [
    path("", views.show_map, name="map"),
    path("data/", views.send_map_data, name="map_data"),
]
