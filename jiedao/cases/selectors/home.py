"""The home page of a user: what waits for them, the most urgent first, and counts of their scope."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Case as Choose
from django.db.models import Count, F, IntegerField, QuerySet, Sum, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from jiedao.cases.flow import OPEN
from jiedao.cases.handled import list_units_of_person
from jiedao.cases.models import Case, CaseMove, CaseQuerySet, ExtensionRequest, ReasonKind
from jiedao.cases.moves.events import EVENTS
from jiedao.cases.moves.wording import name_reason
from jiedao.cases.selectors.filters import CaseFilters, build_due_filter
from jiedao.cases.selectors.lists import COLUMNS, CaseRow, read_rows_by_id
from jiedao.cases.selectors.todo import TODO, build_todo_filter, list_todos
from jiedao.kernel import clock
from jiedao.kernel.prepared import SOME_DAY, SOME_ID, SOME_MOMENT, PreparedQuery
from jiedao.orgs.actor import Actor

SHOWN = 5
SHOWN_ALONE = 12  # of the only kind of work; several kinds share the height of the screen
RECENT_MOVES = 60  # moves that are read to find the last cases; a case has several


@dataclass
class Waiting:
    """One kind of work: how many cases wait, how many of them are late, and the most urgent."""

    code: str
    total: int = 0
    late: int = 0
    rows: list[CaseRow] = field(default_factory=list)
    asks: dict[int, str] = field(default_factory=dict)  # by case: what a request asks for, and why

    @property
    def lines(self) -> list[tuple[CaseRow, str]]:
        """The rows, each with what is asked for on it, "" for most kinds of work."""
        return [(row, self.asks.get(row.id, "")) for row in self.rows]

    @property
    def label(self) -> str:
        """The kind of work in the reader's language."""
        return str(TODO[self.code].label)

    @property
    def icon(self) -> str:
        """The icon of the kind of work."""
        return TODO[self.code].icon

    @property
    def watch(self) -> bool:
        """Return whether the user monitors it rather than does it."""
        return TODO[self.code].watch

    @property
    def more(self) -> int:
        """How many cases are not among the rows."""
        return self.total - len(self.rows)


# The figures of the open cases in a user's scope. A figure and its list come from the same filters.
OPEN_FIGURES: dict[str, CaseFilters] = {
    "overdue": CaseFilters(due="overdue", group="open", order="urgency"),
    "soon": CaseFilters(due="soon", group="open", order="urgency"),
    "supervised": CaseFilters(group="open", flags=("supervised",)),
    "suspended": CaseFilters(states=("SUSPENDED",)),
    "open": CaseFilters(group="open"),
}


OWN_MOVES = PreparedQuery(
    lambda user: (
        CaseMove.objects.filter(user_id=user)
        .order_by("-id")
        .values_list("case_id", "move", "at")[:RECENT_MOVES]
    ),
    SOME_ID,
)


@dataclass(frozen=True)
class LastMove:
    """A case that the user moved on lately: their last move, and the case as it is now."""

    move: str
    at: datetime
    case: CaseRow


