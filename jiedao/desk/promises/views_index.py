"""The overview of promises: campaigns, responsibility items and decisions, aid."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.desk.navigation import build_promise_tabs
from jiedao.desk.promises.campaign_stats import describe_light
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.pages.amounts import format_amount, format_amount_of, format_percent, format_yuan
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.projects.models.promises import Campaign
from jiedao.projects.selectors.aid import AidStatus, read_aid_status
from jiedao.projects.selectors.campaigns import CampaignStatus, Phase, find_campaigns, read_campaign_status
from jiedao.projects.selectors.pledges import PledgeFilters, count_pledges, find_pledges

MAX_WAITING = 8  # late and reported pledges on the overview; a link leads to the others


@require_staff("projects.promise:view")
@require_safe
@take_filters({"q": None})
def list_campaigns(request: DeskRequest) -> HttpResponse:
    """Show the status of all promises; the amounts of each campaign come from its own feed."""
    actor = request.actor
    text = make_storable(request.GET.get("q", "")).strip()[:100]
    waiting = [
        *find_pledges(actor, PledgeFilters(late=True)),
        *find_pledges(actor, PledgeFilters(state="REPORTED")),
    ]
    campaigns = find_campaigns(actor, text)
    context = {
        "tabs": build_promise_tabs(actor, "desk:promises"),
        "today": clock.today(),
        "q": text,
        "campaigns": [_describe_campaign(actor, campaign) for campaign in campaigns],
        "out_of_scope": not campaigns and Campaign.objects.filter(active=True).exists(),
        "pledge_stats": build_pledge_stats(actor),
        "waiting": waiting[:MAX_WAITING],
        "aid_stats": build_aid_stats(read_aid_status(actor)),
    }
    return render(request, "desk/promises/index.html", context)


def _describe_campaign(actor: Actor, campaign: Campaign) -> dict[str, Any]:
    """Return the row of a campaign; `fault` states why its feed could not be read."""
    try:
        status = read_campaign_status(actor, campaign)
    except UserError as fault:
        return {"campaign": campaign, "fault": str(fault)}
    badge, tone = describe_light(status)
    return {
        "campaign": campaign,
        "status": status,
        "done": format_amount_of(status.done, status.target, campaign.digits),
        "target": format_amount(status.target, campaign.digits),
        "share": format_percent(status.share),
        "tone": tone,
        "badge": badge,
        "reason": _describe_start(status) if status.phase is Phase.FUTURE else status.reason,
        "future": status.phase is Phase.FUTURE,
    }


def _describe_start(status: CampaignStatus) -> str:
    return _("%(day)s 开始") % {"day": status.campaign.from_date}


def build_pledge_stats(
    actor: Actor, filters: PledgeFilters | None = None, parameters: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Return the number of pledges in each state, each with a link to these pledges.

    Args:
        filters: count only those that match.
        parameters: those of an address that hold these filters, which the links keep.
    """
    counts, url = count_pledges(actor, filters=filters), reverse("desk:pledges")
    rows = [
        (_("全部"), counts.total, "", "neutral"),
        (_("办理中"), counts.open, "?state=WORKING", "info"),
        (_("逾期"), counts.late, "?late=1", "bad" if counts.late else "neutral"),
        (_("督办待答复"), counts.owed, "?owed=1", "warn" if counts.owed else "neutral"),
        (_("待确认"), counts.reported, "?state=REPORTED", "warn" if counts.reported else "neutral"),
        (_("已确认"), counts.confirmed, "?state=CONFIRMED", "good"),
    ]
    tail = urlencode(parameters or {})
    return [
        {
            "label": label,
            "value": n,
            "url": url + (query + (f"&{tail}" if query else f"?{tail}") if tail else query),
            "tone": tone,
        }
        for label, n, query, tone in rows
    ]


def build_aid_stats(status: AidStatus) -> list[dict[str, Any]]:
    """Return the number of partners and the money committed, paid and outstanding, in yuan."""
    url = reverse("desk:aid")
    rows = [(_("承诺"), status.committed), (_("已支付"), status.paid), (_("待支付"), status.outstanding)]
    places = {"label": _("帮扶地区"), "value": len(status.partners), "unit": _("个地区"), "url": url}
    return [
        places,
        *({"label": name, "value": format_yuan(n), "unit": _("元"), "url": url} for name, n in rows),
    ]
