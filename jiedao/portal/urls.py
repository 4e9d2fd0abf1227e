"""Addresses of the public's site."""

from django.urls import include, path

from jiedao.portal import views
from jiedao.portal.company import views as company
from jiedao.portal.following import views as following
from jiedao.portal.reporting import views as reporting

app_name = "portal"
urlpatterns = [
    path("", views.show_home, name="home"),
    path("language/<str:code>/", views.choose_language, name="language"),
    path("privacy/", views.show_privacy, name="privacy"),
    path("report/", reporting.choose_offer, name="report"),
    path("report/places/", reporting.suggest_places, name="places"),
    path("report/places/map/", reporting.send_pointing_map, name="pointing_map"),
    path("report/places/near/", reporting.describe_place, name="near"),
    path("report/slip/", reporting.show_slip, name="slip"),
    path("report/<slug:key>/", reporting.report_matter, name="report_matter"),
    path("follow/", following.ask_for_code, name="follow"),
    path("follow/open/", following.open_by_link, name="open"),
    path("follow/confirm/", following.confirm_messages, name="confirm_messages"),
    path("follow/leave/", following.leave, name="leave"),
    path("follow/<str:number>/", following.show_followed, name="followed"),
    path("follow/<str:number>/add/", following.add_words, name="add"),
    path("follow/<str:number>/rate/", following.rate, name="rate"),
    path("follow/<str:number>/messages/", following.ask_messages, name="messages"),
    path("follow/<str:number>/photos/<int:attachment_id>/", following.show_photo, name="photo"),
    path("company/", company.show_company, name="company"),
    path("company/<str:number>/", company.open_request, name="open_request"),
    path("mine/", following.list_own_matters, name="mine"),
    path("mine/<str:number>/", following.open_own_matter, name="open_own"),
    path("map/", include("jiedao.portal.matters.urls")),
    path("consultations/", include("jiedao.portal.consultations.urls")),
    path("", include("jiedao.portal.info.urls")),
    path("", include("jiedao.portal.open_data.urls")),
]
