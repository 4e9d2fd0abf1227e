"""Addresses of registers."""

from django.urls import URLPattern, path

from jiedao.desk.registers import views_grades, views_list, views_record, views_sheets, views_write

urlpatterns: list[URLPattern] = [
    path("", views_list.directory, name="registers"),
    path("<slug:key>/", views_list.register, name="register"),
    path("<slug:key>/map/", views_list.register_map, name="register-map"),
    path("<slug:key>/map/data/", views_list.register_map_data, name="register-map-data"),
    path("<slug:key>/template/", views_sheets.template, name="register-template"),
    path("<slug:key>/export/", views_sheets.export, name="register-export"),
    path("<slug:key>/import/", views_sheets.import_page, name="register-import"),
    path("<slug:key>/grades/", views_grades.regrade, name="register-regrade"),
    path("<slug:key>/new/", views_write.new, name="register-new"),
    path("<slug:key>/<int:record_id>/", views_record.record, name="register-record"),
    path("<slug:key>/<int:record_id>/edit/", views_write.edit, name="register-edit"),
    path("<slug:key>/<int:record_id>/standing/", views_write.standing, name="register-standing"),
    path("<slug:key>/<int:record_id>/grade/", views_write.grade, name="register-grade"),
    path("<slug:key>/<int:record_id>/personal/", views_record.reveal, name="register-reveal"),
    path("<slug:key>/<int:record_id>/files/", views_record.upload, name="register-upload"),
]
