"""Addresses of the board."""

from django.urls import URLPattern, path

from jiedao.desk.board import views

urlpatterns: list[URLPattern] = [
    path("", views.show_board, name="board"),
    path("export/", views.send_workbook, name="board_export"),
    path("rows/", views.list_cases_of_figure, name="board_rows"),
    path("rows/export/", views.export_cases_of_figure, name="board_rows_export"),
]
