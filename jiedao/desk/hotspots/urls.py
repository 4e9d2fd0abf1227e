"""Addresses of hot matters. A matter is named by any of its cases, because the list is grouped again every hour."""

from django.urls import URLPattern, path

from jiedao.desk.hotspots import views, views_print

urlpatterns: list[URLPattern] = [
    path("", views.list_matters, name="hotspots"),
    path("place/", views.list_place, name="hotspot_place"),
    path("<str:number>/", views.show_matter, name="hotspot"),
    path("<str:number>/letter/<slug:suffix>/", views_print.print_letters, name="hotspot_letter"),
    path("<str:number>/merge/", views.merge, name="hotspot_merge"),
    path("<str:number>/supervise/", views.supervise, name="hotspot_supervise"),
]
