"""Addresses of publications, open data and yearly reports."""

from django.urls import path

from jiedao.desk.publishing import views_moves, views_open_data, views_publications, views_yearly

urlpatterns = [
    path("", views_publications.list_all, name="publishing"),
    path("new/", views_publications.create, name="publication-new"),
    path("open-data/", views_open_data.list_all, name="open-data"),
    path("open-data/<slug:key>/", views_open_data.show_data_set, name="open-data-set"),
    path("open-data/<slug:key>/release/", views_open_data.release, name="open-data-release"),
    path("open-data/<slug:key>/close/", views_open_data.close, name="open-data-close"),
    path("yearly/", views_yearly.list_years, name="yearly-reports"),
    path("yearly/<int:year>/", views_yearly.edit_year, name="yearly-report"),
    path("yearly/<int:year>/publication/", views_yearly.make_publication, name="yearly-report-make"),
    path("<int:publication_id>/", views_publications.show_publication, name="publication"),
    path("<int:publication_id>/edit/", views_publications.edit, name="publication-edit"),
    path(
        "<int:publication_id>/files/<int:attachment_id>/remove/",
        views_publications.drop_file,
        name="publication-file-remove",
    ),
    path("<int:publication_id>/review/", views_moves.review, name="publication-review"),
    path("<int:publication_id>/publish/", views_moves.publish, name="publication-publish"),
    path("<int:publication_id>/withdraw/", views_moves.withdraw, name="publication-withdraw"),
    path("<int:publication_id>/copy/", views_moves.copy, name="publication-copy"),
    path("<int:publication_id>/discard/", views_moves.discard, name="publication-discard"),
]
