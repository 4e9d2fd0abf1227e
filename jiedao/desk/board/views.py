"""The board: figures about the handling of cases, each with a link to its cases."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.selectors import board as figures
from jiedao.cases.selectors.counting import NO_VALUE, label_narrowing
from jiedao.cases.selectors.measures import MEASURES, RATES, Rate, find_grade
from jiedao.kernel import clock, periods
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number, read_period

SPLITS = {
    "unit": gettext_lazy("单位"),
    "area": gettext_lazy("社区"),
    "category": gettext_lazy("大类"),
    "channel": gettext_lazy("来源"),
}
USUAL_MEASURES = [
    "reported",
    "due",
    "handled",
    "on_time",
    "overdue",
    "rework",
    "returned",
    "due_close",
    "closed",
    "reached",
]
USUAL_RATES = ["on_time_rate", "closing_rate", "rework_rate", "satisfaction_rate"]
TILE_COUNTS = ["reported", "filed", "due", "overdue", "closed", "returned"]
TILE_RATES = [
    "on_time_rate",
    "pending_rate",
    "closing_rate",
    "rework_rate",
    "extension_rate",
    "dispatch_accuracy",
]
CALL_RATES = ["response_rate", "solved_rate", "satisfaction_rate", "visit_rate"]  # 接诉即办
MAX_DAYS_OF_SHORT_PERIOD = (
    62  # the chart shows the months of a longer period; it shows a shorter one beside previous periods
)
UNWANTED_MEASURES = {"overdue", "returned"}


def _get_rows_url(measure: str, period: periods.Period, by: str = "", key: str = "") -> str:
    query = {"measure": measure, "period": period.text, **({"by": by, "key": key} if by else {})}
    return f"{reverse('desk:board_rows')}?{urlencode(query)}"


def _get_rate_url(
    rate: Rate, period: periods.Period, by: str = "", key: str = "", part: figures.Part = figures.Part.ALL
) -> str:
    query = {"rate": rate.code, "period": period.text}
    query |= {"part": part.value} if part is not figures.Part.ALL else {}
    query |= {"by": by, "key": key} if by else {}
    return f"{reverse('desk:board_rows')}?{urlencode(query)}"


def _build_failing_link(
    rate: Rate, row: figures.BoardRow, period: periods.Period, by: str = "", key: str = ""
) -> dict[str, Any] | None:
    """Return the link to the cases that fail a rate, with their number; None where none fails."""
    count = figures.count_failing(rate, row.counts)
    if not count:
        return None
    url = _get_rate_url(rate, period, by, key, figures.Part.FAILING)
    return {"label": rate.failing, "count": count, "url": url}


def _compute_percentage(rate: Rate, row: figures.BoardRow) -> float:
    """Return the rate in percent at one decimal, rounded once; the rates of the row are already rounded."""
    return round(100 * row.counts[rate.numerator] / row.counts[rate.denominator], 1)


def _format_rate(rate: Rate, row: figures.BoardRow) -> str:
    return f"{_compute_percentage(rate, row)}%" if row.counts[rate.denominator] else "—"


def _compare_with_previous(change: float, text: str) -> str:
    if not change:
        return _("与上期持平")
    return (_("比上期多 %(n)s") if change > 0 else _("比上期少 %(n)s")) % {"n": text}


def _build_count_tile(code: str, period: periods.Period, current: Any, previous: Any) -> dict[str, Any]:
    value = current.counts[code]
    note = ""
    if previous is not None:
        change = value - previous.counts[code]
        note = _compare_with_previous(change, str(abs(change)))
    tone = "warn" if code in UNWANTED_MEASURES and value else "neutral"
    url = _get_rows_url(code, period) if value else ""
    return {"label": MEASURES[code].label, "value": value, "url": url, "note": note, "tone": tone}


def _build_rate_tile(code: str, period: periods.Period, current: Any, previous: Any) -> dict[str, Any]:
    rate, share = RATES[code], current.rates[code]
    note = _format_fraction(rate, current) if share is not None else _("期内没有可算的案件")
    if previous is not None and share is not None and previous.rates[code] is not None:
        change = round((share - previous.rates[code]) * 100, 1)
        note += " · " + _compare_with_previous(change, _("%(n)s 个百分点") % {"n": abs(change)})
    return {
        "label": rate.label,
        "value": _format_rate(rate, current),
        "url": _get_rate_url(rate, period) if share is not None else "",
        "note": note,
        "more": _build_failing_link(rate, current, period),
        "tone": find_grade(rate, share)[1],
    }


def _build_tiles(period: periods.Period, current: Any, previous: Any) -> list[dict[str, Any]]:
    rates = [_build_rate_tile(code, period, current, previous) for code in TILE_RATES]
    return rates + [_build_count_tile(code, period, current, previous) for code in TILE_COUNTS]


def _format_fraction(rate: Rate, row: figures.BoardRow) -> str:
    return f"{row.counts[rate.numerator]}/{row.counts[rate.denominator]}"


def _build_rate_cell(
    rate: Rate, row: figures.BoardRow, period: periods.Period, by: str, key: str
) -> dict[str, Any]:
    """Return a rate with its fraction and grade, and links to the cases of its denominator and to those that fail."""
    share = row.rates[rate.code]
    grade, tone = find_grade(rate, share)
    explanation = "" if share is None else " · ".join(filter(None, [_format_fraction(rate, row), grade]))
    return {
        "label": rate.label,
        "text": _format_rate(rate, row),
        "tone": tone,
        "explanation": explanation,
        "url": _get_rate_url(rate, period, by, key) if explanation else "",
        "failing": _build_failing_link(rate, row, period, by, key),
    }


def _build_line(
    row: figures.BoardRow, period: periods.Period, by: str, codes: list[str], rates: list[str]
) -> dict[str, Any]:
    split = (by, row.key) if row.key else ("", "")
    return {
        "label": row.label,
        "cells": [
            {
                "label": MEASURES[code].label,
                "value": row.counts[code],
                "url": _get_rows_url(code, period, *split) if row.counts[code] else "",
            }
            for code in codes
        ],
        "rates": [_build_rate_cell(RATES[code], row, period, *split) for code in rates],
    }


def _build_period_links(
    request: HttpRequest, period: periods.Period, by: str, *, show_all: bool
) -> dict[str, Any]:
    """Return the links to other periods, to other splits, and to all or the usual columns."""
    parameters = {"by": by, **({"all": "1"} if show_all else {})}

    def get_url(text: str) -> str:
        return "?" + urlencode({"period": text, **parameters})

    today, previous = clock.today(), period.previous()
    next_period = _get_next_period(period)
    usual_periods = [
        (_("今天"), periods.day_of(today)),
        (_("本周"), periods.week_of(today)),
        (_("本月"), periods.month_of(today)),
        (_("本季度"), periods.quarter_of(today)),
        (_("本半年"), periods.half_of(today)),
        (_("本年"), periods.year_of(today)),
        (_("全部"), periods.all_time()),
    ]
    return {
        "previous": get_url(previous.text) if previous else "",
        "next": get_url(next_period.text) if next_period else "",
        "usual": [
            {"label": name, "url": get_url(p.text), "active": p == period} for name, p in usual_periods
        ],
        "tabs": [
            {
                "label": label,
                "url": "?" + urlencode({**parameters, "period": period.text, "by": code}),
                "active": code == by,
            }
            for code, label in SPLITS.items()
        ],
        "columns": "?" + urlencode({"period": period.text, "by": by, **({} if show_all else {"all": "1"})}),
    }


def _get_next_period(period: periods.Period) -> periods.Period | None:
    """Return the next period of the same kind or length, None if it has not begun or the period is unlimited."""
    first = period.last + periods.DAY
    if period.text == periods.ALL or first > clock.today():
        return None
    period_kinds = [
        periods.year_of,
        periods.half_of,
        periods.quarter_of,
        periods.month_of,
        periods.week_of,
        periods.day_of,
    ]
    same_kind = next((kind(first) for kind in period_kinds if kind(period.first).text == period.text), None)
    return same_kind or periods.build_period(first, first + periods.DAY * (period.days - 1))


def _build_trend_chart(points: list[figures.TrendPoint]) -> dict[str, Any]:
    measures_and_tones = [("reported", "info"), ("due", "neutral"), ("closed", "good")]
    return {
        "labels": [point.period.text for point in points],
        "series": [
            {
                "name": str(MEASURES[code].label),
                "values": [point.counts[code] for point in points],
                "tone": tone,
                "links": [_get_rows_url(code, point.period) for point in points],
            }
            for code, tone in measures_and_tones
        ],
    }


def _sort_rows(board: figures.Board) -> list[figures.BoardRow]:
    """Return the rows in the order of the table: communities in their usual order, others by due cases."""
    if board.by == "area":
        return board.rows
    return sorted(
        board.rows, key=lambda row: (row.key == NO_VALUE, -row.counts["due"], -row.counts["reported"])
    )


def _build_bars(board: figures.Board) -> list[dict[str, Any]]:
    """Return bars with the on-time rate of the 12 rows with the most due cases, best first."""
    rate = RATES["on_time_rate"]
    rows_with_rate = [row for row in board.rows if row.rates[rate.code] is not None]
    busiest_rows = sorted(rows_with_rate, key=lambda row: -row.counts["due"])[:12]
    return [
        {
            "label": row.label,
            "value": _compute_percentage(rate, row),
            "href": _get_rate_url(rate, board.period, board.by, row.key),
            "tone": find_grade(rate, row.rates[rate.code])[1],
            "note": _format_fraction(rate, row),
        }
        for row in sorted(busiest_rows, key=lambda row: -(row.rates[rate.code] or 0))
    ]


@require_staff("cases.board:view")
def show_board(request: DeskRequest) -> HttpResponse:
    """Show the tiles, the charts and the table of a period."""
    by = request.GET.get("by", "unit")
    by = by if by in SPLITS else "unit"
    try:
        period = read_period(request.GET)
    except UserError as fault:
        messages.error(request, f"{fault.message}{fault.hint}")
        period = periods.month_of(clock.today())
    show_all = request.GET.get("all") == "1"
    codes, rates = (list(MEASURES), list(RATES)) if show_all else (USUAL_MEASURES, USUAL_RATES)
    board = figures.read_board(request.actor, period, by)
    previous_period = period.previous()
    previous = figures.read_totals(request.actor, previous_period) if previous_period else None
    if previous is not None and not any(previous.counts.values()):
        previous = None
    points = figures.read_trend(
        request.actor,
        periods.list_months(period)
        if period.days > MAX_DAYS_OF_SHORT_PERIOD
        else periods.list_periods_up_to(period),
    )
    context = {
        "period": period,
        "by": by,
        "by_label": SPLITS[by],
        "show_all": show_all,
        "before": previous_period if previous is not None else None,
        "tiles": _build_tiles(period, board.total, previous),
        "calls": [_build_rate_tile(code, period, board.total, previous) for code in CALL_RATES],
        "heads": [MEASURES[code] for code in codes],
        "rate_heads": [RATES[code] for code in rates],
        "lines": [_build_line(row, period, by, codes, rates) for row in _sort_rows(board)],
        "total": _build_line(board.total, period, by, codes, rates),
        "trend": _build_trend_chart(points),
        "bars": _build_bars(board),
        "measures": MEASURES.values(),
        "rates": [(rate, MEASURES[rate.numerator], MEASURES[rate.denominator]) for rate in RATES.values()],
        "now": clock.now(),
        **_build_period_links(request, period, by, show_all=show_all),
    }
    return render(request, "desk/board/board.html", context)


def _read_where(request: HttpRequest) -> list[tuple[str, str]]:
    pairs = zip(request.GET.getlist("by"), request.GET.getlist("key"), strict=False)
    return [(by, key) for by, key in pairs if by]


def _read_part(text: str) -> figures.Part:
    try:
        return figures.Part(text or "all")
    except ValueError:
        raise UserError(
            _("没有这一部分：%(part)s。") % {"part": text[:20]}, hint=_("请从看板重新点开。"), field="part"
        ) from None


def _build_part_tabs(
    rate: Rate, part: figures.Part, page: figures.FigurePage, parameters: list[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Return the tabs of the list of a rate: those that fail, those that do not, and all of them."""
    labels = [
        (figures.Part.ALL, MEASURES[rate.denominator].label),
        (figures.Part.FAILING, rate.failing),
        (figures.Part.MET, rate.met),
    ]
    others = [pair for pair in parameters if pair[0] != "part"]
    return [
        {
            "label": label,
            "count": page.parts[tab],
            "tone": "bad" if tab is figures.Part.FAILING and page.parts[tab] else "",
            "active": tab is part,
            "url": "?" + urlencode([*others, ("part", tab.value)]),
        }
        for tab, label in labels
    ]


