"""Addresses of what successions left to a person."""

from django.urls import URLPattern, path

from jiedao.desk.undecided import views, views_units

urlpatterns: list[URLPattern] = [
    path("", views.show_undecided, name="undecided"),
    path("decide/", views.decide, name="undecided_decide"),
    path("units/", views_units.decide_rows, name="undecided_units"),
    path("holders/", views_units.decide_holder, name="undecided_holder"),
    path("quotas/", views_units.divide_quota, name="undecided_quota"),
]
