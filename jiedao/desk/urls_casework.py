"""Addresses of casework: home, lists, intake, the case page."""

from django.urls import URLPattern, path

from jiedao.desk import views_case, views_cases, views_home, views_intake, views_small

urlpatterns: list[URLPattern] = [
    path("", views_home.home, name="home"),
    path("cases/", views_cases.cases, name="cases"),
    path("cases/new/", views_intake.new, name="new"),
    path("cases/new/alike/", views_intake.alike, name="alike"),
    path("cases/bulk/", views_cases.bulk, name="bulk"),
    path("cases/export/", views_cases.export, name="export"),
    path("cases/views/", views_cases.save_view, name="save_view"),
    path("cases/views/<int:view_id>/delete/", views_cases.delete_view, name="delete_view"),
    path("cases/<str:number>/", views_case.case, name="case"),
    path("cases/<str:number>/moves/<str:code>/", views_case.move, name="move"),
    path("cases/<str:number>/reporter/", views_case.reveal, name="reveal"),
    path("cases/<str:number>/files/", views_case.upload, name="upload"),
    path("cases/<str:number>/presence/", views_small.presence, name="presence"),
    path("drafts/<slug:key>/", views_small.draft, name="draft"),
    path("files/<int:attachment_id>/", views_small.attachment, name="attachment"),
]
