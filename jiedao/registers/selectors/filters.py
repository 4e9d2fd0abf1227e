"""What a list or a count of records is narrowed to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import F, Func, Q, QuerySet
from django.db.models.lookups import GreaterThanOrEqual, IsNull, LessThanOrEqual
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, Field, FieldKind
from jiedao.registers.models import Record, below
from jiedao.registers.search import matching
from jiedao.registers.values import ValueFault, read_value


@dataclass(frozen=True)
class RecordFilters:
    """Filters of one register.

    Attributes:
        text: words in code, name or place.  grade: a grade's code.  area_path: of an area, with all below it.
        values: field key -> value, or "low..high" of a number or date, either end perhaps empty.
        active: None for both.  parent_id: of the record that they are parts of.
    """

    text: str = ""
    grade: str = ""
    area_path: str = ""
    unit_id: int | None = None
    parent_id: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    active: bool | None = True

    def condition(self, info: RegisterInfo) -> Q:
        """Return what holds for the records and for the states they had; raise UserError for a value that cannot be."""
        found = Q(register_id=info.id)
        if self.active is not None:
            found &= Q(active__in=[self.active])  # a bare `active` keeps SQLite from the index
        if self.grade:
            found &= Q(grade=self.grade)
        if self.area_path:
            found &= below(self.area_path)
        if self.unit_id is not None:
            found &= Q(unit_id=self.unit_id)
        parts = [_of_field(info, key, raw) for key, raw in self.values.items()]
        # SQLite knows of a range only that it is one, and would read it by its index where another condition is narrow.
        narrow = bool(self.grade or self.area_path or self.unit_id) or any(not part.ranged for part in parts)
        aside = narrow and connection.vendor == "sqlite"
        for part in parts:
            found &= part.condition(aside=aside)
        return found

    def apply(self, records: QuerySet[Any], info: RegisterInfo) -> QuerySet[Any]:
        """Narrow records as they are now."""
        found = records.filter(self.condition(info))
        if self.parent_id is not None:
            found = found.filter(parent_id=self.parent_id)
        ids = matching(self.text)
        return found.filter(pk__in=ids) if ids is not None else found


COLUMNS = {column.name: column for column in Record._meta.concrete_fields}


class _NoIndex(Func):
    """A column as SQLite's unary plus says it: the same value, found by no index."""

    template = "(+%(expressions)s)"


@dataclass(frozen=True)
class _Part:
    """What one field is narrowed to: a value, or either end of a range."""

    slot: str
    exact: Any = None
    low: Any = None
    high: Any = None
    ranged: bool = False

    def condition(self, *, aside: bool = False) -> Q:
        """Return it as a condition; a range put `aside` is looked at row by row, by no index."""
        if not self.ranged:
            return Q(**{self.slot: self.exact})
        column: Any = F(self.slot)
        if aside:
            column = _NoIndex(column, output_field=COLUMNS[self.slot])
        found = Q(IsNull(column, False))
        if self.low is not None:
            found &= Q(GreaterThanOrEqual(column, self.low))
        if self.high is not None:
            found &= Q(LessThanOrEqual(column, self.high))
        return found


def _of_field(info: RegisterInfo, key: str, raw: str) -> _Part:
    one = info.definition.field(key)
    if one is None or not one.slot:
        names = "、".join(field.key for field in info.definition.live if field.slot)
        raise UserError(
            _("不能按“%(key)s”筛选。") % {"key": key[:40]},
            hint=_("可用的项：%(names)s") % {"names": names},
            field=key,
        )
    low, dots, high = raw.partition("..")
    if not dots or one.kind not in {*NUMERIC, FieldKind.DATE}:
        return _Part(one.slot, exact=_typed(one, raw))
    least, most = (_typed(one, end) if end.strip() else None for end in (low, high))
    return _Part(one.slot, low=least, high=most, ranged=True)


def _typed(one: Field, raw: str) -> Any:
    """Return the value as the slot holds it; bounds are for records, "more than 0" may be asked of any number."""
    try:
        value = read_value(replace(one, least=None, most=None, whole=False), raw)
    except ValueFault as fault:
        raise UserError(f"{one.label}：{fault}", hint=_("请改正筛选条件。"), field=one.key) from fault
    if one.kind is FieldKind.BOOL:
        return "1" if value else "0"
    return date.fromisoformat(value) if one.kind is FieldKind.DATE and value else value
