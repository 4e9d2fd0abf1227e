"""Counts and sums of records as of a day: now, or how they stood then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.plans import planned_by_values
from jiedao.orgs.actor import Actor
from jiedao.registers.access import visible_records
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, Field
from jiedao.registers.models import Record, RecordVersion
from jiedao.registers.selectors.filters import RecordFilters

COUNTED = 3_000  # a list counts so far by itself, in milliseconds; beyond, only when somebody asks


@dataclass(frozen=True)
class Counted:
    """How many records, and the sum of the asked field in its unit (None where none was asked)."""

    count: int
    total: float | None = None


@planned_by_values()
def count_records(
    actor: Actor, info: RegisterInfo, filters: RecordFilters, *, as_of: date | None = None, sum_of: str = ""
) -> Counted:
    """Count the records that the actor sees and that fit the filters, in one statement now, in two as of a past day.

    As of a day a record counts in the state it had at the end of that day. A text is searched in what records say now.

    Raises:
        UserError: a filter or a field to sum that the register does not have.
    """
    slot = _slot(info, sum_of)
    found = [_sum(rows, slot) for rows, _id in states_on(actor, info, filters, as_of)]
    total = None if slot == "" else sum(one.total or 0.0 for one in found)
    return Counted(sum(one.count for one in found), total)


@dataclass(frozen=True)
class Totals:
    """How many records a list has and the sums of its number columns; of more than `COUNTED` only that it is more."""

    count: int = 0
    exact: bool = True
    sums: list[tuple[Field, float]] = field(default_factory=list)


@planned_by_values()
def totals(
    actor: Actor,
    info: RegisterInfo,
    filters: RecordFilters,
    *,
    as_of: date | None = None,
    whole: bool = False,
) -> Totals:
    """Count a list and sum the number columns that have a sum, in one statement now, in two as of a past day.

    Args:
        whole: count beyond `COUNTED` too.
    """
    summed = [
        one for one in info.definition.live if one.column and one.summed and one.kind in NUMERIC and one.slot
    ]
    slots = [one.slot for one in summed]
    count, sums = 0, dict.fromkeys(slots, 0.0)
    for rows, _id in states_on(actor, info, filters, as_of):
        few = rows.order_by() if whole else rows.order_by()[: COUNTED + 1]
        found = few.values("pk", *slots).aggregate(
            n=Count("pk"), **{f"of_{slot}": Sum(slot) for slot in slots}
        )
        count += found["n"]
        for slot in slots:
            sums[slot] += float(found[f"of_{slot}"] or 0.0)
        if count > COUNTED and not whole:
            return Totals(COUNTED, exact=False)
    return Totals(count, sums=[(one, sums[one.slot]) for one in summed])


def counts_by_register(actor: Actor, infos: Iterable[RegisterInfo]) -> dict[int, int]:
    """Return register id -> how many records in the register the actor sees, in one statement."""
    rows = Record.objects.visible_to(actor).filter(register_id__in=[info.id for info in infos], active=True)
    return dict(rows.order_by().values_list("register_id").annotate(Count("pk")))


def states_on(
    actor: Actor, info: RegisterInfo, filters: RecordFilters, as_of: date | None
) -> list[tuple[QuerySet[Any], str]]:
    """Return the states that held at the end of a day (None for now) and the column that names their record.

    Now they lie in one table; as of a past day in two, and a record is in one of them alone.
    """
    now = filters.apply(visible_records(actor, info), info)
    if as_of is None:
        return [(now, "id")]
    then = RecordVersion.objects.filter(filters.condition(info), since_date__lte=as_of, until_date__gt=as_of)
    lasting = RecordFilters(text=filters.text, parent_id=filters.parent_id, active=None)
    all_seen = actor.sees_town and actor.can("registers.record:view")
    if not all_seen or lasting != RecordFilters(active=None):
        # which past states count: of the records that the actor sees today, by what only a record says now
        seen = lasting.apply(visible_records(actor, info), info)
        then = then.filter(Exists(seen.filter(pk=OuterRef("record_id"))))
    return [(now.filter(since_date__lte=as_of), "id"), (then, "record_id")]


def _slot(info: RegisterInfo, key: str) -> str:
    if not key:
        return ""
    one = info.definition.field(key)
    if one is None or one.kind not in NUMERIC or not one.slot:
        names: Sequence[str] = [
            field.key for field in info.definition.live if field.kind in NUMERIC and field.slot
        ]
        raise UserError(
            _("“%(key)s”不能求和。") % {"key": key[:40]},
            hint=_("可用的项：%(names)s") % {"names": "、".join(names)},
            field=key,
        )
    return one.slot


def _sum(rows: QuerySet[Any], slot: str) -> Counted:
    if not slot:
        return Counted(rows.count())
    found = rows.aggregate(n=Count("pk"), total=Sum(slot, filter=Q(**{f"{slot}__isnull": False})))
    return Counted(found["n"], float(found["total"] or 0.0))
