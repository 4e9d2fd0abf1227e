"""Addresses of the home page, the notices and the account."""

from django.urls import URLPattern, path

from jiedao.desk.home import views, views_own

urlpatterns: list[URLPattern] = [
    path("", views.show_home, name="home"),
    path("notices/", views_own.list_notices, name="notices"),
    path("notices/read/", views_own.mark_notices_read, name="notices_read"),
    path("account/", views_own.show_account, name="account"),
    path("account/post/", views_own.switch_post, name="switch_post"),
]
