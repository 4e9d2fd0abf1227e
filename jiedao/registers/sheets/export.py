"""A list of records as a file that can be imported again. Personal fields are never exported."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.listfile import Advance, write_list
from jiedao.kernel.periods import build_period
from jiedao.kernel.workbook import Cell
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_label
from jiedao.places.selectors import area_text
from jiedao.registers.bulk import InArray, split_chunks
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, Field, FieldKind
from jiedao.registers.grading import translate_reasons
from jiedao.registers.models import Record
from jiedao.registers.selectors.counting import find_states
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.selectors.lists import COLUMNS as STATE_COLUMNS
from jiedao.registers.selectors.lists import RecordRow
from jiedao.registers.selectors.ordering import NEWEST, find_order
from jiedao.registers.sheets.columns import SheetColumn, list_sheet_columns
from jiedao.registers.values import format_value

MOST_RECORDS = 200_000
CHUNK = 2000
COLUMNS = (
    "pk",
    "code",
    "name",
    "place_text",
    "lon",
    "lat",
    "area_path",
    "unit_id",
    "premise__code",
    "values",
    "grade",
    "grade_note",
    "active",
    "since_date",
)


@dataclass(frozen=True)
class _Row:
    """A row of an export: its record, its state, and the value by which states of two tables are ordered."""

    id: int
    pk: int
    model: Any
    value: Any = None


@dataclass(frozen=True)
class RecordExport:
    """A list of records to write to a file: the rows are chosen, so that the stated number is that of the file."""

    actor: Actor
    info: RegisterInfo
    filters: RecordFilters
    as_of: date | None
    rows: list[_Row]

    @property
    def count(self) -> int:
        """The number of records."""
        return len(self.rows)

    @property
    def name(self) -> str:
        """The name of the file, without its suffix."""
        values = {"name": self.info.label, "day": f"{self.as_of or clock.today():%Y%m%d}", "n": self.count}
        return _("%(name)s-%(day)s-%(n)d条") % values

    def write(self, path: Path, advance: Advance = lambda _count: None, format_: str = "xlsx") -> int:
        """Write the file and return the number of rows. Texts are written as texts: none becomes a formula."""
        columns = [column for column in list_sheet_columns(self.info) if not column.personal]
        graded = bool(self.info.definition.grades)
        grades = [(_("等级"), 8), (_("等级理由"), 40)] if graded else []
        states = _read_states(self.rows, advance)
        named_at = build_period(self.as_of, self.as_of).end_at if self.as_of is not None else None
        cells = (
            (*_build_cells(columns, row, named_at), *_grade_cells(self.info, row, graded=graded))
            for row in states
        )
        return write_list(
            path,
            format_,
            sheet=self.info.label,
            note=_build_summary(self.actor, self.count, self.as_of),
            columns=[*((column.header, column.width) for column in columns), *grades],
            rows=cells,
            count=self.count,
        )

    def record(self, format_: str = "xlsx") -> None:
        """Write the audit entry, which states what was exported."""
        record_entry(
            actor=self.actor,
            action="registers.record:export",
            obj_type="registers.register",
            obj_id=self.info.id,
            after={
                "records": self.count,
                "format": format_,
                "as_of": self.as_of.isoformat() if self.as_of else None,
                "filters": _filters_for_audit(self.filters),
            },
        )


def choose_records(
    actor: Actor,
    info: RegisterInfo,
    filters: RecordFilters,
    as_of: date | None = None,
    *,
    order: str = NEWEST,
) -> RecordExport:
    """Choose the records that the actor sees and that match the filters, in the order of the list.

    Args:
        as_of: a past day, to export the states at its end; None for the present states.
        order: a name of `ordering.list_orders`.

    Raises:
        UserError: over 200,000 records, or a filter that the register does not have.
    """
    ordering = find_order(info, order).ordering
    tables = find_states(actor, info, filters, as_of)
    rows: list[_Row] = []
    for states, name in tables:
        chosen = ordering.sort(states, key=name)[: MOST_RECORDS + 1 - len(rows)]
        if len(tables) == 1 or ordering.column == "id":
            rows += [_Row(pk, key, states.model) for pk, key in chosen.values_list(name, "pk")]
        else:
            for key, *state in chosen.values_list("pk", name, *STATE_COLUMNS).iterator():
                state_row = RecordRow(*state)
                rows.append(_Row(state_row.id, key, states.model, ordering.get(state_row)))
    if len(rows) > MOST_RECORDS:
        raise UserError(
            _("超过 %(most)s 条，一次导不完。") % {"most": f"{MOST_RECORDS:,}"},
            hint=_("请缩小筛选范围，分几次导出。"),
        )
    if len(tables) > 1:
        rows = replace(ordering, get=lambda row: row.value).merge(rows)
    return RecordExport(actor, info, filters, as_of, rows)


def _build_summary(actor: Actor, count: int, as_of: date | None) -> str:
    now = timezone.localtime(clock.now())
    text = _("共 %(n)d 条 · %(at)s 由 %(who)s 导出 · 不含个人信息") % {
        "n": count,
        "at": f"{now:%Y-%m-%d %H:%M}",
        "who": actor.label,
    }
    return f"{text} · {_('截至 %(day)s') % {'day': as_of}}" if as_of else text


def _filters_for_audit(filters: RecordFilters) -> dict[str, Any]:
    """Return the filters for the audit entry, without the text of a search, which may contain a person's name."""
    values = {name: value for name, value in vars(filters).items() if value not in ("", None, {}, ())}
    return {**values, "text": "***"} if filters.text else values


def _read_states(rows: list[_Row], advance: Advance) -> Iterator[dict[str, Any]]:
    """Yield the states of the rows in their order; records are never deleted, so that none is missing."""
    for chunk in split_chunks(rows, CHUNK):
        states: dict[tuple[Any, int], dict[str, Any]] = {}
        for model in {row.model for row in chunk}:
            keys = [row.pk for row in chunk if row.model is model]
            parent = "parent__code" if model is Record else "record__parent__code"
            matching = model._default_manager.filter(InArray("id", keys, "bigint"))
            for values in matching.values_list(*COLUMNS, parent):
                state = dict(zip((*COLUMNS, "parent"), values, strict=True))
                states[model, state["pk"]] = state
        for row in chunk:
            yield states[row.model, row.pk]
        advance(len(chunk))


def _build_cells(columns: list[SheetColumn], row: dict[str, Any], named_at: datetime | None) -> list[Cell]:
    standard: dict[str, Cell] = {
        **{name: row[name] for name in ("code", "name", "place_text", "lon", "lat", "parent", "active")},
        "area": area_text(row["area_path"], named_at) if row["area_path"] else "",
        "unit": unit_label(row["unit_id"], named_at),
        "premise": row["premise__code"],
        "on": row["since_date"],
    }
    values = row["values"]
    return [
        standard[column.target]
        if column.own is None
        else _build_cell(column.own, values.get(column.own.store))
        for column in columns
    ]


def _build_cell(field: Field, value: Any) -> Cell:
    if value is None or field.kind in NUMERIC or field.kind is FieldKind.BOOL:
        return value  # type: ignore[no-any-return]
    return date.fromisoformat(value) if field.kind is FieldKind.DATE else format_value(field, value)


def _grade_cells(info: RegisterInfo, row: dict[str, Any], *, graded: bool) -> tuple[Cell, ...]:
    if not graded:
        return ()
    grade = info.definition.grade(row["grade"])
    return grade.label if grade is not None else row["grade"], "；".join(translate_reasons(row["grade_note"]))
