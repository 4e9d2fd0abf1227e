"""Addresses of orders to the offices of a district."""

from django.urls import URLPattern, path

from jiedao.desk.orders import views

urlpatterns: list[URLPattern] = [
    path("", views.list_all_orders, name="orders"),
    path("<str:number>/retry/", views.retry, name="order_retry"),
    path("<str:number>/reporter/", views.send_reporter, name="order_reporter"),
]
