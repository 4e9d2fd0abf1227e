"""Addresses of doubtful reports."""

from django.urls import URLPattern, path

from jiedao.desk.doubtful import views

urlpatterns: list[URLPattern] = [
    path("", views.list_doubtful_reports, name="doubtful"),
    path("<str:number>/", views.decide, name="doubtful_decide"),
]
