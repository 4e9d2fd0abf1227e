"""Addresses of the help."""

from django.urls import URLPattern, path

from jiedao.desk.help import views

urlpatterns: list[URLPattern] = [
    path("", views.list_topics, name="help"),
    path("<slug:key>/", views.show_topic, name="help_topic"),
]
