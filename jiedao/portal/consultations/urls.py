"""Addresses of consultations."""

from django.urls import URLPattern, path

from jiedao.portal.consultations import views

urlpatterns: list[URLPattern] = [
    path("", views.list_all, name="consultations"),
    path("<int:pk>/", views.show_consultation, name="consultation"),
    path("<int:pk>/thanks/", views.show_thanks, name="consultation_thanks"),
]
