"""Address of the import of a phone's queue."""

from django.urls import URLPattern, path

from jiedao.desk.field_files import views

urlpatterns: list[URLPattern] = [path("", views.import_file, name="field_file")]
