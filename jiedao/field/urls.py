"""Addresses of the app. Only `app`, `here`, `codes` and `places` are pages; the others answer scripts."""

from django.urls import path

from jiedao.field import previews, views, views_codes, views_visits

app_name = "field"
urlpatterns = [
    path("", views.show_app, name="app"),
    path("shell/", views.send_shell, name="shell"),
    path("sw.js", views.send_worker, name="worker"),
    path("hello/", views.answer_hello, name="hello"),
    path("day/", views.send_day, name="day"),
    path("photos/", views.store_photo, name="photos"),
    path("items/", views.take_item, name="items"),
    path("previews/<int:photo_id>/", previews.send_preview, name="preview"),
    path("codes/", views_codes.show_codes, name="codes"),
    path("places/", views_visits.list_places, name="places"),
    path("places/<str:kind>/<str:code>/", views_visits.show_place, name="place"),
    path("here/<str:kind>/<str:code>/", views_codes.open_place, name="here"),
]
