"""The content of a list of records: filters, chips, columns, rows and figures."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from jiedao.desk.links import get_record_url
from jiedao.desk.registers.query import (
    RANGE_KINDS,
    STATES,
    RecordQuery,
    get_parameter_names,
    list_filter_fields,
)
from jiedao.desk.sorting import Sort, build_sorts
from jiedao.kernel.templatetags.jiedao import parts
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.choices import get_area_choices, get_unit_choices
from jiedao.pages.reading import read_number
from jiedao.places.selectors import past_area_info
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC, Field, FieldKind
from jiedao.registers.models import Record
from jiedao.registers.selectors.counting import COUNTED, Totals
from jiedao.registers.selectors.lists import RecordPage, RecordRow
from jiedao.registers.selectors.ordering import NEWEST, find_order, list_orders
from jiedao.registers.values import format_value

MAX_OPEN_SELECTS = (
    3  # select boxes of the register above the list; the others are in the folded part of the form
)


def build_grade_badge(info: RegisterInfo, code: str, because: str = "") -> dict[str, str] | None:
    """Return code, label, tone and reason of a grade, None for a record without a grade."""
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


def build_controls(query: RecordQuery, actor: Actor) -> dict[str, Any]:
    """Return the controls of the filter form.

    `selects` are above the list; `more`, `ranges` and `texts` are folded; `more_set` is the number of folded controls
    that have a value.
    """
    info = query.info
    grades = [(grade.code, grade.label) for grade in info.definition.grades]
    own_selects = [
        _build_select(query, field)
        for field in list_filter_fields(info)
        if field.kind in {FieldKind.CHOICE, FieldKind.BOOL}
    ]
    area = _build_grouped_select("area", _("社区、网格"), get_area_choices(paths=actor.confined_to), query)
    unit = _build_grouped_select("unit", _("所属单位"), get_unit_choices(), query)
    state = {
        "name": "state",
        "label": _("在册"),
        "options": list(STATES.items()),
        "value": query.get("state"),
    }
    grade = {"name": "grade", "label": _("等级"), "options": grades, "value": query.get("grade")}
    selects = [
        row
        for row in [grade, *own_selects[:MAX_OPEN_SELECTS], area]
        if row.get("options") or row.get("groups")
    ]
    more = [*own_selects[MAX_OPEN_SELECTS:], unit, state]
    ranges = [
        _build_range_inputs(query, field) for field in list_filter_fields(info) if field.kind in RANGE_KINDS
    ]
    texts = [
        _build_text_input(query, field)
        for field in list_filter_fields(info)
        if field.kind in {FieldKind.TEXT, FieldKind.PLACE}
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


def build_order_select(query: RecordQuery) -> dict[str, Any]:
    """Return the control of the order, which a phone needs: its list has no headers."""
    labels = {name: order.label for name, order in list_orders(query.info).items()}
    default = labels.pop(NEWEST)
    return {
        "name": "order",
        "label": default,
        "options": list(labels.items()),
        "value": query.get("order"),
    }


def _build_select(query: RecordQuery, field: Field) -> dict[str, Any]:
    if field.kind is FieldKind.BOOL:
        options = [("1", _join_label_and_value(field, _("是"))), ("0", _join_label_and_value(field, _("否")))]
    else:
        options = [(choice.code, choice.label) for choice in field.choices]
    return {
        "name": f"f.{field.key}",
        "label": field.label,
        "options": options,
        "value": query.get(f"f.{field.key}"),
    }


def _build_grouped_select(name: str, label: str, groups: list[Any], query: RecordQuery) -> dict[str, Any]:
    return {"name": name, "label": label, "groups": groups, "value": query.get(name)}


def _build_text_input(query: RecordQuery, field: Field) -> dict[str, Any]:
    return {"name": f"f.{field.key}", "label": field.label, "value": query.get(f"f.{field.key}")}


def _build_range_inputs(query: RecordQuery, field: Field) -> dict[str, Any]:
    name, low, high = get_parameter_names(field)
    exact = query.get(name)
    return {
        "label": field.label,
        "unit": field.unit_label,
        "type": "date" if field.kind is FieldKind.DATE else "text",
        "low_name": low,
        "high_name": high,
        "low": query.get(low) or exact,
        "high": query.get(high) or exact,
    }


def build_chips(query: RecordQuery) -> list[tuple[str, str]]:
    """Return each filter of the list in words, with the address of the list without this filter."""
    info = query.info
    area, unit = past_area_info(read_number(query.get("area"))), unit_info(read_number(query.get("unit")))
    grade = info.definition.grade(query.get("grade"))
    rows: list[tuple[Any, tuple[str, ...]]] = [
        (_("搜索：%(q)s") % {"q": query.get("q")} if query.get("q") else "", ("q",)),
        (grade.label if grade is not None else _("没有等级") if query.get("grade") else "", ("grade",)),
        (area.label if area is not None else _("不在任何社区") if query.get("area") else "", ("area",)),
        (unit.label if unit is not None else _("没有所属单位") if query.get("unit") else "", ("unit",)),
        (STATES.get(query.get("state"), ""), ("state",)),
        (query.parent.name if query.parent is not None else "", ("parent",)),
        (find_order(info, query.order).label if query.get("order") else "", ("order",)),
        *(
            (_describe_field_filter(query, field), get_parameter_names(field))
            for field in list_filter_fields(info)
        ),
    ]
    return [(str(label), f"?{query.encode(without=names)}") for label, names in rows if label]


def _describe_field_filter(query: RecordQuery, field: Field) -> str:
    exact, low, high = (query.get(f"f.{field.key}{end}") for end in ("", ".from", ".to"))
    if exact and field.kind is FieldKind.CHOICE:
        return _join_label_and_value(field, format_value(field, exact))
    if exact and field.kind is FieldKind.BOOL:
        return _join_label_and_value(field, _("是") if exact == "1" else _("否"))
    if exact:
        return _join_label_and_value(field, f"{exact} {field.unit_label}".strip())
    if not low and not high:
        return ""
    range_text = f"{low} – {high}" if low and high else f"≥ {low}" if low else f"≤ {high}"
    return f"{field.label} {range_text} {field.unit_label}".strip()


def _join_label_and_value(field: Field, value: str) -> str:
    return _("%(name)s：%(value)s") % {"name": field.label, "value": value}


def list_columns(info: RegisterInfo) -> list[Field]:
    """Return the fields that have a column in the list."""
    return [field for field in info.definition.active_fields if field.column and not field.personal]


def build_heads(query: RecordQuery) -> list[dict[str, Any]]:
    """Return the headers of the list with the links that order by them; the first has a second one for the code."""
    fields = {f"f.{field.key}": field for field in list_columns(query.info)}
    titles = {
        "name": _("名称"),
        "grade": _("等级"),
        **{name: field.label for name, field in fields.items()},
        "area": _("社区、网格"),
        "unit": _("所属单位"),
        "since": pgettext("since", "自"),
    }
    numbers = {name for name, field in fields.items() if field.kind in NUMERIC}
    ranges = {name for name, field in fields.items() if field.kind in RANGE_KINDS}
    sorts = _build_sorts(query, falling_first={"since", *ranges})
    heads = [
        {"label": label, "sort": sorts[name], "style": "j-num" if name in numbers else ""}
        for name, label in titles.items()
        if name in sorts
    ]
    heads[0] |= {"second": sorts["code"], "second_label": _("编码")}
    return heads


def _build_sorts(query: RecordQuery, falling_first: set[str]) -> dict[str, Sort]:
    """Return the link of each order; the first click on those in `falling_first` gives the largest and the latest."""
    labels = {name: order.label for name, order in list_orders(query.info).items()}
    falling = {name for name in labels if name.startswith("-")}
    columns = {}
    for name in (order.removeprefix("-") for order in falling):
        columns[name] = (f"-{name}", name) if name in falling_first else (name, f"-{name}")
    return build_sorts(columns, query.order, falling, lambda order: query.encode(order=order), labels)


def build_lines(info: RegisterInfo, rows: list[RecordRow], *, on: date | None = None) -> list[dict[str, Any]]:
    """Return the rows of the list with address, grade and cells; with `on`, addresses lead to the state of that day.

    The texts are built here and not in the template, which would be slow for the hundreds of cells of a page.
    """
    day_query = f"?on={on.isoformat()}" if on is not None else ""
    column_styles = [(field, field.label, _get_cell_classes(field)) for field in list_columns(info)]
    return [
        {
            "row": row,
            "url": get_record_url(info, row.id) + day_query,
            "grade": build_grade_badge(info, row.grade, row.because),
            "cells": [
                {"label": label, "text": format_value(field, row.values.get(field.store)), "style": style}
                for field, label, style in column_styles
            ],
            "area": parts(row.area_label),
            "since": row.since_date.isoformat(),
        }
        for row in rows
    ]


def _get_cell_classes(field: Field) -> str:
    """Return the CSS classes of the cells in the column of a field."""
    number = " j-num" if field.kind in NUMERIC else ""
    return f"text-nowrap{number}" if field.kind in RANGE_KINDS else ""


def describe_count(totals: Totals) -> str:
    """Return the number of records in words, exact or as a lower bound."""
    if totals.exact:
        return _("共 %(n)s 条") % {"n": f"{totals.count:,}"}
    return _("超过 %(n)s 条") % {"n": f"{COUNTED:,}"}


def describe_sums(totals: Totals) -> list[tuple[str, str]]:
    """Return the sums of the number columns as (label, text)."""
    return [
        (field.label, format_value(field, round(total, 2))) for field, total in totals.sums if totals.count
    ]


def build_pager(query: RecordQuery, page: RecordPage, totals: Totals) -> dict[str, Any]:
    """Return the argument of the template tag `pager`."""
    return {
        "previous": query.encode(cursor=page.previous) if page.previous else "",
        "next": query.encode(cursor=page.next) if page.next else "",
        "shown": page.shown,
        "total": totals.count if totals.exact else None,
    }


def describe_parent(record: Record | None) -> str:
    """Return name and code of the record whose parts the list shows, "" if it shows all records."""
    return f"{record.name} {record.code}" if record is not None else ""
