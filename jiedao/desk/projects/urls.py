"""Addresses of projects."""

from django.urls import URLPattern, path

from jiedao.desk.projects import views

urlpatterns: list[URLPattern] = [
    path("", views.list_projects, name="projects"),
    path("<str:key>/", views.show_project, name="project"),
    path("<str:key>/<slug:what>/", views.submit_update, name="project-write"),
]
