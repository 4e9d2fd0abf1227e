"""Registers as a source of figures: the number of records, or the sum of one of their fields.

A spec: `{"source": "register", "register": key, "sum": field, "date": field, "where": {field: value}, "grade": code,
"digits": 2}`. Without `sum` the records are counted. `where` and `grade` filter records as a list does.

`filter` is a condition in CEL instead of `where`: `filter = 'enclosed && households >= 100'`, see `conditions`.

- With `date` it reads a flow: a record counts on the day in its date field, with its present values. Ended records and
  days in the future do not count.
- Without `date` it reads a state: the records at the end of the period's last day, or of today if that is earlier, each
  in its state on that day.

The values of records are floats, so each cell is rounded to `digits` decimals, 2 if the spec has none. The cells add up
exactly as long as the values have no more decimals than that. Splits: area, unit, grade and, for a flow, month.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from jiedao.kernel import clock, periods
from jiedao.kernel.figures import (
    AREA,
    MONTH,
    UNIT,
    Cell,
    Key,
    Reading,
    RowsLink,
    Spec,
    check_keys,
    check_splits,
    format_month_key,
)
from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.periods import Period
from jiedao.kernel.phrasing import list_names, name_subject
from jiedao.kernel.readers.numbers import YUAN
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.figure_keys import (
    NOWHERE,
    build_community_column,
    find_community,
    find_unit_by_code,
    make_community_key,
    make_unit_key,
)
from jiedao.registers.catalogue import RegisterInfo, active_registers, register_info
from jiedao.registers.definition import NUMERIC, Definition, Field, FieldKind, merge_definition
from jiedao.registers.figures.conditions import build_values, find_condition_faults, read_conditions
from jiedao.registers.pack.definitions import find_register_files, read_register
from jiedao.registers.selectors.counting import count_groups, find_first_day
from jiedao.registers.selectors.filters import NO_VALUE, RecordFilters
from jiedao.registers.values import ValueFault, read_value

ROWS = "registers.records"
GRADE = "grade"
KEYS = frozenset({"register", "sum", "date", "where", "filter", "grade", "digits"})
DIGITS, MOST_DIGITS = 2, 6


def check_register_spec(spec: Spec, definition: Definition, *, flow: bool = False) -> list[str]:
    """Return the faults of a spec that reads a register with this stored definition, without a query.

    Args:
        flow: the spec must read a flow, as the feed of a campaign must.
    """
    faults = check_keys(spec, KEYS)
    fields = {field.key: field for field in definition.active_fields if not field.personal}
    filtered = [key for key, field in fields.items() if field.filter]
    dates = [key for key in filtered if fields[key].kind is FieldKind.DATE]
    if (flow or "date" in spec) and spec.get("date") not in dates:
        message = _("date 应是 %(register)s 里可以筛选的日期字段，不能是 %(value)s；%(known)s")
        faults.append(message % _describe(definition, spec.get("date"), dates))
    numbers = [key for key, field in fields.items() if field.kind in NUMERIC and field.summed and field.slot]
    if "sum" in spec and spec["sum"] not in numbers:
        message = _("sum 应是 %(register)s 里可以合计的数，不能是 %(value)s；%(known)s")
        faults.append(message % _describe(definition, spec["sum"], numbers))
    grades = [grade.code for grade in definition.grades]
    if "grade" in spec and spec["grade"] not in grades:
        message = _("grade 应是 %(register)s 的等级，不能是 %(value)s；%(known)s")
        faults.append(message % _describe(definition, spec["grade"], grades))
    digits = spec.get("digits", DIGITS)
    if type(digits) is not int or not 0 <= digits <= MOST_DIGITS:
        message = _("digits 应是 0 到 %(most)d 的整数，现在是 %(value)r")
        faults.append(message % {"most": MOST_DIGITS, "value": digits})
    by_which = {key: fields[key] for key in filtered}
    check = _check_condition if "filter" in spec else _check_where
    return faults + check(spec, definition, by_which)


def _check_where(spec: Spec, definition: Definition, fields: Mapping[str, Field]) -> list[str]:
    where, faults = spec.get("where", {}), list[str]()
    if not isinstance(where, Mapping):
        return [_("where 应是字段和值的表")]
    for key, value in where.items():
        if key not in fields:
            message = _("where 里的 %(value)s 不能用来筛选 %(register)s；%(known)s")
            faults.append(message % _describe(definition, key, list(fields)))
        elif key == spec.get("date"):
            faults.append(_name_date("where", key))
        elif fault := _check_value(fields[key], value):
            faults.append(name_subject(f"where {key}", fault))
    return faults


def _check_condition(spec: Spec, definition: Definition, fields: Mapping[str, Field]) -> list[str]:
    if "where" in spec:
        return [_("where 和 filter 只写一个")]
    faults = find_condition_faults(spec["filter"], definition, fields)
    if faults:
        return faults
    for part in read_conditions(spec["filter"]):
        if part.field == spec.get("date"):
            faults.append(_name_date("filter", part.field))
        elif fault := _check_value(fields[part.field], part.value):
            faults.append(name_subject(f"filter {part.field}", fault))
    return faults


def _name_date(column: str, key: str) -> str:
    message = _("%(column)s 里有 %(key)s，它的日期就是时段的日期")
    return message % {"column": column, "key": key}


def _describe(definition: Definition, value: Any, known: Sequence[str]) -> dict[str, Any]:
    """Return the placeholders of a fault: the register, the wrong value, and what may be written."""
    return {"register": definition.key, "value": value, "known": _list_known(known)}


def _check_value(field: Field, value: Any) -> str:
    """Return why a list cannot filter by a value; "" if it can."""
    if not isinstance(value, str | int | float):
        message = _("应是文字、数或 true、false，现在是 %(value)r")
        return message % {"value": value}
    try:
        read_value(field, value)
    except ValueFault as fault:
        return str(fault)
    return ""


def name_missing_register(key: str, known: Iterable[str]) -> str:
    """Return the fault that a spec reads a register that the pack does not declare."""
    words = {"key": key, "hint": did_you_mean(key, known)}
    return _("没有台账 %(key)s。%(hint)s") % words


def _list_known(names: Sequence[str]) -> str:
    if not names:
        return _("它没有可写的")
    return _("可以写：%(known)s") % {"known": list_names(names)}


class RegisterSource:
    """Answers the specs whose source is "register"."""

    def check(self, spec: Spec) -> list[str]:
        """Return the faults of a spec, compared with the registers in the database."""
        info = register_info(str(spec.get("register")))
        if info is None or not info.active:
            known = [register.key for register in active_registers()]
            return [name_missing_register(str(spec.get("register")), known)]
        return check_register_spec(spec, info.definition)

    def check_in_pack(self, spec: Spec, pack: Pack, report: Report, splits: tuple[str, ...]) -> list[str]:
        """Return the faults of a measure's spec, a flow or a state, compared with the registers of the pack."""
        return self._check_pack(spec, pack, report, flow=False) or check_splits(splits, self.splits(spec))

    def check_declared(self, spec: Spec, pack: Pack, report: Report) -> list[str]:
        """Return the faults of a campaign's spec, which must read a flow, compared with the registers of the pack."""
        return self._check_pack(spec, pack, report, flow=True)

    def _check_pack(self, spec: Spec, pack: Pack, report: Report, *, flow: bool) -> list[str]:
        if "register" not in spec:
            return [_("缺少 register：要读的台账的代码")]
        key, files = str(spec["register"]), find_register_files(pack)
        if key not in files:
            return [name_missing_register(key, files)]
        if not report.is_sound(files[key]):
            return []
        definition = read_register(pack, key, files[key]).definition
        return check_register_spec(spec, merge_definition(definition, None, {}).definition, flow=flow)

    def read_unit_in_pack(self, spec: Spec, pack: Pack) -> str:
        """Return the unit of the field that is summed, "" for a count."""
        files = find_register_files(pack)
        if "sum" not in spec or str(spec.get("register")) not in files:
            return ""
        key = str(spec["register"])
        definition = read_register(pack, key, files[key]).definition
        field = definition.field(str(spec["sum"]))
        if field is None:
            return ""
        return YUAN if field.kind is FieldKind.MONEY else field.unit

    def splits(self, spec: Spec) -> frozenset[str]:
        """Return the possible splits; only a flow is split by month."""
        return frozenset({AREA, UNIT, GRADE} | ({MONTH} if "date" in spec else set()))

    def read(
        self, specs: Sequence[Spec], *, period: Period, splits: tuple[str, ...], viewer: Any
    ) -> list[Reading]:
        """Return the amounts: one statement for each spec, two for a state of a past day."""
        return [self._read(spec, period, splits, viewer or make_system_actor("figures")) for spec in specs]

    def _read(self, spec: Spec, period: Period, splits: tuple[str, ...], actor: Any) -> Reading:
        info = _get_register(spec)
        columns = {split: _build_column(info, spec, split) for split in splits}
        groups = count_groups(
            actor,
            info,
            _build_filters(spec, period),
            columns,
            as_of=_read_state_day(spec, period),
            sum_of=spec.get("sum", ""),
        )
        amounts: dict[Key, tuple[float, int]] = {}
        for values, group in groups.items():
            key = tuple(_read_key(split, value) for split, value in zip(splits, values, strict=True))
            amount, rows = amounts.get(key, (0.0, 0))
            amounts[key] = (
                amount + (group.count if group.total is None else group.total),
                rows + group.count,
            )
        digits = int(spec.get("digits", DIGITS))
        cells = (
            Cell(key, Decimal(str(round(amount, digits))), rows)
            for key, (amount, rows) in amounts.items()
            if rows
        )
        return Reading(splits, tuple(sorted(cells, key=lambda cell: cell.key)))

    def reads_by_month(self, spec: Spec) -> bool:
        """Return True: a record of a flow counts on one day."""
        return True

    def find_beginning(self, spec: Spec) -> date | None:
        """Return the first day on which a record was in the register; of a flow also the first day in its date field.

        Records that were imported may state days before the import.
        """
        info = _get_register(spec)
        columns = ["first_date"]
        if "date" in spec and (field := info.definition.field(spec["date"])) is not None:
            columns.append(field.slot)
        return find_first_day(info, columns)

    def name_rows(self, spec: Spec) -> tuple[str, str]:
        """Return the name of the register, and the words for the values by which its records are narrowed."""
        info = _get_register(spec)
        words = [_describe_value(info.definition.field(key), value) for key, value in _list_where(spec)]
        words += [grade.label for grade in info.definition.grades if grade.code == spec.get("grade")]
        return info.label, " · ".join(filter(None, words))

    def list_rows(self, spec: Spec, *, period: Period, where: Mapping[str, str]) -> RowsLink:
        """Return the link to the register's list with the records that count."""
        query = dict(_list_filters(spec))
        if "date" in spec:
            low, high = _read_days(period)
            query |= {f"f.{spec['date']}.from": low} if low else {}
            query[f"f.{spec['date']}.to"] = high
        grade = where.get(GRADE, spec.get("grade"))
        if grade is not None:
            query["grade"] = grade or NO_VALUE
        if AREA in where:
            community = find_community(where[AREA])
            query["area"] = str(community.id if community is not None else NOWHERE)
        if UNIT in where:
            unit = find_unit_by_code(where[UNIT])
            query["unit"] = str(unit.id if unit is not None else NOWHERE)
        if (day := _read_state_day(spec, period)) is not None:
            query["on"] = day.isoformat()
        return RowsLink(ROWS, (str(spec["register"]),), tuple(query.items()))


