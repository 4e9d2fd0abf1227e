"""Addresses of figures. The words of the fixed addresses cannot be keys of measures."""

from django.urls import URLPattern, path

from jiedao.desk.figures import views_catalogue, views_entries, views_figure

urlpatterns: list[URLPattern] = [
    path("", views_catalogue.show_catalogue, name="figures"),
    path("export/", views_catalogue.send_catalogue, name="figures_export"),
    path("entries/", views_entries.show_entries, name="figure_entries"),
    path("entries/import/", views_entries.import_sheet, name="figure_import"),
    path("entries/template/", views_entries.send_template, name="figure_template"),
    path("entries/lock/", views_entries.lock, name="figure_lock"),
    path("entries/<int:entry_id>/confirm/", views_entries.confirm, name="figure_confirm"),
    path("entries/<int:entry_id>/return/", views_entries.withdraw, name="figure_return"),
    path("<str:key>/", views_figure.show_figure, name="figure"),
    path("<str:key>/enter/", views_entries.enter, name="figure_enter"),
    path("<str:key>/export/", views_figure.send_figure, name="figure_export"),
]
