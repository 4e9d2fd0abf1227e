"""Addresses of the kernel: theme, probes, metrics and style guide."""

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
        path("styleguide/", styleguide.show_page, name="styleguide"),
        path("styleguide/<str:page>/", styleguide.show_page, name="styleguide_page"),
    ]
