"""Addresses of the page shell itself."""

from django.conf import settings
from django.urls import path

from jiedao.kernel import health, metrics, styleguide, views

app_name = "kernel"
urlpatterns = [
    path("theme/", views.set_theme, name="theme"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
if settings.DEBUG:
    urlpatterns += [
        path("styleguide/", styleguide.show, name="styleguide"),
        path("styleguide/<str:page>/", styleguide.show, name="styleguide_page"),
    ]
