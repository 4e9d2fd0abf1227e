"""Addresses of promises."""

from django.urls import URLPattern, path

from jiedao.desk.promises import views_aid, views_campaign, views_index, views_pledge, views_print

urlpatterns: list[URLPattern] = [
    path("", views_index.list_campaigns, name="promises"),
    path("campaigns/<slug:key>/", views_campaign.show_campaign, name="campaign"),
    path("campaigns/<slug:key>/split/", views_campaign.split_target, name="campaign-split"),
    path("campaigns/<slug:key>/entries/", views_campaign.create_entry, name="campaign-enter"),
    path("pledges/", views_pledge.list_pledges, name="pledges"),
    path("pledges/new/", views_pledge.create_pledge, name="pledge-new"),
    path("pledges/<int:pledge_id>/", views_pledge.show_pledge, name="pledge"),
    path(
        "pledges/<int:pledge_id>/letter/<int:supervision_id>/<slug:suffix>/",
        views_print.print_pledge_letter,
        name="pledge-letter",
    ),
    path("pledges/<int:pledge_id>/<slug:code>/", views_pledge.make_move, name="pledge-move"),
    path("aid/", views_aid.show_aid, name="aid"),
    path("aid/commitments/", views_aid.create_commitment, name="aid-commit"),
    path("aid/payments/", views_aid.create_payment, name="aid-pay"),
    path("aid/payments/<int:payment_id>/void/", views_aid.mark_payment_void, name="aid-void"),
]