def list_waiting(actor: Actor, most: int = 0) -> list[Waiting]:
    """Return the kinds of work that wait for the actor, late ones first, then by the nearest deadline.

    Empty kinds are left out. At most eight statements for any number of cases: one for all kinds that the state alone
    determines, one for each other kind, and one each for the reasons of the requests and of unsatisfied visits.

    Args:
        most: how many cases of each kind; 0 for as many as fit on a screen, more where only a few kinds wait.
    """
    codes = list_todos(actor)
    by_state = [code for code in codes if TODO[code].state]
    waiting: dict[str, Waiting] = {}
    for kinds in [by_state, *([code] for code in codes if code not in by_state)]:
        for code, total, late, *columns in _read_waiting(actor, kinds, most or SHOWN_ALONE) if kinds else []:
            waiting.setdefault(code, Waiting(code, total, late)).rows.append(CaseRow(*columns))
    for kind in waiting.values():
        del kind.rows[most or max(SHOWN, SHOWN_ALONE // len(waiting)) :]
    if "EXTENSION" in waiting:
        waiting["EXTENSION"].asks = _read_asks(waiting["EXTENSION"].rows)
    if "CONFIRM" in waiting:
        waiting["CONFIRM"].asks = _read_proposals(waiting["CONFIRM"].rows)
    return sorted(waiting.values(), key=_compute_urgency)


def _read_asks(rows: list[CaseRow]) -> dict[int, str]:
    """Return by case how much more time is asked for, and why."""
    requests = ExtensionRequest.objects.filter(case_id__in=[row.id for row in rows], decided_at__isnull=True)
    return {
        row.case_id: _("申请延长 %(limit)s：%(reason)s") % {"limit": row.limit_label, "reason": row.reason}
        for row in requests
    }


def _read_proposals(rows: list[CaseRow]) -> dict[int, str]:
    """Return by case why the return caller proposes not to handle it again."""
    visits = CaseMove.objects.filter(case_id__in=[row.id for row in rows], move="VISIT").order_by("id")
    return {
        case_id: _("提出不再办理：%(text)s") % {"text": name_reason(ReasonKind.KEEP, data["keep"])}
        for case_id, data in visits.values_list("case_id", "data")
        if data.get("keep")
    }


def _read_waiting(actor: Actor, codes: list[str], most: int) -> list[tuple[Any, ...]]:
    """Return the first rows of each kind, with the count of all its cases and of the late ones, in one statement."""
    now, today = clock.now(), clock.today()
    if actor.user_id is None or actor.represents_id is not None or actor.ties:
        # A deputy's statement names both persons, so no other user can share it.
        return list(_build_waiting(now, today, None, actor=actor, codes=codes, most=most))
    shape = (
        tuple(codes),
        most,
        actor.scope,
        actor.town_wide,
        actor.area_paths,
        actor.unit_ids,
        actor.permissions,
        tuple(list_units_of_person(actor)),
    )
    return WAITING.fetch(now, today, actor.user_id, shape=shape, actor=actor, codes=codes, most=most)


def _build_waiting(
    now: datetime, _today: date, user_id: int | None, *, actor: Actor, codes: list[str], most: int
) -> QuerySet[Any, Any]:
    with clock.at(now):
        person = replace(actor, user_id=user_id)
        if TODO[codes[0]].state:
            cases = _find_cases_by_state(person, codes)
        else:
            visible = Case.objects.visible_to(person)
            cases = visible.filter(build_todo_filter(codes[0], person)).annotate(todo=Value(codes[0]))
        return _rank(cases, most)


# The kinds of work of a post have the same statement for all who hold it: only the moment and the user differ.
WAITING = PreparedQuery(_build_waiting, SOME_MOMENT, SOME_DAY, SOME_ID, may_lack=True)


def _find_cases_by_state(actor: Actor, codes: list[str]) -> CaseQuerySet:
    kinds = Choose(
        *(When(build_todo_filter(code, actor), then=Value(code)) for code in codes), default=Value("")
    )
    states = {TODO[code].state for code in codes}
    cases: CaseQuerySet = Case.objects.visible_to(actor).filter(state__in=sorted(states))
    return cases.annotate(todo=kinds).exclude(todo="")


def _rank(cases: CaseQuerySet, most: int) -> QuerySet[Any, Any]:
    late = Choose(
        When(build_due_filter("overdue", clock.now()), then=1), default=0, output_field=IntegerField()
    )
    urgency = [F("due_at").asc(nulls_last=True), F("id").asc()]
    ranked = cases.annotate(
        rank=Window(RowNumber(), partition_by=[F("todo")], order_by=urgency),
        total=Window(Count("*"), partition_by=[F("todo")]),
        late=Window(Sum(late), partition_by=[F("todo")]),
    )
    return ranked.filter(rank__lte=most).order_by("rank").values_list("todo", "total", "late", *COLUMNS)


def _compute_urgency(waiting: Waiting) -> tuple[Any, ...]:
    first = waiting.rows[0].due_at
    return (waiting.watch, not waiting.late, first is None, first or clock.now())


def count_open_cases(actor: Actor) -> dict[str, int]:
    """Count the open cases of the actor's scope by the keys of OPEN_FIGURES, in one statement."""
    counts: dict[str, int] = (
        Case.objects.visible_to(actor)
        .filter(state__in=sorted(OPEN))
        .aggregate(
            **{
                f"{key}_count": Count("id", filter=filters.build_condition(actor))
                for key, filters in OPEN_FIGURES.items()
            }
        )
    )
    return {key: counts[f"{key}_count"] for key in OPEN_FIGURES}


def list_last_moves(actor: Actor, most: int = 6) -> list[LastMove]:
    """Return the cases that the actor moved on last, the newest first, in two statements.

    Cases that have left the actor's scope are left out, and what a move on another case wrote into their timeline.
    """
    if actor.user_id is None:
        return []
    newest: dict[int, tuple[str, datetime]] = {}
    for case_id, move, at in OWN_MOVES.fetch(actor.user_id):
        if move not in EVENTS:
            newest.setdefault(case_id, (move, at))
    if not newest:
        return []
    cases = {row.id: row for row in read_rows_by_id(actor, list(newest))}
    lines = [LastMove(*newest[pk], cases[pk]) for pk in newest if pk in cases]
    return sorted(lines[:most], key=lambda line: line.at, reverse=True)


def read_case_names(actor: Actor, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return number and subject of the visible cases among the ids, in one statement; no query without ids."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = Case.objects.visible_to(actor).filter(pk__in=wanted).values_list("id", "number", "subject")
    return {pk: (number, subject) for pk, number, subject in rows}
