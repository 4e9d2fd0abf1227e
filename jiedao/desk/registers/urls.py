"""Addresses of registers."""

from django.urls import URLPattern, path

from jiedao.desk.registers import (
    views_grades,
    views_list,
    views_print,
    views_record,
    views_sheets,
    views_undo,
    views_write,
)

urlpatterns: list[URLPattern] = [
    path("", views_list.list_registers, name="registers"),
    path("<slug:key>/", views_list.list_records, name="register"),
    path("<slug:key>/map/", views_list.show_map, name="register-map"),
    path("<slug:key>/map/data/", views_list.send_map_data, name="register-map-data"),
    path("<slug:key>/template/", views_sheets.send_template, name="register-template"),
    path("<slug:key>/export/", views_sheets.export_records, name="register-export"),
    path("<slug:key>/import/", views_sheets.import_records, name="register-import"),
    path("<slug:key>/import/refused/", views_sheets.send_refused_rows, name="register-refused"),
    path("<slug:key>/import/<int:import_id>/undo/", views_undo.undo_import, name="register-import-undo"),
    path("<slug:key>/grades/", views_grades.regrade_register, name="register-regrade"),
    path("<slug:key>/new/", views_write.create_record, name="register-new"),
    path("<slug:key>/<int:record_id>/", views_record.show_record, name="register-record"),
    path("<slug:key>/<int:record_id>/edit/", views_write.edit_record, name="register-edit"),
    path("<slug:key>/<int:record_id>/standing/", views_write.set_record_active, name="register-standing"),
    path("<slug:key>/<int:record_id>/grade/", views_write.set_grade, name="register-grade"),
    path("<slug:key>/<int:record_id>/personal/", views_record.reveal_personal_values, name="register-reveal"),
    path("<slug:key>/<int:record_id>/print/<slug:suffix>/", views_print.print_record, name="register-print"),
    path("<slug:key>/<int:record_id>/code/", views_write.give_code, name="register-code"),
    path("<slug:key>/<int:record_id>/files/", views_record.upload_files, name="register-upload"),
]
