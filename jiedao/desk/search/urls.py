"""Addresses of the search."""

from django.urls import URLPattern, path

from jiedao.desk.search import views

urlpatterns: list[URLPattern] = [path("", views.search, name="search")]
