"""Addresses of inspections."""

from django.urls import URLPattern, path

from jiedao.desk.inspections import views

urlpatterns: list[URLPattern] = [
    path("", views.list_inspections, name="inspections"),
    path("<int:inspection_id>/", views.show_inspection, name="inspection"),
    path("<int:inspection_id>/drop/", views.drop, name="inspection_drop"),
    path("records/<int:record_id>/<str:checklist>/", views.start_inspection, name="inspection_new"),
    path("records/<int:record_id>/<str:checklist>/plan/", views.plan_inspection, name="inspection_plan"),
]
