"""Addresses of the desk."""

from jiedao.desk import urls_casework, urls_overview

app_name = "desk"
urlpatterns = [*urls_casework.urlpatterns, *urls_overview.urlpatterns]
