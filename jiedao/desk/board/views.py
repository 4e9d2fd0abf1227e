"""The board: figures of the loop, each a link to its cases."""

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
from jiedao.cases.selectors.measures import MEASURES, RATES, Rate, grade_of
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
USUAL = [
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
MONTHLY = 62  # a longer period is drawn month by month, a shorter one beside those before it
LOW_COUNTS = {"overdue", "returned"}


def _rows_url(measure: str, period: periods.Period, by: str = "", key: str = "") -> str:
    query = {"measure": measure, "period": period.text, **({"by": by, "key": key} if by else {})}
    return f"{reverse('desk:board_rows')}?{urlencode(query)}"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


def _against(change: float, text: str) -> str:
    if not change:
        return _("与上期持平")
    return (_("比上期多 %(n)s") if change > 0 else _("比上期少 %(n)s")) % {"n": text}


def _count_tile(code: str, period: periods.Period, now: Any, before: Any) -> dict[str, Any]:
    value = now.counts[code]
    note = ""
    if before is not None:
        change = value - before.counts[code]
        note = _against(change, str(abs(change)))
    tone = "warn" if code in LOW_COUNTS and value else "neutral"
    url = _rows_url(code, period) if value else ""
    return {"label": MEASURES[code].label, "value": value, "url": url, "note": note, "tone": tone}


def _rate_tile(code: str, period: periods.Period, now: Any, before: Any) -> dict[str, Any]:
    rate, share = RATES[code], now.rates[code]
    note = _parts(rate, now) if share is not None else _("期内没有可算的案件")
    if before is not None and share is not None and before.rates[code] is not None:
        change = round((share - before.rates[code]) * 100, 1)
        note += " · " + _against(change, _("%(n)s 个百分点") % {"n": abs(change)})
    url = _rows_url(rate.denominator, period) if share is not None else ""
    return {
        "label": rate.label,
        "value": _percent(share),
        "url": url,
        "note": note,
        "tone": grade_of(rate, share)[1],
    }


def _tiles(period: periods.Period, now: Any, before: Any) -> list[dict[str, Any]]:
    rates = [_rate_tile(code, period, now, before) for code in TILE_RATES]
    return rates + [_count_tile(code, period, now, before) for code in TILE_COUNTS]


def _parts(rate: Rate, row: figures.BoardRow) -> str:
    return f"{row.counts[rate.numerator]}/{row.counts[rate.denominator]}"


def _rate_cell(rate: Rate, row: figures.BoardRow, url: str) -> dict[str, Any]:
    """Return a rate with what it is made of; it leads to the cases of its denominator."""
    share = row.rates[rate.code]
    grade, tone = grade_of(rate, share)
    made = "" if share is None else " · ".join(filter(None, [_parts(rate, row), grade]))
    return {
        "label": rate.label,
        "text": _percent(share),
        "tone": tone,
        "made": made,
        "url": url if made else "",
    }


def _line(
    row: figures.BoardRow, period: periods.Period, by: str, codes: list[str], rates: list[str]
) -> dict[str, Any]:
    split = (by, row.key) if row.key else ("", "")
    return {
        "label": row.label,
        "cells": [
            {
                "label": MEASURES[code].label,
                "value": row.counts[code],
                "url": _rows_url(code, period, *split) if row.counts[code] else "",
            }
            for code in codes
        ],
        "rates": [
            _rate_cell(RATES[code], row, _rows_url(RATES[code].denominator, period, *split)) for code in rates
        ],
    }


def _choices(request: HttpRequest, period: periods.Period, by: str, *, show_all: bool) -> dict[str, Any]:
    """Return the links that choose another period, split or set of columns."""
    kept = {"by": by, **({"all": "1"} if show_all else {})}

    def to(text: str) -> str:
        return "?" + urlencode({"period": text, **kept})

    today, before = clock.today(), period.previous()
    after = _next(period)
    usual = [
        (_("今天"), periods.day_of(today)),
        (_("本周"), periods.week_of(today)),
        (_("本月"), periods.month_of(today)),
        (_("本季度"), periods.quarter_of(today)),
        (_("本半年"), periods.half_of(today)),
        (_("本年"), periods.year_of(today)),
        (_("全部"), periods.all_time()),
    ]
    return {
        "previous": to(before.text) if before else "",
        "next": to(after.text) if after else "",
        "usual": [{"label": name, "url": to(p.text), "active": p == period} for name, p in usual],
        "tabs": [
            {
                "label": label,
                "url": "?" + urlencode({**kept, "period": period.text, "by": code}),
                "active": code == by,
            }
            for code, label in SPLITS.items()
        ],
        "columns": "?" + urlencode({"period": period.text, "by": by, **({} if show_all else {"all": "1"})}),
    }


def _next(period: periods.Period) -> periods.Period | None:
    """Return the period after it, unless that has not begun."""
    first = period.last + periods.DAY
    if period.text == periods.ALL or first > clock.today():
        return None
    around = [
        periods.year_of,
        periods.half_of,
        periods.quarter_of,
        periods.month_of,
        periods.week_of,
        periods.day_of,
    ]
    same = next((kind(first) for kind in around if kind(period.first).text == period.text), None)
    return same or periods.between(first, first + periods.DAY * (period.days - 1))


def _trend_chart(points: list[figures.TrendPoint]) -> dict[str, Any]:
    drawn = [("reported", "info"), ("due", "neutral"), ("closed", "good")]
    return {
        "labels": [point.period.text for point in points],
        "series": [
            {
                "name": str(MEASURES[code].label),
                "values": [point.counts[code] for point in points],
                "tone": tone,
                "links": [_rows_url(code, point.period) for point in points],
            }
            for code, tone in drawn
        ],
    }


def _busiest_first(counted: figures.Board) -> list[figures.BoardRow]:
    """Return the lines in an order to read: communities as they stand, else by what was due."""
    if counted.by == "area":
        return counted.rows
    return sorted(
        counted.rows, key=lambda row: (row.key == NO_VALUE, -row.counts["due"], -row.counts["reported"])
    )


def _bars(counted: figures.Board) -> list[dict[str, Any]]:
    """Return the on-time rate of the lines with the most due cases, best first."""
    rate = RATES["on_time_rate"]
    known = [row for row in counted.rows if row.rates[rate.code] is not None]
    most = sorted(known, key=lambda row: -row.counts["due"])[:12]
    return [
        {
            "label": row.label,
            "value": round((row.rates[rate.code] or 0) * 100, 1),
            "href": _rows_url("due", counted.period, counted.by, row.key),
            "tone": grade_of(rate, row.rates[rate.code])[1],
            "note": _parts(rate, row),
        }
        for row in sorted(most, key=lambda row: -(row.rates[rate.code] or 0))
    ]


@require_staff("cases.board:view")
def board(request: DeskRequest) -> HttpResponse:
    """Show tiles, charts and the table of a period."""
    by = request.GET.get("by", "unit")
    by = by if by in SPLITS else "unit"
    try:
        period = read_period(request.GET)
    except UserError as fault:
        messages.error(request, f"{fault.message}{fault.hint}")
        period = periods.month_of(clock.today())
    show_all = request.GET.get("all") == "1"
    codes, rates = (list(MEASURES), list(RATES)) if show_all else (USUAL, USUAL_RATES)
    counted = figures.read_board(request.actor, period, by)
    before = period.previous()
    previous = figures.read_totals(request.actor, before) if before else None
    if previous is not None and not any(previous.counts.values()):
        previous = None
    points = figures.read_trend(
        request.actor, periods.months_of(period) if period.days > MONTHLY else periods.run_up_to(period)
    )
    context = {
        "period": period,
        "by": by,
        "by_label": SPLITS[by],
        "show_all": show_all,
        "before": before if previous is not None else None,
        "tiles": _tiles(period, counted.total, previous),
        "calls": [_rate_tile(code, period, counted.total, previous) for code in CALL_RATES],
        "heads": [MEASURES[code] for code in codes],
        "rate_heads": [RATES[code] for code in rates],
        "lines": [_line(row, period, by, codes, rates) for row in _busiest_first(counted)],
        "total": _line(counted.total, period, by, codes, rates),
        "trend": _trend_chart(points),
        "bars": _bars(counted),
        "measures": MEASURES.values(),
        "rates": [(rate, MEASURES[rate.numerator], MEASURES[rate.denominator]) for rate in RATES.values()],
        "now": clock.now(),
        **_choices(request, period, by, show_all=show_all),
    }
    return render(request, "desk/board/board.html", context)


@require_staff("cases.board:view")
def board_rows(request: DeskRequest) -> HttpResponse:
    """List the cases behind one number of the board."""
    measure = figures.get_measure(request.GET.get("measure", ""))
    period = read_period(request.GET)
    pairs = zip(request.GET.getlist("by"), request.GET.getlist("key"), strict=False)
    where = [(by, key) for by, key in pairs if by]
    place = read_number(request.GET.get("after"))
    page = figures.read_case_page(request.actor, measure.code, period, where=where, after=place)
    kept = [
        (name, request.GET[name]) for name in ("measure", "period", "from", "to") if name in request.GET
    ] + [pair for by, key in where for pair in (("by", by), ("key", key))]
    by = where[0][0] if where else "unit"
    context = {
        "measure": measure,
        "period": period,
        "group": label_narrowing(where),
        "page": page,
        "pager": {
            "previous": "",
            "next": urlencode([*kept, ("after", page.next)]) if page.next else "",
            "shown": page.shown,
            "total": page.total,
        },
        "first_url": "?" + urlencode(kept) if place is not None else "",
        "board_url": f"{reverse('desk:board')}?{urlencode({'period': period.text, 'by': by})}",
        "now": clock.now(),
    }
    return render(request, "desk/board/rows.html", context)
