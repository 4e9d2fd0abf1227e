"""Responsibility items and decisions as lines of a list: on the home page and on their own pages."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.projects.models.promises import Pledge, PledgeState, Supervision
from jiedao.projects.selectors.pledges import find_waiting_pledges

MAX_WAITING = 5
TONES = {
    PledgeState.OPEN: "info",
    PledgeState.REPORTED: "warn",
    PledgeState.BACK: "bad",
    PledgeState.CONFIRMED: "good",
    PledgeState.WITHDRAWN: "neutral",
}


def list_waiting_pledges(actor: Actor) -> dict[str, Any]:
    """Return the pledges whose next step is the user's, for the home page, and how many there are."""
    pledges, total = find_waiting_pledges(actor, limit=MAX_WAITING)
    return {"rows": list(map(build_line, pledges)), "total": total}


def build_line(pledge: Pledge) -> dict[str, Any]:
    """Return the row of a pledge in the list."""
    demands: list[Supervision] = getattr(pledge, "open_supervisions", [])
    return {
        "pledge": pledge,
        "tone": TONES[PledgeState(pledge.state)],
        "late": describe_days_late(pledge.days_late),
        "helpers": "、".join(unit.label for unit in pledge.helpers.all()),
        "owed": [describe_owed_answer(demand) for demand in demands],
    }


def describe_days_late(days: int) -> str:
    """Return for how many days something is late, "" for 0."""
    return ngettext("逾期 %(n)d 天", "逾期 %(n)d 天", days) % {"n": days} if days else ""


def describe_owed_answer(demand: Supervision) -> tuple[str, str]:
    """Return what the unit owes, as words and a tone."""
    if demand.days_late:
        text = ngettext("督办逾期 %(n)d 天未答复", "督办逾期 %(n)d 天未答复", demand.days_late)
        return text % {"n": demand.days_late}, "bad"
    if demand.due_date == clock.today():
        return _("督办今天须答复"), "warn"
    return _("督办 %(day)s 前答复") % {"day": demand.due_date}, "warn"
