"""Home: what waits for me."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.home import Standing, standing, waiting_for
from jiedao.desk.entry import DeskRequest, staff
from jiedao.desk.links import list_url
from jiedao.desk.selectors import drafts_of, unread_notices
from jiedao.kernel import clock


def _figures(found: Standing, todo: int) -> list[dict[str, object]]:
    rows = [
        (_("等我办理"), todo, "strong", "#waiting"),
        (
            _("已超期"),
            found.overdue,
            "bad" if found.overdue else "good",
            list_url(CaseFilters(todo="OVERDUE")),
        ),
        (
            _("24 小时内到期"),
            found.soon,
            "warn" if found.soon else "good",
            list_url(CaseFilters(due="soon", group="open", order="urgency")),
        ),
        (
            _("督办中"),
            found.supervised,
            "bad" if found.supervised else "neutral",
            list_url(CaseFilters(group="open", flags=("supervised",))),
        ),
        (
            pgettext("figure", "挂账"),
            found.suspended,
            "neutral",
            list_url(CaseFilters(states=("SUSPENDED",))),
        ),
        (_("在办"), found.open, "neutral", list_url(CaseFilters(group="open"))),
    ]
    return [{"label": label, "value": value, "tone": tone, "url": url} for label, value, tone, url in rows]


@staff()
def home(request: DeskRequest) -> HttpResponse:
    """Show what waits for the person, by urgency, with their notices and drafts."""
    actor = request.actor
    groups = waiting_for(actor)
    mine = [group for group in groups if not group.watch]
    sees = actor.can("cases.case:view")
    context = {
        "now": clock.now(),
        "groups": [(group, list_url(CaseFilters(todo=group.code, order="urgency"))) for group in groups],
        "todo": sum(group.total for group in mine),
        "late": sum(group.late for group in mine),
        "stats": _figures(standing(actor), sum(group.total for group in mine)) if sees else [],
        "notices": unread_notices(actor),
        "drafts": drafts_of(actor),
        "may_report": actor.can("cases.case:report"),
        "sees": sees,
    }
    return render(request, "desk/home.html", context)
