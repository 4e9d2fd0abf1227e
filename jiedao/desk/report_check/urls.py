"""Addresses of the check of a text's numbers."""

from django.urls import URLPattern, path

from jiedao.desk.report_check import views

urlpatterns: list[URLPattern] = [path("", views.check_report, name="report_check")]
