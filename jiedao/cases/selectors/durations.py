"""Durations between two moments of a case, and their quantiles: the median is that of the rows, not of an estimate.

A case belongs to the period in which the duration ended. Hours are those of the calendar, or with `working` the office
hours of the town's calendar. A pause (挂账), during which the clocks of a case do not run, is taken out on request.
Where the times of an imported case are reversed, its duration is 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet

from jiedao.cases.flow import State
from jiedao.cases.models import Case, CaseMove
from jiedao.cases.selectors.counting import Narrowing, annotate_keys, find_then, narrow, read_key
from jiedao.cases.selectors.measures import MEASURES, Table, Window
from jiedao.cases.selectors.splits import read_groups
from jiedao.kernel import clock
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.figures import DurationCell, DurationReading
from jiedao.kernel.periods import Period
from jiedao.orgs.actor import Actor

MICROSECONDS = Decimal(3_600_000_000)  # of an hour
ALL_HOURS, WORKING = "all", "working"
HOURS = (ALL_HOURS, WORKING)
SUSPEND = "SUSPEND"  # the move that begins a pause
Pause = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Duration:
    """A duration: the columns of its two moments, and the measure that counts exactly its cases by the second."""

    start: str
    measure: str

    @property
    def end(self) -> str:
        """The column of the moment at which it ended; an index finds the cases of a period by it."""
        return MEASURES[self.measure].time


DURATIONS = {
    "reported_accepted": Duration("reported_at", "accepted"),
    "dispatched_handled": Duration("dispatched_at", "handled_in"),
    "reported_closed": Duration("reported_at", "closed_in"),
}


def read_quantile(
    actor: Actor,
    code: str,
    quantile: int,
    period: Period,
    *,
    split: str = "",
    where: Narrowing = (),
    hours: str = ALL_HOURS,
    without_pauses: bool = False,
) -> DurationReading:
    """Return a quantile of a duration over the cases that the actor may see, and by the keys of a split.

    Without a split and in calendar hours the database counts and sorts, if pauses count; else the durations are read
    and sorted here.

    Args:
        quantile: in thousandths.
        without_pauses: take out the time in which a case was suspended.
    """
    duration = DURATIONS[code]
    measure, window = MEASURES[duration.measure], Window(period, clock.now())
    then = find_then(period, (split,), where, measure.time)
    visible = Case.objects.visible_to(actor).filter(measure.build_filter(window))
    rows = narrow(visible, Table.CASE, where, then).order_by()
    if not split and hours == ALL_HOURS and not without_pauses:
        return DurationReading(_read_from_database(rows, duration, quantile))
    values, keyed = list[int](), dict[str, list[int]]()
    pauses = _read_pauses(rows) if without_pauses else {}
    for key, length in _read_lengths(rows, duration, (split, then), hours, pauses):
        values.append(length)
        if split:
            keyed.setdefault(key, []).append(length)
    cells = tuple(_build_cell((key,), sorted(keyed[key]), quantile) for key in sorted(keyed))
    return DurationReading(_build_cell((), sorted(values), quantile), cells)


def _read_from_database(rows: QuerySet[Any], duration: Duration, quantile: int) -> DurationCell:
    number = rows.count()
    if not number:
        return DurationCell((), None, 0)
    length = ExpressionWrapper(F(duration.end) - F(duration.start), output_field=DurationField())
    position = quantile * (number - 1) // 1000
    two = rows.annotate(length=length).order_by("length").values_list("length", flat=True)
    pair = [_count_microseconds(value) for value in two[position : position + 2]]
    return DurationCell((), _interpolate(pair, number, quantile), number)


def _read_pauses(rows: QuerySet[Any]) -> dict[int, list[Pause]]:
    """Return the pauses of the cases that have any, by their id; the last one may be open."""
    suspended = CaseMove.objects.filter(move=SUSPEND).values("case_id")
    ids = rows.filter(pk__in=suspended).values("pk")
    moves = CaseMove.objects.filter(
        Q(to_state=State.SUSPENDED) | Q(from_state=State.SUSPENDED), case_id__in=ids
    ).order_by("id")
    pauses: dict[int, list[Pause]] = {}
    begun: dict[int, datetime] = {}
    for case_id, at, to_state in moves.values_list("case_id", "at", "to_state").iterator(chunk_size=5000):
        if to_state == State.SUSPENDED:
            begun.setdefault(case_id, at)
        elif case_id in begun:
            pauses.setdefault(case_id, []).append((begun.pop(case_id), at))
    for case_id, at in begun.items():
        pauses.setdefault(case_id, []).append((at, None))
    return pauses


def _read_lengths(
    rows: QuerySet[Any],
    duration: Duration,
    by: tuple[str, str | None],
    hours: str,
    pauses: Mapping[int, Sequence[Pause]],
) -> Iterable[tuple[str, int]]:
    """Yield the key and the length in microseconds of each case, without the given pauses.

    Args:
        by: the split, and the time column at whose moment a case had its place, None for the present place.
    """
    split, then = by
    splits = (split,) if split else ()
    groups = {name: {group.value: group for group in read_groups(name)} for name in splits}
    keyed = annotate_keys(rows, Table.CASE, splits, groups, duration.end, then=then)
    names = [f"key_{name}" for name in splits]
    calendar = get_town_calendar()

    def measure(start: datetime, end: datetime) -> int:
        if hours == WORKING:
            return round(calendar.between(start, end) * 1_000_000) if end > start else 0
        return _count_microseconds(end - start)

    for line in keyed.values_list(*names, "pk", duration.start, duration.end).iterator(chunk_size=5000):
        key = read_key(split, line[0], groups) if split else ""
        case_id, start, end = line[-3:]
        paused = sum(
            measure(max(start, first), min(end, last or end)) for first, last in pauses.get(case_id, ())
        )
        yield key, max(0, measure(start, end) - paused)


def _count_microseconds(length: timedelta) -> int:
    return max(0, length // timedelta(microseconds=1))


def _build_cell(key: tuple[str, ...], lengths: Sequence[int], quantile: int) -> DurationCell:
    """Return the quantile of sorted lengths."""
    if not lengths:
        return DurationCell(key, None, 0)
    position = quantile * (len(lengths) - 1) // 1000
    return DurationCell(
        key, _interpolate(lengths[position : position + 2], len(lengths), quantile), len(lengths)
    )


def _interpolate(pair: Sequence[int], number: int, quantile: int) -> Decimal:
    """Return the hours at a quantile that lies on the first of two neighbouring lengths or between them."""
    part = Decimal(quantile * (number - 1) % 1000) / 1000
    low, high = pair[0], pair[-1]
    return (low + (high - low) * part) / MICROSECONDS
