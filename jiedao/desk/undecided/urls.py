"""Addresses of the cases and records whose place is to be decided."""

from django.urls import URLPattern, path

from jiedao.desk.undecided import views

urlpatterns: list[URLPattern] = [
    path("", views.list_places, name="undecided"),
    path("decide/", views.decide, name="undecided_decide"),
]
