"""The user's drafts and saved views."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from jiedao.cases.moves.table import FLOW
from jiedao.cases.selectors.home import read_case_names
from jiedao.desk.models import Draft, OwnPhrase, SavedView
from jiedao.kernel.addresses import make_address
from jiedao.kernel.prepared import SOME_ID, SOME_TEXT, PreparedQuery
from jiedao.orgs.actor import Actor

MOST_DRAFTS = 6
DRAFTS = PreparedQuery(
    lambda user: Draft.objects.filter(user_id=user).order_by("-updated_at")[:MOST_DRAFTS], SOME_ID
)
SAVED_VIEWS = PreparedQuery(
    lambda user, register: SavedView.objects.filter(
        Q(user_id=user) | Q(shared=True), register=register
    ).order_by("name", "id")[:60],
    SOME_ID,
    SOME_TEXT,
)
OWN_PHRASES = PreparedQuery(lambda user: OwnPhrase.objects.filter(user_id=user).order_by("-id"), SOME_ID)
CASE_DRAFT_KEY = re.compile(r"case-(?P<case>\d{1,18})-(?P<move>[A-Z_]{2,20})")


@dataclass(frozen=True)
class DraftLine:
    """A form that the user began, with its title, its purpose and the address of the page that continues it."""

    title: str
    purpose: str
    url: str
    at: datetime


def list_drafts(actor: Actor, limit: int = MOST_DRAFTS) -> list[DraftLine]:
    """Return the user's newest drafts in at most two queries; drafts for cases out of the user's scope are left out."""
    rows: list[Draft] = DRAFTS.fetch(actor.user_id or 0)[:limit]
    case_keys = {row.pk: CASE_DRAFT_KEY.fullmatch(row.key) for row in rows}
    cases = read_case_names(actor, [int(match["case"]) for match in case_keys.values() if match])
    lines = []
    for row in rows:
        match = case_keys[row.pk]
        if row.key == "new":
            title = str(row.data.get("subject") or row.data.get("detail") or "")[:60]
            lines.append(
                DraftLine(title or _("还没有标题"), _("登记案件"), make_address("desk:new"), row.updated_at)
            )
        elif match and int(match["case"]) in cases and match["move"] in FLOW:
            number, subject = cases[int(match["case"])]
            url = make_address("desk:case", number) + f"?move={match['move']}"
            lines.append(
                DraftLine(f"{number} {subject}", str(FLOW[match["move"]].label), url, row.updated_at)
            )
    return lines


def list_saved_views(actor: Actor, register: str = "") -> list[SavedView]:
    """Return the user's own views of a list and the shared views of other users, by name, in one query."""
    return SAVED_VIEWS.fetch(actor.user_id or 0, register)


def list_own_phrases(actor: Actor) -> list[OwnPhrase]:
    """Return the stock phrases that the user saved, the newest first."""
    if actor.user_id is None:
        return []
    return OWN_PHRASES.fetch(actor.user_id)
