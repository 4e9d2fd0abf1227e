"""Addresses of forms."""

from django.urls import URLPattern, path

from jiedao.desk.forms import views_bind, views_fill, views_forms

urlpatterns: list[URLPattern] = [
    path("", views_forms.list_forms, name="forms"),
    path("new/", views_forms.create_form, name="form-new"),
    path("fills/<int:fill_id>/", views_fill.show_fill, name="form-fill"),
    path("fills/<int:fill_id>/cell/", views_fill.show_cell, name="form-cell"),
    path("fills/<int:fill_id>/file/", views_fill.send_file, name="form-file"),
    path("fills/<int:fill_id>/<slug:what>/", views_fill.write_fill, name="form-fill-write"),
    path("<slug:key>/", views_forms.show_form, name="form"),
    path("<slug:key>/edit/", views_forms.change_demand, name="form-edit"),
    path("<slug:key>/blank/", views_forms.send_blank, name="form-blank"),
    path("<slug:key>/fill/", views_forms.begin_fill, name="form-begin"),
    path("<slug:key>/bind/", views_bind.bind_form, name="form-bind"),
]
