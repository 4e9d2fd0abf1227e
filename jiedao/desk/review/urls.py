"""Addresses of the public review."""

from django.urls import URLPattern, path

from jiedao.desk.review import views

urlpatterns: list[URLPattern] = [
    path("", views.list_cases, name="review"),
    path("<str:number>/", views.review_case, name="review_case"),
    path("<str:number>/photos/<int:photo_id>/", views.send_preview, name="review_photo"),
]
