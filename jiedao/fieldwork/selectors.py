"""What phones show besides the work itself: the user's own month, the present state of a case, visits to places."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Q, Sum

from jiedao.cases.flow import State, get_state_label
from jiedao.cases.models import Case, CaseMove
from jiedao.cases.moves.events import EVENTS
from jiedao.cases.moves.table import FLOW
from jiedao.fieldwork.models import PlaceVisit
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Post
from jiedao.places.models import in_language
from jiedao.registers.access import get_inspection
from jiedao.registers.models import AnswerValue, Inspection, InspectionState

MOST_CASES = 500  # of a user in a month


@dataclass(frozen=True)
class MonthLine:
    """A kind of work of the month: how many, and how many ended in which way, in words."""

    key: str
    total: int
    ends: list[tuple[str, int]] = field(default_factory=list)


# The lines of "my month", with the moves that count for each; a case counts once in a line.
MONTH_MOVES = {
    "reported": ("REPORT",),
    "verified": ("VERIFY", "UNTRUE"),
    "handled": ("HANDLE", "SELF_HANDLE", "HELPED"),
    "checked": ("CHECK_PASS", "REWORK"),
}


def read_month(actor: Actor, day: date) -> list[MonthLine]:
    """Return what the user did in the month of a day, and how it ended; five statements.

    It is only the user's own work; no other user can read it here.
    """
    if actor.user_id is None:
        return []
    first = day.replace(day=1)
    start = datetime.combine(first, time.min, tzinfo=clock.TOWN_TZ)
    lines = []
    for key, moves in MONTH_MOVES.items():
        rows = CaseMove.objects.filter(user_id=actor.user_id, move__in=moves, at__gte=start)
        ids = list(rows.order_by().values_list("case_id", flat=True).distinct()[:MOST_CASES])
        lines.append(MonthLine(key, len(ids), _count_ends(ids)))
    lines.append(_count_inspections(actor.user_id, first))
    return lines


def _count_ends(ids: list[int]) -> list[tuple[str, int]]:
    rows = Case.objects.filter(pk__in=ids).order_by().values_list("state", "visit_outcome")
    counts = list(rows.annotate(n=Count("pk"))) if ids else []
    order = list(State.values)
    ends: dict[str, int] = {}  # several outcomes may have the same words
    for state, outcome, count in sorted(counts, key=lambda row: order.index(row[0])):
        label = get_state_label(state, outcome)
        ends[label] = ends.get(label, 0) + count
    return list(ends.items())


def _count_inspections(user_id: int, first: date) -> MonthLine:
    rows = Inspection.objects.filter(counted_date__gte=first, done_by_id=user_id)
    counts = rows.aggregate(
        passed_count=Count("pk", filter=Q(passed=True)), failed_count=Count("pk", filter=Q(passed=False))
    )
    ends = [(end, counts[f"{end}_count"]) for end in ("passed", "failed") if counts[f"{end}_count"]]
    return MonthLine("inspected", sum(count for _end, count in ends), ends)


def describe_present(case: Case) -> dict[str, Any]:
    """Return a case as it is now and who moved it last, for a worker whose own move came too late."""
    last = case.moves.order_by("-id").first()
    label: Any = ""
    if last is not None:
        label = FLOW[last.move].label if last.move in FLOW else EVENTS[last.move].label
    return {
        "number": case.number,
        "version": case.version,
        "state": get_state_label(case.state, case.visit_outcome),
        "who": last.actor_label if last is not None else "",
        "move": str(label),
        "text": last.text if last is not None else "",
        "at": last.at.isoformat() if last is not None else "",
    }


def describe_present_inspection(actor: Actor, inspection_id: int) -> dict[str, Any] | None:
    """Return an inspection as it is now, for a worker whose own one came too late; None where the actor sees none."""
    try:
        _info, row = get_inspection(actor, inspection_id)
    except NotFoundError:
        return None
    return {
        "state": str(InspectionState(row.state).label),
        "who": row.done_label,
        "day": row.done_date.isoformat() if row.done_date is not None else "",
        "passed": row.passed,
        "text": row.note,
        "answers": {
            key: [
                in_language(answer.get("ask", key), answer.get("ask_en", "")),
                str(AnswerValue(answer["value"]).label),
                answer.get("note", ""),
            ]
            for key, answer in row.answers.items()
        },
    }


@dataclass(frozen=True)
class VisitLine:
    """The visits to a place on a day by posts of one title, proved in one way."""

    day: date
    post: str
    proof: str
    count: int


def list_place_visits(kind: str, code: str, start: date) -> list[VisitLine]:
    """Return the visits to one place since a day, the newest first; two statements.

    There is no list across places: by day and post it would be close to a person's track.
    """
    rows = list(
        PlaceVisit.objects.filter(kind=kind, code=code, day__gte=start).order_by(
            "-day", "post_title", "proof"
        )
    )
    titles = {row.post_title for row in rows} - {""}
    labels = {post.title: post.label for post in Post.objects.filter(title__in=titles)}
    return [
        VisitLine(
            row.day, labels.get(row.post_title, row.post_title), str(row.get_proof_display()), row.count
        )
        for row in rows
    ]


def count_place_visits(start: date, end: date) -> dict[tuple[str, str], int]:
    """Return the visits by kind and code of the place, from the first to the last day."""
    rows = PlaceVisit.objects.filter(day__range=(start, end)).order_by().values_list("kind", "code")
    return {(kind, code): total for kind, code, total in rows.annotate(total=Sum("count"))}
