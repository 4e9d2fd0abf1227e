"""Addresses of promises."""

from django.urls import URLPattern, path

from jiedao.desk.promises import views_aid, views_campaign, views_index, views_pledge

urlpatterns: list[URLPattern] = [
    path("", views_index.index, name="promises"),
    path("campaigns/<slug:key>/", views_campaign.campaign, name="campaign"),
    path("campaigns/<slug:key>/split/", views_campaign.split, name="campaign-split"),
    path("campaigns/<slug:key>/entries/", views_campaign.enter, name="campaign-enter"),
    path("pledges/", views_pledge.pledges, name="pledges"),
    path("pledges/new/", views_pledge.new, name="pledge-new"),
    path("pledges/<int:pledge_id>/", views_pledge.pledge, name="pledge"),
    path("pledges/<int:pledge_id>/<slug:code>/", views_pledge.move, name="pledge-move"),
    path("aid/", views_aid.aid, name="aid"),
    path("aid/commitments/", views_aid.commit, name="aid-commit"),
    path("aid/payments/", views_aid.pay, name="aid-pay"),
    path("aid/payments/<int:payment_id>/void/", views_aid.void, name="aid-void"),
]
