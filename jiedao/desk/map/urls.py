"""Addresses of the map."""

from django.urls import URLPattern, path

from jiedao.desk.map import views

urlpatterns: list[URLPattern] = [
    path("", views.map_page, name="map"),
    path("data/", views.map_data, name="map_data"),
]
