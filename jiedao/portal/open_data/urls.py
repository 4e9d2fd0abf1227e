"""Addresses of open data."""

from django.urls import path

from jiedao.portal.open_data import views

urlpatterns = [
    path("data/", views.list_data_sets, name="data"),
    path("data/<slug:key>/", views.show_data_set, name="data_set"),
    path("data/<slug:key>/dictionary.json", views.send_dictionary, name="data_dictionary"),
    path("data/<slug:key>/rows.<slug:suffix>", views.send_file, name="data_file"),
]
