"""Addresses of projects."""

from django.urls import URLPattern, path

from jiedao.desk.projects import views, views_print

urlpatterns: list[URLPattern] = [
    path("", views.list_projects, name="projects"),
    path("<str:key>/", views.show_project, name="project"),
    path("<str:key>/print/<slug:suffix>/", views_print.print_project, name="project-print"),
    path("<str:key>/<slug:what>/", views.submit_update, name="project-write"),
]
