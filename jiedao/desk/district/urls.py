"""Addresses of the district's pages about its offices."""

from django.urls import URLPattern, path

from jiedao.desk.district import views

urlpatterns: list[URLPattern] = [
    path("", views.show_ranking, name="district"),
    path("matrix/", views.show_matrix, name="district_matrix"),
    path("matrix/export/", views.send_matrix, name="district_export"),
    path("read/", views.read_now, name="district_read"),
    path("offices/<str:code>/", views.show_office, name="district_office"),
]
