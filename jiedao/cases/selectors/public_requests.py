"""What is public about the matters that the public reported: category, state, unit, community and times.

Nothing here was written by the reporter. Texts, photos and the point of a case are public only as a reviewer released
them; a room above adds those.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case as CaseWhen
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from jiedao.cases.flow import FINISHED, get_finish
from jiedao.cases.models import PUBLIC_CHANNELS, Case, CaseMove
from jiedao.cases.selectors.for_sender import STEPS
from jiedao.kernel import clock

COLUMNS = (
    "id",
    "number",
    "state",
    "category_id",
    "area_path",
    "lead_unit_id",
    "reported_at",
    "close_due_at",
    "closed_at",
    "ended_at",
)
SECOND = timedelta(seconds=1)  # callers read times to the second, so they mean a second with its fractions


@dataclass(frozen=True)
class PublicRequest:
    """The public facts of a matter.

    Attributes:
        finished_at: None while it is open.
        updated_at: when it ended, for an open one when it last made a step of the loop.
    """

    id: int
    number: str
    state: str
    category_id: int | None
    area_path: str
    lead_unit_id: int | None
    reported_at: datetime
    close_due_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True)
class RequestFilter:
    """Which matters are wanted; None and () filter nothing.

    Attributes:
        category_ids: the categories; `unclassified` adds the cases without a category, and those whose category is not
            in `classified_ids`.
    """

    first_at: datetime | None = None
    last_at: datetime | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    is_open: bool | None = None
    category_ids: frozenset[int] | None = None
    unclassified: bool = False
    classified_ids: frozenset[int] = frozenset()


def _select_public() -> "QuerySet[Any]":
    cases: QuerySet[Any] = Case.objects.filter(channel__in=sorted(PUBLIC_CHANNELS))
    return cases


def _read(cases: "QuerySet[Any]") -> list[PublicRequest]:
    """Return the rows in the order of the query; two statements."""
    rows: list[Any] = list(cases.values_list(*COLUMNS))
    steps = CaseMove.objects.filter(move__in=sorted(STEPS), case_id__in=[row[0] for row in rows])
    last_steps = dict(steps.order_by().values_list("case_id").annotate(at=Max("at")))
    requests = []
    for *values, closed_at, ended_at in rows:
        pk, _number, state, *_places, reported_at, _due_at = values
        finished_at = get_finish(state, closed_at, ended_at)
        updated_at = finished_at or last_steps.get(pk, reported_at)
        requests.append(PublicRequest(*[*values, finished_at, updated_at]))
    return requests


def list_public_requests(filters: RequestFilter, *, most: int, skip: int = 0) -> list[PublicRequest]:
    """Return the matters that the filter describes, the newest first; two statements."""
    cases = _select_public().filter(_build_condition(filters))
    if filters.updated_from is not None or filters.updated_to is not None:
        cases = _filter_updated(cases, filters)
    return _read(cases.order_by("-reported_at", "-id")[skip : skip + most])


def _filter_updated(cases: Any, filters: RequestFilter) -> Any:
    steps = CaseMove.objects.filter(case_id=OuterRef("pk"), move__in=sorted(STEPS))
    last_step = Subquery(steps.order_by().values("case_id").annotate(last=Max("at")).values("last"))
    ended = When(state__in=sorted(FINISHED), then=Coalesce("closed_at", "ended_at"))
    updated_at = Coalesce(CaseWhen(ended, default=last_step), F("reported_at"))
    cases = cases.annotate(updated_at=updated_at)
    if filters.updated_from is not None:
        cases = cases.filter(updated_at__gte=filters.updated_from)
    if filters.updated_to is not None:
        cases = cases.filter(updated_at__lt=filters.updated_to + SECOND)
    return cases


def _build_condition(filters: RequestFilter) -> Q:
    condition = Q()
    if filters.first_at is not None:
        condition &= Q(reported_at__gte=filters.first_at, reported_date__gte=_get_day(filters.first_at))
    if filters.last_at is not None:
        condition &= Q(reported_at__lt=filters.last_at + SECOND, reported_date__lte=_get_day(filters.last_at))
    if filters.updated_from is not None:
        # Every step is a move, and a case that made none since was not updated: the index of moves finds the others.
        moved = CaseMove.objects.filter(move__in=sorted(STEPS), at__gte=filters.updated_from)
        condition &= Q(id__in=moved.values("case_id"))
    if filters.is_open is not None:
        finished = Q(state__in=sorted(FINISHED))
        condition &= ~finished if filters.is_open else finished
    if filters.category_ids is not None:
        wanted = Q(category_id__in=sorted(filters.category_ids))
        if filters.unclassified:
            wanted |= Q(category_id__isnull=True) | ~Q(category_id__in=sorted(filters.classified_ids))
        condition &= wanted
    return condition


def _get_day(moment: datetime) -> Any:
    return moment.astimezone(clock.TOWN_TZ).date()


def find_public_requests(numbers: Sequence[str]) -> list[PublicRequest]:
    """Return the matters with these numbers, in this order, without those that do not exist or are not public."""
    cleaned = list(dict.fromkeys(number.replace("\x00", "")[:20] for number in numbers))
    by_number = {row.number: row for row in _read(_select_public().filter(number__in=cleaned))}
    return [by_number[number] for number in cleaned if number in by_number]


def find_number_by_key(client_uuid: UUID) -> str | None:
    """Return the number of the matter of the public that was filed with this client_uuid; None without one."""
    cases = Case.objects.filter(client_uuid=client_uuid, channel__in=sorted(PUBLIC_CHANNELS))
    number: str | None = cases.values_list("number", flat=True).first()
    return number
