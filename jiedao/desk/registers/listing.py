"""A list of records in words and components: filters, chips, columns, figures."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from jiedao.desk.links import get_record_url
from jiedao.desk.registers.query import RANGES, STATES, RecordQuery, filtered_fields, names_of
from jiedao.kernel.templatetags.jiedao import parts
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.choices import get_area_choices, get_unit_choices
from jiedao.places.selectors import area_info
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, Field, FieldKind
from jiedao.registers.models import Record
from jiedao.registers.selectors.counting import COUNTED, Totals
from jiedao.registers.selectors.lists import RecordPage, RecordRow
from jiedao.registers.values import say

OPEN_SELECTS = 3  # choices of the register that stand open above the list; the others are folded


def grade_badge(info: RegisterInfo, code: str, because: str = "") -> dict[str, str] | None:
    """Return label, tone and reason of a grade; None where there is none."""
    if not code:
        return None
    grade = info.definition.grade(code)
    label = grade.label if grade is not None else code
    return {
        "code": code,
        "label": label,
        "tone": grade.tone if grade is not None else "neutral",
        "because": because,
    }


def controls(query: RecordQuery, actor: Actor) -> dict[str, Any]:
    """Return the filter form's controls: `selects` stand open, `more` and `ranges` are folded."""
    info = query.info
    grades = [(grade.code, grade.label) for grade in info.definition.grades]
    own = [
        _select(query, one) for one in filtered_fields(info) if one.kind in {FieldKind.CHOICE, FieldKind.BOOL}
    ]
    area = _grouped("area", _("社区、网格"), get_area_choices(paths=actor.confined_to), query)
    unit = _grouped("unit", _("所属单位"), get_unit_choices(), query)
    state = {
        "name": "state",
        "label": _("在册"),
        "options": list(STATES.items()),
        "value": query.get("state"),
    }
    grade = {"name": "grade", "label": _("等级"), "options": grades, "value": query.get("grade")}
    selects = [row for row in [grade, *own[:OPEN_SELECTS], area] if row.get("options") or row.get("groups")]
    more = [*own[OPEN_SELECTS:], unit, state]
    ranges = [_range(query, one) for one in filtered_fields(info) if one.kind in RANGES]
    texts = [
        _text(query, one) for one in filtered_fields(info) if one.kind in {FieldKind.TEXT, FieldKind.PLACE}
    ]
    folded = [*more, *texts]
    return {
        "selects": selects,
        "more": more,
        "ranges": ranges,
        "texts": texts,
        "more_set": sum(bool(row["value"]) for row in folded)
        + sum(bool(row["low"] or row["high"]) for row in ranges),
    }


def _select(query: RecordQuery, one: Field) -> dict[str, Any]:
    if one.kind is FieldKind.BOOL:
        options = [("1", _pair(one, _("是"))), ("0", _pair(one, _("否")))]
    else:
        options = [(choice.code, choice.label) for choice in one.choices]
    return {
        "name": f"f.{one.key}",
        "label": one.label,
        "options": options,
        "value": query.get(f"f.{one.key}"),
    }


def _grouped(name: str, label: str, groups: list[Any], query: RecordQuery) -> dict[str, Any]:
    return {"name": name, "label": label, "groups": groups, "value": query.get(name)}


def _text(query: RecordQuery, one: Field) -> dict[str, Any]:
    return {"name": f"f.{one.key}", "label": one.label, "value": query.get(f"f.{one.key}")}


def _range(query: RecordQuery, one: Field) -> dict[str, Any]:
    _exact, low, high = names_of(one)
    exact = query.get(_exact)
    return {
        "label": one.label,
        "unit": one.unit_label,
        "type": "date" if one.kind is FieldKind.DATE else "text",
        "low_name": low,
        "high_name": high,
        "low": query.get(low) or exact,
        "high": query.get(high) or exact,
    }


def chips(query: RecordQuery) -> list[tuple[str, str]]:
    """Return each filter that is set in words, with the address of the list without it."""
    info = query.info
    area, unit = area_info(_number(query.get("area"))), unit_info(_number(query.get("unit")))
    grade = info.definition.grade(query.get("grade"))
    rows: list[tuple[Any, tuple[str, ...]]] = [
        (_("搜索：%(q)s") % {"q": query.get("q")} if query.get("q") else "", ("q",)),
        (grade.label if grade is not None else "", ("grade",)),
        (area.label if area is not None else "", ("area",)),
        (unit.label if unit is not None else "", ("unit",)),
        (STATES.get(query.get("state"), ""), ("state",)),
        (query.parent.name if query.parent is not None else "", ("parent",)),
        *((_words(query, one), names_of(one)) for one in filtered_fields(info)),
    ]
    return [(str(label), f"?{query.query(without=names)}") for label, names in rows if label]


def _number(text: str) -> int | None:
    return int(text) if text else None


def _words(query: RecordQuery, one: Field) -> str:
    exact, low, high = (query.get(name) for name in names_of(one))
    if exact and one.kind is FieldKind.CHOICE:
        return _pair(one, say(one, exact))
    if exact and one.kind is FieldKind.BOOL:
        return _pair(one, _("是") if exact == "1" else _("否"))
    if exact:
        return _pair(one, f"{exact} {one.unit_label}".strip())
    if not low and not high:
        return ""
    between = f"{low} – {high}" if low and high else f"≥ {low}" if low else f"≤ {high}"
    return f"{one.label} {between} {one.unit_label}".strip()


def _pair(one: Field, value: str) -> str:
    return _("%(name)s：%(value)s") % {"name": one.label, "value": value}


def columns(info: RegisterInfo) -> list[Field]:
    """Return the fields that are columns of the list."""
    return [one for one in info.definition.live if one.column and not one.personal]


def lines(info: RegisterInfo, rows: list[RecordRow], *, on: date | None = None) -> list[dict[str, Any]]:
    """Return the rows with their address (of the record as it was on a day), grade and cells.

    All that a row says is made here and not in the template: a page has hundreds of cells.
    """
    then = f"?on={on.isoformat()}" if on is not None else ""
    shown = [(one, one.label, _style(one)) for one in columns(info)]
    return [
        {
            "row": row,
            "url": get_record_url(info, row.id) + then,
            "grade": grade_badge(info, row.grade, row.because),
            "cells": [
                {"label": label, "text": say(one, row.values.get(one.store)), "style": style}
                for one, label, style in shown
            ],
            "area": parts(row.area_label),
            "since": row.since_date.isoformat(),
        }
        for row in rows
    ]


def _style(one: Field) -> str:
    """Return the classes of a column's cells."""
    number = " j-num" if one.kind in NUMERIC else ""
    return f"text-nowrap{number}" if one.kind in RANGES else ""


def told(found: Totals) -> str:
    """Say how many records the list has."""
    if found.exact:
        return _("共 %(n)s 条") % {"n": f"{found.count:,}"}
    return _("超过 %(n)s 条") % {"n": f"{COUNTED:,}"}


def sums(found: Totals) -> list[tuple[str, str]]:
    """Return what the list's number columns add up to, in words."""
    return [(one.label, say(one, round(total, 2))) for one, total in found.sums if found.count]


def pager(query: RecordQuery, page: RecordPage, found: Totals) -> dict[str, Any]:
    """Return what the pager tag takes."""
    return {
        "previous": query.query(cursor=page.previous) if page.previous else "",
        "next": query.query(cursor=page.next) if page.next else "",
        "shown": page.shown,
        "total": found.count if found.exact else None,
    }


def parent_of(record: Record | None) -> str:
    """Return what the list says of the record whose parts it shows."""
    return f"{record.name} {record.code}" if record is not None else ""
