"""Addresses of cases: the list, intake, the page of a case, the dispatcher's desk."""

from django.urls import URLPattern, path

from jiedao.desk.cases import views_case, views_dispatcher, views_intake, views_list, views_presence
from jiedao.desk.views import delete_view, save_view

urlpatterns: list[URLPattern] = [
    path("cases/", views_list.cases, name="cases"),
    path("cases/new/", views_intake.new, name="new"),
    path("cases/new/alike/", views_intake.alike, name="alike"),
    path("cases/bulk/", views_list.bulk, name="bulk"),
    path("cases/export/", views_list.export, name="export"),
    path("cases/views/", save_view, name="save_view"),
    path("cases/views/<int:view_id>/delete/", delete_view, name="delete_view"),
    path("cases/<str:number>/", views_case.case, name="case"),
    path("cases/<str:number>/moves/<str:code>/", views_case.move, name="move"),
    path("cases/<str:number>/reporter/", views_case.reveal, name="reveal"),
    path("cases/<str:number>/files/", views_case.upload, name="upload"),
    path("cases/<str:number>/presence/", views_presence.presence, name="presence"),
    path("dispatcher/", views_dispatcher.dispatcher, name="dispatcher"),
]
