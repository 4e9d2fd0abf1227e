"""Addresses of the desk."""

from django.urls import include, path

from jiedao.desk import urls_casework, urls_overview

app_name = "desk"
urlpatterns = [
    *urls_casework.urlpatterns,
    *urls_overview.urlpatterns,
    path("promises/", include("jiedao.desk.promises.urls")),
    path("projects/", include("jiedao.desk.projects.urls")),
    path("registers/", include("jiedao.desk.registers.urls")),
    path("inspections/", include("jiedao.desk.inspections.urls")),
]
