"""Addresses of the public's site; each subject has its own file of addresses."""

from django.urls import include, path

from jiedao.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.show_home, name="home"),
    path("language/<str:code>/", views.choose_language, name="language"),
    path("privacy/", views.show_privacy, name="privacy"),
    path("map/", include("jiedao.portal.matters.urls")),
    path("consultations/", include("jiedao.portal.consultations.urls")),
]
