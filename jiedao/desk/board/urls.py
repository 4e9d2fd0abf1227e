"""Addresses of the board."""

from django.urls import URLPattern, path

from jiedao.desk.board import views

urlpatterns: list[URLPattern] = [
    path("", views.board, name="board"),
    path("rows/", views.board_rows, name="board_rows"),
]
