"""Addresses of inspections."""

from django.urls import URLPattern, path

from jiedao.desk.inspections import views, views_print

urlpatterns: list[URLPattern] = [
    path("", views.list_inspections, name="inspections"),
    path("<int:inspection_id>/", views.show_inspection, name="inspection"),
    path("<int:inspection_id>/print/<slug:suffix>/", views_print.print_inspection, name="inspection_print"),
    path("<int:inspection_id>/drop/", views.drop, name="inspection_drop"),
    path("records/<int:record_id>/<str:checklist>/", views.start_inspection, name="inspection_new"),
    path(
        "records/<int:record_id>/<str:checklist>/print/<slug:suffix>/",
        views_print.print_checklist,
        name="checklist_print",
    ),
    path("records/<int:record_id>/<str:checklist>/plan/", views.plan_inspection, name="inspection_plan"),
]
