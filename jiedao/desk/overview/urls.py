"""The address of the leaders' page."""

from django.urls import URLPattern, path

from jiedao.desk.overview import views

urlpatterns: list[URLPattern] = [path("", views.show_overview, name="overview")]
