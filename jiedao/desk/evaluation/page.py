"""What the pages of the evaluation show: rows, lines with the lists behind them, appeals, tabs."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.desk.evaluation.formula_words import write_in_words
from jiedao.desk.links import get_rows_url, get_score_url
from jiedao.evaluation.access import can_read_score, find_appeal_due_date, get_version, may_preview
from jiedao.evaluation.models import VIEW, Appeal, AppealState, ScoreSheet
from jiedao.evaluation.selectors import (
    LineView,
    Results,
    ResultView,
    ValueView,
    count_waiting_appeals,
    describe_subject,
    format_points,
    list_periods,
    list_sheets,
    write_points,
)
from jiedao.kernel.periods import Period
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import translate_person_label

APPEAL_TONES = {
    AppealState.WAITING.value: "warn",
    AppealState.GRANTED.value: "good",
    AppealState.PARTLY.value: "info",
    AppealState.REFUSED.value: "neutral",
    AppealState.WITHDRAWN.value: "neutral",
}


def build_tabs(actor: Actor, current: str) -> list[dict[str, Any]]:
    """Return a tab for each sheet and one for the appeals; `current` is the key of a sheet or "appeals"."""
    tabs = [
        {
            "label": sheet.label,
            "url": reverse("desk:score_sheet", args=[sheet.key]),
            "active": sheet.key == current,
        }
        for sheet in list_sheets()
    ]
    waiting = count_waiting_appeals(actor)
    appeals = {
        "label": _("申诉"),
        "url": reverse("desk:score_appeals"),
        "active": current == "appeals",
        "count": waiting or "",
        "tone": "warn" if waiting else "",
    }
    return [*tabs, appeals]


SHOWN_DIGITS = 2  # of the points of an item


def build_periods(sheet: ScoreSheet, period: Period) -> list[tuple[str, str, bool]]:
    """Return the choices of periods as value, label and whether it is the chosen one."""
    return [(row.text, row.label, row == period) for row in list_periods(sheet, period)]


def build_results_context(actor: Actor, results: Results) -> dict[str, Any]:
    """Return the context of the table, of the ranking and of what the actor may do."""
    rows = [_hide_others(actor, row, build_row(results, row)) for row in results.rows]
    ranked = [row for row in rows if row["rank"] is not None]
    return {
        "sheet": results.sheet,
        "version": results.version,
        "period": results.period,
        "published": results.is_published,
        "subject": describe_subject(results.sheet),
        "items": [{"label": item.label, "meaning": item.meaning_label} for item in results.items],
        "rows": ranked,
        "unranked": [row for row in rows if row["rank"] is None],
        "red": [row["label"] for row in rows if row["mark"] == "red"],
        "black": [row["label"] for row in rows if row["mark"] == "black"],
        "may_preview": may_preview(actor),
    }


def _hide_others(actor: Actor, row: ResultView, line: dict[str, Any]) -> dict[str, Any]:
    """Return a line of the table as the actor may read it: of other units, rank and points without what is behind."""
    if actor.can(VIEW) or (row.score is not None and can_read_score(actor, row.score)):
        return line
    cells = [{**cell, "points": "—", "title": "", "tone": "neutral"} for cell in line["cells"]]
    return {**line, "url": "", "cells": cells, "note": "" if row.rank is not None else line["note"]}


def build_row(results: Results, row: ResultView) -> dict[str, Any]:
    """Return a line of the table of results."""
    return {
        "code": row.code,
        "label": row.label,
        "rank": row.rank,
        "points": write_points(row.points, results.version.digits),
        "total": format_points(row.total),
        "share": float(row.points / row.total) if row.points is not None and row.total else None,
        "grade": row.grade,
        "tone": row.tone,
        "note": row.note,
        "mark": row.list_mark,
        "number": row.score.number if row.score is not None else 1,
        "url": get_score_url(results.sheet, row.code, results.period),
        "cells": [
            {
                "label": line.item.label,
                "points": format_points(line.points, SHOWN_DIGITS),
                "out_of": format_points(line.out_of),
                "tone": line.tone,
                "title": line.formula or line.note,
            }
            for line in row.lines
        ],
    }


def build_line(actor: Actor, line: LineView) -> dict[str, Any]:
    """Return an item with its points, its formula and the lists of the rows behind it."""
    return {
        "key": line.item.key,
        "label": line.item.label,
        "meaning": line.item.meaning_label,
        "points": format_points(line.points, SHOWN_DIGITS),
        "out_of": format_points(line.out_of),
        "share": line.share,
        "tone": line.tone,
        "formula": _write_formula(line),
        "note": line.note,
        "values": [build_value(actor, value) for value in line.values],
    }


def _write_formula(line: LineView) -> str:
    """Return the formula with its result, where the formula does not end with it."""
    points = format_points(line.points, SHOWN_DIGITS)
    if not line.formula or line.points is None or line.formula == format_points(line.points):
        return ""
    sign = "%" if line.values and line.values[0].text.endswith("%") else ""
    if words := write_in_words(line.formula, points, sign):
        return words
    is_result = line.formula.endswith((f"→ {points}", f": {points}"))
    return line.formula if is_result else f"{line.formula} = {points}"


def build_value(actor: Actor, value: ValueView) -> dict[str, Any]:
    """Return a value with links to its rows; the rows of a rate and of its denominator are separate lists."""
    return {
        "label": value.label,
        "meaning": value.meaning,
        "text": value.text,
        "fraction": value.fraction,
        "source": value.source,
        "is_term": value.is_term,
        "links": _build_links(actor, value),
    }


def _build_links(actor: Actor, value: ValueView) -> list[dict[str, str]]:
    """Return the lists behind a value: of its rows, of each source of a mixed side, and of the denominator."""
    links = []
    if url := get_rows_url(actor, value.link):
        links.append({"label": _label_rows(value.rows), "url": url})
    for rows, link in value.parts:
        if url := get_rows_url(actor, link):
            links.append({"label": _label_rows(rows), "url": url})
    if url := get_rows_url(actor, value.denominator_link):
        links.append({"label": _("看分母的记录"), "url": url})
    for rows, link in value.denominator_parts:
        if url := get_rows_url(actor, link):
            label = _("分母：%(rows)s") % {"rows": _label_rows(rows)}
            links.append({"label": label, "url": url})
    return links


def _label_rows(rows: int | None) -> str:
    if rows is None:
        return _("看评分")
    return ngettext("看 %(n)d 条记录", "看 %(n)d 条记录", rows) % {"n": rows}


def name_numbers(appeal: Appeal) -> str:
    """Return the number of the contested case, or how many there are."""
    numbers = appeal.numbers
    if len(numbers) == 1:
        return numbers[0]
    return ngettext("%(first)s 等 %(n)d 件", "%(first)s 等 %(n)d 件", len(numbers)) % {
        "first": numbers[0] if numbers else "",
        "n": len(numbers),
    }


def build_appeal_line(appeal: Appeal) -> dict[str, Any]:
    """Return a line of a list of appeals."""
    score = appeal.score
    return {
        "appeal": appeal,
        "made_by": translate_person_label(appeal.made_by_label),
        "numbers": name_numbers(appeal),
        "place": score.place_label,
        "sheet": score.sheet_version.sheet.label,
        "period": score.period.label,
        "tone": APPEAL_TONES[appeal.state],
        "url": reverse("desk:score_appeal", args=[appeal.pk]),
    }


def describe_appeal_time(results: Results) -> str:
    """Return until when the published scores of a period may be contested, "" where nothing is published."""
    score = next((row.score for row in results.rows if row.score is not None), None)
    if score is None:
        return ""
    score.sheet_version = get_version(results.sheet, results.period)
    return _("申诉截止 %(day)s") % {"day": find_appeal_due_date(score)}
