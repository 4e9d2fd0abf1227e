"""A list of records as a workbook: complete, its row count stated, no personal field, fit to be imported again."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record as note
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.workbook import Cell, write_table
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import area_text
from jiedao.registers.bulk import Among, chunks
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, Field, FieldKind
from jiedao.registers.grading import reasons
from jiedao.registers.selectors.counting import find_states
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.sheets.columns import SheetColumn, sheet_columns
from jiedao.registers.values import say

MOST = 200_000
CHUNK = 2000
READ = (
    "pk", "code", "name", "place_text", "lon", "lat", "area_path", "unit_id", "premise__code", "values", "grade",
    "grade_note", "active", "since_date",
)  # fmt: skip


def write_export(
    actor: Actor, info: RegisterInfo, filters: RecordFilters, path: Path, as_of: date | None = None
) -> int:
    """Write the records that the actor sees and that fit the filters to a workbook; return how many.

    The ids are read first, so that the count stated and the rows written are the same. An audit entry says what was
    taken. Every text is written as text: nothing becomes a formula.

    Args:
        as_of: a past day, to write what was said at its end; None for now.

    Raises:
        UserError: over 200,000 records, or a filter that the register does not have.
    """
    ids = [
        (states, name, list(states.order_by(name).values_list("pk", flat=True)[: MOST + 1]))
        for states, name in find_states(actor, info, filters, as_of)
    ]
    count = sum(len(keys) for _states, _name, keys in ids)
    if count > MOST:
        raise UserError(
            _("超过 %(most)s 条，一次导不完。") % {"most": f"{MOST:,}"},
            hint=_("请缩小筛选范围，分几次导出。"),
        )
    columns = [one for one in sheet_columns(info) if not one.personal]
    rows = (
        _cells(columns, row)
        for states, name, keys in ids
        for row in _read(states, "parent" if name == "id" else "record__parent", keys)
    )
    graded = bool(info.definition.grades)
    titles = [one.header for one in columns] + ([_("等级"), _("等级理由")] if graded else [])
    widths = [one.width for one in columns] + ([8, 40] if graded else [])
    note(
        actor=actor, action="registers.record:export", obj_type="registers.register", obj_id=info.id,
        after={"records": count, "as_of": as_of.isoformat() if as_of else None, "filters": _told(filters)},
    )  # fmt: skip
    marked = ((*cells, *_graded(info, row)) if graded else cells for cells, row in rows)
    return write_table(
        path, sheet=info.label, note=_note(actor, count, as_of), headers=titles, rows=marked, count=count,
        widths=widths,
    )  # fmt: skip


def export_name(info: RegisterInfo, count: int, as_of: date | None = None) -> str:
    """Return the name of the file to give out."""
    day = f"{as_of or clock.today():%Y%m%d}"
    return _("%(name)s-%(day)s-%(n)d条.xlsx") % {"name": info.label, "day": day, "n": count}


def _note(actor: Actor, count: int, as_of: date | None) -> str:
    now = timezone.localtime(clock.now())
    text = _("共 %(n)d 条 · %(at)s 由 %(who)s 导出 · 不含个人信息") % {
        "n": count, "at": f"{now:%Y-%m-%d %H:%M}", "who": actor.label,
    }  # fmt: skip
    return f"{text} · {_('截至 %(day)s') % {'day': as_of}}" if as_of else text


def _told(filters: RecordFilters) -> dict[str, Any]:
    """Return the filters for the audit, without the words of a search: they may name a person."""
    told = {name: value for name, value in vars(filters).items() if value not in ("", None, {})}
    return {**told, "text": "***"} if filters.text else told


def _read(states: QuerySet[Any], parent: str, keys: list[int]) -> Iterator[dict[str, Any]]:
    names = (*READ, f"{parent}__code")
    for chunk in chunks(keys, CHUNK):
        rows = states.model._default_manager.filter(Among("id", chunk, "bigint")).order_by("pk")
        for row in rows.values_list(*names):
            yield dict(zip((*READ, "parent"), row, strict=True))


def _cells(columns: list[SheetColumn], row: dict[str, Any]) -> tuple[list[Cell], dict[str, Any]]:
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
        standard[one.target] if one.own is None else _cell(one.own, values.get(one.own.store))
        for one in columns
    ], row


def _cell(one: Field, value: Any) -> Cell:
    if value is None or one.kind in NUMERIC or one.kind is FieldKind.BOOL:
        return value  # type: ignore[no-any-return]
    return date.fromisoformat(value) if one.kind is FieldKind.DATE else say(one, value)


def _graded(info: RegisterInfo, row: dict[str, Any]) -> tuple[Cell, Cell]:
    grade = info.definition.grade(row["grade"])
    return grade.label if grade is not None else row["grade"], "；".join(reasons(row["grade_note"]))