@require_staff("cases.board:view")
def list_cases_of_figure(request: DeskRequest) -> HttpResponse:
    """List the cases behind a figure: a measure, or a rate with the cases that fail it."""
    period, where = read_period(request.GET), _read_where(request)
    after = read_number(request.GET.get("after"))
    names = ("measure", "rate", "part", "period", "from", "to")
    parameters = [(name, request.GET[name]) for name in names if name in request.GET]
    parameters += [pair for by, key in where for pair in (("by", by), ("key", key))]
    rate = figures.get_rate(request.GET["rate"]) if "rate" in request.GET else None
    context: dict[str, Any]
    if rate is not None:
        part = _read_part(request.GET.get("part", ""))
        page = figures.read_rate_page(request.actor, rate, part, period, where=where, after=after)
        fraction = (MEASURES[rate.numerator].label, MEASURES[rate.denominator].label)
        context = {
            "label": rate.label,
            "formula": " ÷ ".join(map(str, fraction)),
            "rate": rate,
            "tabs": _build_part_tabs(rate, part, page, parameters),
        }
    else:
        measure = figures.get_measure(request.GET.get("measure", ""))
        page = figures.read_measure_page(request.actor, measure.code, period, where=where, after=after)
        context = {"label": measure.label, "formula": measure.formula}
    by = where[0][0] if where else "unit"
    context |= {
        "period": period,
        "group": label_narrowing(where),
        "page": page,
        "pager": {
            "previous": "",
            "next": urlencode([*parameters, ("after", page.next)]) if page.next else "",
            "shown": len(page.rows),
            "total": page.total,
        },
        "first_url": "?" + urlencode(parameters) if after is not None else "",
        "board_url": f"{reverse('desk:board')}?{urlencode({'period': period.text, 'by': by})}",
        "now": clock.now(),
    }
    return render(request, "desk/board/rows.html", context)
