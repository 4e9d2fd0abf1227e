"""Addresses of projects."""

from django.urls import URLPattern, path

from jiedao.desk.projects import views

urlpatterns: list[URLPattern] = [
    path("", views.projects, name="projects"),
    path("<str:key>/", views.project, name="project"),
    path("<str:key>/<slug:what>/", views.write, name="project-write"),
]