def _build_filters(spec: Spec, period: Period) -> RecordFilters:
    """Return the query of the list with the records of a spec."""
    values = _read_where(spec)
    if "date" in spec:
        values[spec["date"]] = "..".join(_read_days(period))
    return RecordFilters(grade=spec.get("grade", ""), values=values)


def _read_days(period: Period) -> tuple[str, str]:
    """Return the first and last day of a flow, None for an unlimited start; the last day is never later than today."""
    first = "" if period.first == periods.FIRST else period.first.isoformat()
    return first, min(period.last, clock.today()).isoformat()


def _read_state_day(spec: Spec, period: Period) -> date | None:
    """Return the past day whose states are read; None for a flow and for the present state."""
    return None if "date" in spec or period.last >= clock.today() else period.last


def _list_filters(spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield the filters of a spec as the list's parameters; a range has two."""
    for key, value in _read_where(spec).items():
        low, dots, high = value.partition("..")
        if not dots:
            yield f"f.{key}", value
            continue
        yield from ((f"f.{key}.{name}", end) for name, end in (("from", low), ("to", high)) if end)


def _list_where(spec: Spec) -> list[tuple[str, Any]]:
    where: Mapping[str, Any] = build_values(spec["filter"]) if "filter" in spec else spec.get("where", {})
    return list(where.items())


def _describe_value(field: Field | None, value: Any) -> str:
    """Return a value of a filter in words: 空地, 已围合, 面积 500."""
    if field is None:
        return ""
    if field.kind is FieldKind.BOOL:
        return field.label if value in {True, "1"} else _("%(name)s：否") % {"name": field.label}
    labels = {choice.code: choice.label for choice in field.choices}
    low, dots, high = str(value).partition("..")
    if dots:
        ends = [f"≥ {low}" if low else "", f"≤ {high}" if high else ""]
        return " ".join([field.label, *filter(None, ends)])
    return labels.get(str(value), f"{field.label} {value}")


def _read_where(spec: Spec) -> dict[str, str]:
    return {key: str(int(value) if isinstance(value, bool) else value) for key, value in _list_where(spec)}


def _get_register(spec: Spec) -> RegisterInfo:
    info = register_info(str(spec["register"]))
    if info is None:
        raise LookupError(f"checked before: {spec['register']!r}")
    return info


def _build_column(info: RegisterInfo, spec: Spec, split: str) -> Any:
    if split == MONTH:
        field = info.definition.field(spec["date"])
        if field is None:
            raise LookupError(f"checked before: {spec['date']!r}")
        return TruncMonth(field.slot)
    columns: dict[str, Any] = {AREA: build_community_column(), UNIT: F("unit_id"), GRADE: F("grade")}
    return columns[split]


def _read_key(split: str, value: Any) -> str:
    if split == MONTH:
        return format_month_key(value)
    if split == AREA:
        return make_community_key(value)
    return make_unit_key(value) if split == UNIT else str(value)
