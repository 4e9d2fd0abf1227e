"""Addresses of cases: the list, intake, the page of a case, the dispatcher's desk."""

from django.urls import URLPattern, path

from jiedao.desk.cases import (
    views_callers,
    views_case,
    views_dispatcher,
    views_intake,
    views_list,
    views_presence,
    views_print,
    views_visit,
)
from jiedao.desk.views import delete_view, save_view

urlpatterns: list[URLPattern] = [
    path("cases/", views_list.list_cases, name="cases"),
    path("cases/new/", views_intake.report_new_case, name="new"),
    path("cases/new/alike/", views_intake.check_while_typing, name="alike"),
    path("cases/new/questions/", views_intake.show_questions, name="questions"),
    path("cases/new/places/", views_intake.find_places, name="named_places"),
    path("cases/bulk/", views_list.dispatch_chosen_cases, name="bulk"),
    path("cases/export/", views_list.export_list, name="export"),
    path("cases/print/<slug:suffix>/", views_print.print_cases, name="print_cases"),
    path("cases/views/", save_view, name="save_view"),
    path("cases/views/<int:view_id>/delete/", delete_view, name="delete_view"),
    path("cases/caller/", views_callers.find_caller, name="caller"),
    path("cases/<str:number>/", views_case.show_case, name="case"),
    path("cases/<str:number>/moves/<str:code>/", views_case.make_move, name="move"),
    path("cases/<str:number>/reporter/", views_case.show_reporter, name="reveal"),
    path("cases/<str:number>/visit/", views_visit.make_visit, name="visit"),
    path("cases/<str:number>/caller/", views_callers.show_caller_of_case, name="case_caller"),
    path("cases/<str:number>/files/", views_case.upload_files, name="upload"),
    path("cases/<str:number>/print/<slug:suffix>/", views_print.print_case, name="print_case"),
    path("cases/<str:number>/letter/<slug:suffix>/", views_print.print_letter, name="print_letter"),
    path("cases/<str:number>/alike/", views_case.show_alike, name="case_alike"),
    path("cases/<str:number>/presence/", views_presence.update_presence, name="presence"),
    path("dispatcher/", views_dispatcher.show_dispatcher, name="dispatcher"),
]
