"""Addresses of inspections."""

from django.urls import URLPattern, path

from jiedao.desk.inspections import views

urlpatterns: list[URLPattern] = [
    path("inspections/", views.inspections, name="inspections"),
    path("inspections/<int:visit_id>/", views.inspection, name="inspection"),
    path("inspections/<int:visit_id>/drop/", views.drop, name="inspection_drop"),
    path("inspections/records/<int:record_id>/<str:checklist>/", views.beside, name="inspection_new"),
    path("inspections/records/<int:record_id>/<str:checklist>/plan/", views.plan, name="inspection_plan"),
]
