"""Addresses of consultations."""

from django.urls import URLPattern, path

from jiedao.desk.consultations import views, views_edit

urlpatterns: list[URLPattern] = [
    path("", views.list_all, name="consultations"),
    path("new/", views_edit.add_consultation, name="consultation_new"),
    path("<int:pk>/", views.show_consultation, name="consultation"),
    path("<int:pk>/edit/", views_edit.edit_consultation, name="consultation_edit"),
    path("<int:pk>/move/", views.move_consultation, name="consultation_move"),
    path("<int:pk>/codes/", views.hand_out, name="consultation_codes"),
    path("<int:pk>/outcome/", views_edit.write_outcome, name="consultation_outcome"),
]
