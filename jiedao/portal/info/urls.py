"""Addresses of publications, of the feed, and of the figures about the office's work."""

from django.urls import path

from jiedao.portal.info import views, views_response

urlpatterns = [
    path("info/", views.list_publications, name="info"),
    path("info/<int:publication_id>/", views.show_publication, name="publication"),
    path("info/<int:publication_id>/code.svg", views.send_code, name="publication_code"),
    path("info/<int:publication_id>/files/<int:attachment_id>/", views.send_file, name="publication_file"),
    path("feed.atom", views.send_feed, name="feed"),
    path("response/", views_response.show_response, name="response"),
    path("response/months.json", views_response.send_months, name="response_months"),
]
