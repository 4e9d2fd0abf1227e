"""Export a list of records as a workbook that can be imported again. Personal fields are never exported."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.workbook import Cell, write_table
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import area_text
from jiedao.registers.bulk import InArray, split_chunks
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, Field, FieldKind
from jiedao.registers.grading import translate_reasons
from jiedao.registers.selectors.counting import find_states
from jiedao.registers.selectors.filters import RecordFilters
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


def write_export(
    actor: Actor, info: RegisterInfo, filters: RecordFilters, path: Path, as_of: date | None = None
) -> int:
    """Write the records that the actor sees and that match the filters to a workbook; return how many.

    The ids are read first, so that the count in the first row equals the number of rows. An audit entry records what
    was exported. Texts are written as texts, so that none becomes a formula.

    Args:
        as_of: a past day, to export the states at its end; None for the present states.

    Raises:
        UserError: over 200,000 records, or a filter that the register does not have.
    """
    ids = [
        (states, name, list(states.order_by(name).values_list("pk", flat=True)[: MOST_RECORDS + 1]))
        for states, name in find_states(actor, info, filters, as_of)
    ]
    count = sum(len(keys) for _states, _name, keys in ids)
    if count > MOST_RECORDS:
        raise UserError(
            _("超过 %(most)s 条，一次导不完。") % {"most": f"{MOST_RECORDS:,}"},
            hint=_("请缩小筛选范围，分几次导出。"),
        )
    columns = [column for column in list_sheet_columns(info) if not column.personal]
    rows = (
        _build_cells(columns, row)
        for states, name, keys in ids
        for row in _read_rows(states, "parent" if name == "id" else "record__parent", keys)
    )
    graded = bool(info.definition.grades)
    titles = [column.header for column in columns] + ([_("等级"), _("等级理由")] if graded else [])
    widths = [column.width for column in columns] + ([8, 40] if graded else [])
    record_entry(
        actor=actor,
        action="registers.record:export",
        obj_type="registers.register",
        obj_id=info.id,
        after={
            "records": count,
            "as_of": as_of.isoformat() if as_of else None,
            "filters": _filters_for_audit(filters),
        },
    )
    graded_rows = ((*cells, *_grade_cells(info, row)) if graded else cells for cells, row in rows)
    return write_table(
        path,
        sheet=info.label,
        note=_build_summary(actor, count, as_of),
        headers=titles,
        rows=graded_rows,
        count=count,
        widths=widths,
    )


def export_name(info: RegisterInfo, count: int, as_of: date | None = None) -> str:
    """Return the name of the file to download."""
    day = f"{as_of or clock.today():%Y%m%d}"
    return _("%(name)s-%(day)s-%(n)d条.xlsx") % {"name": info.label, "day": day, "n": count}


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
    values = {name: value for name, value in vars(filters).items() if value not in ("", None, {})}
    return {**values, "text": "***"} if filters.text else values


def _read_rows(states: QuerySet[Any], parent: str, keys: list[int]) -> Iterator[dict[str, Any]]:
    names = (*COLUMNS, f"{parent}__code")
    for chunk in split_chunks(keys, CHUNK):
        rows = states.model._default_manager.filter(InArray("id", chunk, "bigint")).order_by("pk")
        for row in rows.values_list(*names):
            yield dict(zip((*COLUMNS, "parent"), row, strict=True))


def _build_cells(columns: list[SheetColumn], row: dict[str, Any]) -> tuple[list[Cell], dict[str, Any]]:
    unit = unit_info(row["unit_id"])
    standard: dict[str, Cell] = {
        **{name: row[name] for name in ("code", "name", "place_text", "lon", "lat", "parent", "active")},
        "area": area_text(row["area_path"]) if row["area_path"] else "",
        "unit": unit.label if unit is not None else "",
        "premise": row["premise__code"],
        "on": row["since_date"],
    }
    values = row["values"]
    return [
        standard[column.target]
        if column.own is None
        else _build_cell(column.own, values.get(column.own.store))
        for column in columns
    ], row


def _build_cell(field: Field, value: Any) -> Cell:
    if value is None or field.kind in NUMERIC or field.kind is FieldKind.BOOL:
        return value  # type: ignore[no-any-return]
    return date.fromisoformat(value) if field.kind is FieldKind.DATE else format_value(field, value)


def _grade_cells(info: RegisterInfo, row: dict[str, Any]) -> tuple[Cell, Cell]:
    grade = info.definition.grade(row["grade"])
    return grade.label if grade is not None else row["grade"], "；".join(translate_reasons(row["grade_note"]))
