"""Addresses of inspections."""

from django.urls import URLPattern, path

from jiedao.desk.inspections import views

urlpatterns: list[URLPattern] = [
    path("", views.inspections, name="inspections"),
    path("<int:visit_id>/", views.inspection, name="inspection"),
    path("<int:visit_id>/drop/", views.drop, name="inspection_drop"),
    path("records/<int:record_id>/<str:checklist>/", views.beside, name="inspection_new"),
    path("records/<int:record_id>/<str:checklist>/plan/", views.plan, name="inspection_plan"),
]
