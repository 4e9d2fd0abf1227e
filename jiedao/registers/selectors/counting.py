"""Counts and sums of records as they are now, or as they were at the end of a past day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Sum
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.plans import plan_by_values
from jiedao.orgs.actor import Actor
from jiedao.registers.access import visible_records
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, Field
from jiedao.registers.models import Record, RecordVersion
from jiedao.registers.selectors.filters import RecordFilters

COUNTED = (
    3_000  # a list counts at most so many records, which takes milliseconds; it counts more only on request
)


@dataclass(frozen=True)
class RecordCount:
    """How many records there are, and the sum of a field in its unit (None where none was requested)."""

    count: int
    total: float | None = None


@plan_by_values()
def count_groups(
    actor: Actor,
    info: RegisterInfo,
    filters: RecordFilters,
    columns: Mapping[str, Any],
    *,
    as_of: date | None = None,
    sum_of: str = "",
) -> dict[tuple[Any, ...], RecordCount]:
    """Count the visible records that match the filters, grouped by expressions over the columns of `RecordState`.

    One statement now, two as of a past day: then a record counts in the state it had at the end of that day, except
    that a text is searched in what records state now.

    Raises:
        UserError: a filter or a field to sum that the register does not have.
    """
    slot = _find_number_slot(info, sum_of)
    aggregates: dict[str, Any] = {"n": Count("pk"), **({"amount": Sum(slot)} if slot else {})}
    named = {f"group_{name}": column for name, column in columns.items()}
    groups: dict[tuple[Any, ...], RecordCount] = {}
    for rows, _id in find_states(actor, info, filters, as_of):
        groups_of_rows = rows.order_by().annotate(**named).values_list(*named) if named else rows.order_by()
        lines = (
            groups_of_rows.annotate(**aggregates)
            if named
            else [tuple(groups_of_rows.aggregate(**aggregates).values())]
        )
        for line in lines:
            _add_group(groups, line[: len(named)], line[len(named) :])
    return groups


def _add_group(
    groups: dict[tuple[Any, ...], RecordCount], key: tuple[Any, ...], numbers: Sequence[Any]
) -> None:
    before = groups.get(key, RecordCount(0, None))
    count = before.count + numbers[0]
    total = (before.total or 0.0) + float(numbers[1] or 0.0) if len(numbers) > 1 else None
    groups[key] = RecordCount(count, total)


@dataclass(frozen=True)
class Totals:
    """The number of records in a list, and the sums of its number columns.

    Of a list of more than `COUNTED` records, `count` is that limit, `exact` is False and there are no sums.
    """

    count: int = 0
    exact: bool = True
    sums: list[tuple[Field, float]] = field(default_factory=list)


@plan_by_values()
def count_list(
    actor: Actor,
    info: RegisterInfo,
    filters: RecordFilters,
    *,
    as_of: date | None = None,
    whole: bool = False,
) -> Totals:
    """Count a list and sum its summed number columns, in one statement now, in two as of a past day.

    Args:
        whole: count all records, even if they are more than `COUNTED`.
    """
    summed = [
        field
        for field in info.definition.active_fields
        if field.column and field.summed and field.kind in NUMERIC and field.slot
    ]
    slots = [field.slot for field in summed]
    count, sums = 0, dict.fromkeys(slots, 0.0)
    for rows, _id in find_states(actor, info, filters, as_of):
        few = rows.order_by() if whole else rows.order_by()[: COUNTED + 1]
        numbers = few.values("pk", *slots).aggregate(
            n=Count("pk"), **{f"sum_{slot}": Sum(slot) for slot in slots}
        )
        count += numbers["n"]
        for slot in slots:
            sums[slot] += float(numbers[f"sum_{slot}"] or 0.0)
        if count > COUNTED and not whole:
            return Totals(COUNTED, exact=False)
    return Totals(count, sums=[(field, sums[field.slot]) for field in summed])


def count_by_register(actor: Actor, infos: Iterable[RegisterInfo]) -> dict[int, int]:
    """Return register id -> number of its active records that the actor may see, in one statement."""
    rows = Record.objects.visible_to(actor).filter(register_id__in=[info.id for info in infos], active=True)
    return dict(rows.order_by().values_list("register_id").annotate(Count("pk")))


def find_first_day(info: RegisterInfo, columns: Sequence[str]) -> date | None:
    """Return the earliest day in columns of all records of a register, None where it has no records; one statement."""
    rows = Record.objects.filter(register_id=info.id)
    days = rows.aggregate(**{f"least_{column}": Min(column) for column in columns}).values()
    return min((day for day in days if day is not None), default=None)


def find_states(
    actor: Actor, info: RegisterInfo, filters: RecordFilters, as_of: date | None
) -> list[tuple[QuerySet[Any], str]]:
    """Return the states that records had at the end of a day (None for now), and the column of the record's id.

    The present states are in one table; those of a past day are in two, each record in exactly one of them.
    """
    now = filters.apply(visible_records(actor, info), info)
    if as_of is None:
        return [(now, "id")]
    then = RecordVersion.objects.filter(filters.condition(info), since_date__lte=as_of, until_date__gt=as_of)
    lasting = RecordFilters(text=filters.text, parent_id=filters.parent_id, active=None)
    sees_all = actor.sees_town and actor.can("registers.record:view")
    if not sees_all or lasting != RecordFilters(active=None):
        # A past state counts if the actor may see its record today and the record matches the search and the parent.
        visible = lasting.apply(visible_records(actor, info), info)
        then = then.filter(Exists(visible.filter(pk=OuterRef("record_id"))))
    return [(now.filter(since_date__lte=as_of), "id"), (then, "record_id")]


def _find_number_slot(info: RegisterInfo, key: str) -> str:
    """Return the slot of the field to sum, "" for none."""
    if not key:
        return ""
    field = info.definition.field(key)
    if field is None or field.kind not in NUMERIC or not field.slot:
        names = [known.key for known in info.definition.active_fields if known.kind in NUMERIC and known.slot]
        raise UserError(
            _("“%(key)s”不能求和。") % {"key": key[:40]},
            hint=_("可用的项：%(names)s") % {"names": "、".join(names)},
            field=key,
        )
    return field.slot
