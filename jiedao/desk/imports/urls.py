"""Addresses of the import of messages."""

from django.urls import URLPattern, path

from jiedao.desk.imports import views_check, views_imports, views_mappings, views_standard, views_undo

urlpatterns: list[URLPattern] = [
    path("", views_imports.show_imports, name="imports"),
    path("<int:import_id>/", views_imports.show_import, name="import"),
    path("<int:import_id>/undo/", views_undo.undo, name="import_undo"),
    path("template/", views_imports.send_template, name="import_template"),
    path("export/", views_imports.export_outgoing, name="import_export"),
    path("standard/", views_standard.export_standard, name="export_standard"),
    path("check/", views_check.check_upload, name="import_check"),
    path("check/refused/", views_check.send_refused_rows, name="import_refused"),
    path("columns/", views_mappings.choose_columns, name="import_columns"),
    path("mappings/", views_mappings.upload_mapping, name="import_mappings"),
    path("mappings/<int:mapping_id>/", views_mappings.send_mapping, name="import_mapping"),
    path(
        "mappings/<int:mapping_id>/delete/", views_mappings.delete_saved_mapping, name="import_mapping_delete"
    ),
]
