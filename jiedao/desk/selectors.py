"""What the desk reads of its own: drafts and saved views of a user."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases.moves.table import FLOW
from jiedao.cases.selectors.home import cases_named
from jiedao.desk.models import Draft, SavedView
from jiedao.orgs.actor import Actor

CASE_KEY = re.compile(r"case-(?P<case>\d{1,18})-(?P<move>[A-Z_]{2,20})")


@dataclass(frozen=True)
class DraftLine:
    """A form somebody began: what it is for, and the page where it goes on."""

    title: str
    what: str
    url: str
    at: datetime


def drafts_of(actor: Actor, most: int = 6) -> list[DraftLine]:
    """Return the person's newest drafts in at most two statements; cases out of scope are left out."""
    rows = list(Draft.objects.filter(user_id=actor.user_id or 0).order_by("-updated_at")[:most])
    found = {row.pk: CASE_KEY.fullmatch(row.key) for row in rows}
    cases = cases_named(actor, [int(match["case"]) for match in found.values() if match])
    lines = []
    for row in rows:
        match = found[row.pk]
        if row.key == "new":
            title = str(row.data.get("subject") or row.data.get("detail") or "")[:60]
            lines.append(
                DraftLine(title or _("还没有标题"), _("登记案件"), reverse("desk:new"), row.updated_at)
            )
        elif match and int(match["case"]) in cases and match["move"] in FLOW:
            number, subject = cases[int(match["case"])]
            url = reverse("desk:case", args=[number]) + f"?move={match['move']}"
            lines.append(
                DraftLine(f"{number} {subject}", str(FLOW[match["move"]].label), url, row.updated_at)
            )
    return lines


def views_for(actor: Actor, register: str = "") -> list[SavedView]:
    """Return the person's own views of a list and the shared ones of others, by name, in one statement."""
    seen = Q(user_id=actor.user_id or 0) | Q(shared=True)
    return list(SavedView.objects.filter(seen, register=register).order_by("name", "id")[:60])
