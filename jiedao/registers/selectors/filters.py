"""The filters of a list or a count of records."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import F, Func, Q, QuerySet
from django.db.models.lookups import GreaterThanOrEqual, IsNull, LessThanOrEqual
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.orgs.figure_keys import NOWHERE, filter_outside_communities
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, Field, FieldKind
from jiedao.registers.models import Record, within_area
from jiedao.registers.search import find_record_ids
from jiedao.registers.values import ValueFault, read_value

NO_VALUE = "-"  # as a grade or an area: records without a grade, or outside all communities


@dataclass(frozen=True)
class RecordFilters:
    """Filters of one register.

    Attributes:
        text: words in code, name or place.
        grade: a grade's code, `NO_VALUE` for records without one.
        area_path: of an area, which includes all areas in it; `NO_VALUE` for records outside all communities.
        unit_id: of a unit; `NOWHERE` for records without a unit.
        parent_id: of the record whose parts are listed.
        values: field key -> value, or "low..high" for a number or date; either end may be empty.
        active: None for active and ended records.
        changed_after: a moment; the records that were added or changed later.
        grades, area_paths, unit_ids: several values of a filter, of which one must apply.
    """

    text: str = ""
    grade: str = ""
    area_path: str = ""
    unit_id: int | None = None
    parent_id: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    active: bool | None = True
    changed_after: datetime | None = None
    grades: tuple[str, ...] = ()
    area_paths: tuple[str, ...] = ()
    unit_ids: tuple[int, ...] = ()

    def condition(self, info: RegisterInfo) -> Q:
        """Return the filter, which applies to records and to their earlier states.

        Raises:
            UserError: the register does not filter by a field, or a value is impossible.
        """
        condition = Q(register_id=info.id)
        if self.grades:
            condition &= Q(grade__in=self.grades)
        if self.area_paths:
            condition &= reduce(or_, map(within_area, self.area_paths))
        if self.unit_ids:
            condition &= Q(unit_id__in=self.unit_ids)
        if self.changed_after is not None:
            condition &= Q(changed_at__gt=self.changed_after)
        if self.active is not None:
            condition &= Q(active__in=[self.active])  # a bare `active` keeps SQLite from the index
        if self.grade:
            condition &= Q(grade="" if self.grade == NO_VALUE else self.grade)
        if self.area_path:
            condition &= (
                filter_outside_communities() if self.area_path == NO_VALUE else within_area(self.area_path)
            )
        if self.unit_id is not None:
            condition &= Q(unit_id=None if self.unit_id == NOWHERE else self.unit_id)
        field_filters = [_read_field_filter(info, key, raw) for key, raw in self.values.items()]
        # SQLite does not know how few rows a range has, and would use its index even if another filter has fewer.
        is_narrow = bool(self.grade or self.area_path or self.unit_id) or any(
            not field_filter.ranged for field_filter in field_filters
        )
        use_index = not (is_narrow and connection.vendor == "sqlite")
        for field_filter in field_filters:
            condition &= field_filter.build_filter(use_index=use_index)
        return condition

    def apply(self, records: QuerySet[Any], info: RegisterInfo) -> QuerySet[Any]:
        """Return the records that match every filter in their present state."""
        records = records.filter(self.condition(info))
        if self.parent_id is not None:
            records = records.filter(parent_id=self.parent_id)
        ids = find_record_ids(self.text)
        return records.filter(pk__in=ids) if ids is not None else records


COLUMNS = {column.name: column for column in Record._meta.concrete_fields}


class _NoIndex(Func):
    """A column with a unary plus, which has the same value but keeps SQLite from using an index."""

    template = "(+%(expressions)s)"


@dataclass(frozen=True)
class _FieldFilter:
    """The filter of one field: an exact value, or the ends of a range."""

    slot: str
    exact: Any = None
    low: Any = None
    high: Any = None
    ranged: bool = False

    def build_filter(self, *, use_index: bool = True) -> Q:
        """Return the filter; `use_index=False` keeps SQLite from choosing the index of a range."""
        if not self.ranged:
            return Q(**{self.slot: self.exact})
        column: Any = F(self.slot)
        if not use_index:
            column = _NoIndex(column, output_field=COLUMNS[self.slot])
        condition = Q(IsNull(column, False))
        if self.low is not None:
            condition &= Q(GreaterThanOrEqual(column, self.low))
        if self.high is not None:
            condition &= Q(LessThanOrEqual(column, self.high))
        return condition


def _read_field_filter(info: RegisterInfo, key: str, raw: str) -> _FieldFilter:
    field = info.definition.field(key)
    if field is None or not field.slot:
        names = "、".join(known.key for known in info.definition.active_fields if known.slot)
        raise UserError(
            _("不能按“%(key)s”筛选。") % {"key": key[:40]},
            hint=_("可用的项：%(names)s") % {"names": names},
            field=key,
        )
    low, dots, high = raw.partition("..")
    if not dots or field.kind not in {*NUMERIC, FieldKind.DATE}:
        return _FieldFilter(field.slot, exact=_read_value(field, raw))
    least, most = (_read_value(field, end) if end.strip() else None for end in (low, high))
    return _FieldFilter(field.slot, low=least, high=most, ranged=True)


def _read_value(field: Field, raw: str) -> Any:
    """Return the value in the type of the slot. It may exceed the bounds of the field, since it is only compared."""
    try:
        value = read_value(replace(field, least=None, most=None, whole=False), raw)
    except ValueFault as fault:
        raise UserError(f"{field.label}：{fault}", hint=_("请改正筛选条件。"), field=field.key) from fault
    if field.kind is FieldKind.BOOL:
        return "1" if value else "0"
    return date.fromisoformat(value) if field.kind is FieldKind.DATE and value else value
