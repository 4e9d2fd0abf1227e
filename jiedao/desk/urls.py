"""Addresses of the desk."""

from jiedao.desk import urls_casework, urls_overview
from jiedao.desk.inspections import urls as urls_inspections

app_name = "desk"
urlpatterns = [*urls_casework.urlpatterns, *urls_overview.urlpatterns, *urls_inspections.urlpatterns]
