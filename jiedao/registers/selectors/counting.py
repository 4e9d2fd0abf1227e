"""Counts and sums of records as of a day: now, or how they stood then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.registers.access import visible_records
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC
from jiedao.registers.models import Record, RecordVersion
from jiedao.registers.selectors.filters import RecordFilters


@dataclass(frozen=True)
class Counted:
    """How many records, and the sum of the asked field in its unit (None where none was asked)."""

    count: int
    total: float | None = None


def count_records(
    actor: Actor, info: RegisterInfo, filters: RecordFilters, *, as_of: date | None = None, sum_of: str = ""
) -> Counted:
    """Count the records that the actor sees and that fit the filters, in one statement now, in two as of a past day.

    As of a day a record counts in the state it had at the end of that day. A text is searched in what records say now.

    Raises:
        UserError: a filter or a field to sum that the register does not have.
    """
    slot = _slot(info, sum_of)
    now = filters.apply(visible_records(actor, info), info)
    if as_of is None:
        return _sum(now, slot)
    unchanged = _sum(now.filter(since_date__lte=as_of), slot)
    then = RecordVersion.objects.filter(
        filters.condition(info), since_date__lte=as_of, until_date__gt=as_of,
        record__in=_in_scope(actor, info, filters),
    )  # fmt: skip
    changed = _sum(then, slot)
    total = None if slot == "" else (unchanged.total or 0.0) + (changed.total or 0.0)
    return Counted(unchanged.count + changed.count, total)


def _in_scope(actor: Actor, info: RegisterInfo, filters: RecordFilters) -> QuerySet[Any]:
    """Return the records whose past states count: those the actor sees today and whose words the filter finds."""
    return (
        RecordFilters(text=filters.text, active=None).apply(visible_records(actor, info), info).values("pk")
    )


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


def _sum(rows: QuerySet[Record] | QuerySet[RecordVersion], slot: str) -> Counted:
    if not slot:
        return Counted(rows.count())
    found = rows.aggregate(n=Count("pk"), total=Sum(slot, filter=Q(**{f"{slot}__isnull": False})))
    return Counted(found["n"], float(found["total"] or 0.0))
