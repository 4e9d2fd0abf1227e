"""Addresses of home and of what is the user's own: notices and account."""

from django.urls import URLPattern, path

from jiedao.desk.home import views, views_own

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("notices/", views_own.notices, name="notices"),
    path("notices/read/", views_own.notices_read, name="notices_read"),
    path("account/", views_own.account, name="account"),
    path("account/post/", views_own.switch_post, name="switch_post"),
]
