"""Likely duplicates: recent cases about the same matter at the same place, the most similar first."""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from jiedao.cases.flow import WITHOUT_RESULT
from jiedao.cases.models import Case, CaseQuerySet, get_sight
from jiedao.cases.selectors import search
from jiedao.cases.selectors.lists import COLUMNS, CaseRow
from jiedao.cases.text.near import Match, Reason, Text, rank_duplicates
from jiedao.kernel import clock
from jiedao.kernel.fulltext import query_tokens
from jiedao.kernel.memo import Memo
from jiedao.kernel.prepared import SOME_TEXT, PreparedQuery
from jiedao.orgs.actor import Actor

WINDOW = timedelta(days=60)
CANDIDATES = 80
SHOWN = 5
LEAST, LEAST_TEXT = 0.45, 0.35
# For a case of the same category at the same place, fewer words in common are enough.
LEAST_TEXT_AT_PLACE, SAME_PLACE, SAME_POINT_M = 0.1, 0.9, 50.0
SAMPLE, READ = 1000, 400  # the newest cases, and characters of each, that show which words are common
COMMON = 0.03
KNOWN, NEW = 8, 8  # words of a text that are searched: each costs a search of its own
_EXTRA = ("detail", "lon", "lat")
_STATE, _REPORTED_AT = COLUMNS.index("state"), COLUMNS.index("reported_at")


@dataclass(frozen=True)
class Duplicate:
    """A case that may be the same matter, with its similarity (0 to 1) and the reasons in words."""

    row: CaseRow
    score: float
    reasons: list[str]

    @property
    def percent(self) -> int:
        """The similarity in percent."""
        return round(self.score * 100)


def find_likely_duplicates(
    actor: Actor,
    subject: str,
    detail: str,
    *,
    place: str = "",
    lon: float | None = None,
    lat: float | None = None,
    area_path: str = "",
    at: datetime | None = None,
    exclude: int | None = None,
    category_id: int | None = None,
    most: int = SHOWN,
) -> list[Duplicate]:
    """Return the visible cases of the last 60 days that are most likely the same matter, in two statements.

    Candidates are the newest in the same grid and those that share the most rare words with the text (80 of each);
    they are ranked by text, distance, place and time (`text.near.rank_duplicates`).

    Args:
        lon, lat: WGS 84 degrees. at: when it was reported, now when None. exclude: the case itself.
        category_id: a chosen category; its cases at the same place need fewer words in common.
    """
    at = at or clock.now()
    candidates = {row[0]: row for row in _read_candidates(actor, f"{subject} {place} {detail}", area_path)}
    candidates.pop(exclude or 0, None)
    pairs = [
        (CaseRow(*row[: len(COLUMNS)]), row[len(COLUMNS) :])
        for row in candidates.values()
        if _is_recent(row[_STATE], row[_REPORTED_AT], at)
    ]
    texts = [_make_text(row, *more) for row, more in pairs]
    query_text = Text(subject=subject, detail=detail, lon=lon, lat=lat, place=place, at=at)
    matches = [
        match
        for match in rank_duplicates(query_text, texts, limit=3 * most, min_score=LEAST)
        if _shares_words(match, is_same_kind=category_id in {pairs[match.index][0].category_id} - {None})
    ][:most]
    return [
        Duplicate(
            pairs[match.index][0],
            match.score,
            [_describe_reason(why) for why in match.reasons],
        )
        for match in matches
    ]


def find_duplicates_of_case(actor: Actor, case: Case, most: int = SHOWN) -> list[Duplicate]:
    """Return the likely duplicates of a case; see `find_likely_duplicates`."""
    return find_likely_duplicates(
        actor,
        case.subject,
        case.detail,
        place=case.place_text,
        lon=case.lon,
        lat=case.lat,
        area_path=case.area_path,
        at=case.reported_at,
        exclude=case.pk,
        most=most,
    )


def _read_candidates(actor: Actor, text: str, area_path: str) -> list[tuple[Any, ...]]:
    rows = IN_GRID.fetch(area_path, shape=get_sight(actor), actor=actor) if area_path else []
    if weights := _weigh_rare_words(text):
        closest = search.find_closest_ids(weights, CANDIDATES)
        rows += _order_newest(Case.objects.visible_to(actor).filter(id__in=closest))
    return rows


def _count_usual_words() -> tuple[int, Counter[str]]:
    rows = Case.objects.order_by("-id").values_list("subject", "place_text", "detail")[:SAMPLE]
    texts = [" ".join(row)[:READ] for row in rows]
    return len(texts), Counter(token for text in texts for token in query_tokens(text))


# In how many of the newest cases each word occurs: one statement every ten minutes.
USUAL: Memo[tuple[int, Counter[str]]] = Memo(_count_usual_words, seconds=600.0)


def _weigh_rare_words(text: str) -> dict[str, float]:
    """Return the rarest words that the newest cases contain, and the first that they do not, weighted by rarity."""
    size, usual = USUAL.get()
    most = max(5.0, COMMON * size)
    rare = [token for token in query_tokens(text[:READ]) if len(token) > 1 and usual[token] <= most]
    known = sorted((token for token in rare if usual[token] > 1), key=lambda token: usual[token])
    new = [token for token in rare if usual[token] <= 1]
    return {token: math.log((2 + size) / (1 + usual[token])) for token in [*known[:KNOWN], *new[:NEW]]}


def _is_recent(state: str, reported_at: datetime, at: datetime) -> bool:
    """Return whether the case is recent and not ended. Not part of the SQL, which would scan the complete grid."""
    return state not in WITHOUT_RESULT and reported_at >= at - WINDOW


def _order_newest(cases: CaseQuerySet) -> "QuerySet[Case, tuple[Any, ...]]":
    return cases.order_by("-id").values_list(*COLUMNS, *_EXTRA)[:CANDIDATES]


IN_GRID = PreparedQuery(
    lambda path, *, actor: _order_newest(Case.objects.visible_to(actor).filter(area_path=path)), SOME_TEXT
)


def _make_text(row: CaseRow, detail: str, lon: float | None, lat: float | None) -> Text:
    return Text(row.subject, detail, lon, lat, row.place_text, row.reported_at)


def _shares_words(match: Match, *, is_same_kind: bool) -> bool:
    """Return whether the texts have words in common: being near and recent alone makes no duplicate."""
    is_at_place = any(
        (why.code == "PLACE" and why.value >= SAME_PLACE)
        or (why.code == "DISTANCE" and why.value <= SAME_POINT_M)
        for why in match.reasons
    )
    least = LEAST_TEXT_AT_PLACE if is_same_kind and is_at_place else LEAST_TEXT
    return any(why.code == "TEXT" and why.value >= least for why in match.reasons)


def _describe_reason(reason: Reason) -> str:
    if reason.code == "TEXT":
        return _("文字相近 %(share)d%%") % {"share": round(reason.value * 100)}
    if reason.code == "DISTANCE":
        return _("相距 %(metres)d 米") % {"metres": round(reason.value)}
    if reason.code == "PLACE":
        return _("地点文字相近")
    return _("同一天") if reason.value < 1 else _("相隔 %(days)d 天") % {"days": round(reason.value)}
