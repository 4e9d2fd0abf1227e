"""The board: figures about the handling of cases, each with a link to its cases."""

from functools import cache
from typing import Any
from urllib.parse import quote_plus, urlencode

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jiedao.cases.selectors import board as figures
from jiedao.cases.selectors.counting import PLACES_OF, label_narrowing
from jiedao.cases.selectors.former_places import NOW, has_successions
from jiedao.cases.selectors.measures import MEASURES, RATES, Rate, find_grade
from jiedao.desk.board.columns import Columns, list_column_choices, read_columns
from jiedao.desk.board.comparing import (
    Basis,
    Comparison,
    compute_percentage,
    describe_comparison,
    describe_count_changes,
    describe_missing_row,
    describe_rate_changes,
    format_count_change,
    format_rate,
    format_rate_change,
    read_comparisons,
)
from jiedao.desk.board.export import export_board, sort_rows
from jiedao.desk.board.rows_export import export_figure_rows, read_part, read_where
from jiedao.desk.period_choices import build_period_choices
from jiedao.kernel import clock, periods
from jiedao.kernel.errors import UserError
from jiedao.kernel.listfile import check_format
from jiedao.kernel.snapshots import read_snapshot
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import one_of, take_filters
from jiedao.pages.reading import read_day, read_number, read_period

SPLITS = {
    "unit": gettext_lazy("单位"),
    "area": gettext_lazy("社区"),
    "category": gettext_lazy("大类"),
    "channel": gettext_lazy("来源"),
}
PLACES = {"": gettext_lazy("按当时的区划和单位"), NOW: gettext_lazy("按现行区划和单位")}
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


@cache
def _get_rows_address() -> str:
    return reverse("desk:board_rows")


def _get_rows_url(measure: str, period: periods.Period, split: str = "") -> str:
    return f"{_get_rows_address()}?measure={measure}&period={period.text}{split}"


def _get_rate_url(
    rate: Rate, period: periods.Period, split: str = "", part: figures.Part = figures.Part.ALL
) -> str:
    chosen = f"&part={part.value}" if part is not figures.Part.ALL else ""
    return f"{_get_rows_address()}?rate={rate.code}&period={period.text}{chosen}{split}"


def _format_split(by: str, key: str, places: str = "") -> str:
    """Return the split of a row as the end of an address: a board has hundreds of them."""
    if not key:
        return ""
    return f"&by={by}&key={quote_plus(key)}" + (f"&by={PLACES_OF}&key={places}" if places else "")


def _build_failing_link(
    rate: Rate, row: figures.BoardRow, period: periods.Period, split: str = ""
) -> dict[str, Any] | None:
    """Return the link to the cases that fail a rate, with their number; None where none fails."""
    count = figures.count_failing(rate, row.counts)
    if not count:
        return None
    url = _get_rate_url(rate, period, split, figures.Part.FAILING)
    return {"label": rate.failing, "count": count, "url": url}


def _build_count_tile(
    code: str, period: periods.Period, current: figures.BoardRow, comparisons: list[Comparison]
) -> dict[str, Any]:
    value = current.counts[code]
    note = " · ".join(describe_count_changes(code, current, comparisons))
    tone = "warn" if code in UNWANTED_MEASURES and value else "neutral"
    url = _get_rows_url(code, period) if value else ""
    return {"label": MEASURES[code].label, "value": value, "url": url, "note": note, "tone": tone}


def _build_rate_tile(
    code: str, period: periods.Period, current: figures.BoardRow, comparisons: list[Comparison]
) -> dict[str, Any]:
    rate, share = RATES[code], current.rates[code]
    note = _format_fraction(rate, current) if share is not None else _("期内没有可算的案件")
    note = " · ".join([note, *describe_rate_changes(rate, current, comparisons)])
    return {
        "label": rate.label,
        "value": format_rate(rate, current),
        "url": _get_rate_url(rate, period) if share is not None else "",
        "note": note,
        "more": _build_failing_link(rate, current, period),
        "tone": find_grade(rate, share)[1],
    }


def _build_tiles(
    period: periods.Period, current: figures.BoardRow, comparisons: list[Comparison]
) -> list[dict[str, Any]]:
    rates = [_build_rate_tile(code, period, current, comparisons) for code in TILE_RATES]
    return rates + [_build_count_tile(code, period, current, comparisons) for code in TILE_COUNTS]


def _format_fraction(rate: Rate, row: figures.BoardRow) -> str:
    return f"{row.counts[rate.numerator]}/{row.counts[rate.denominator]}"


def _build_rate_cell(rate: Rate, row: figures.BoardRow, period: periods.Period, split: str) -> dict[str, Any]:
    """Return a rate with its fraction and grade, and links to the cases of its denominator and to those that fail."""
    share = row.rates[rate.code]
    grade, tone = find_grade(rate, share)
    explanation = "" if share is None else " · ".join(filter(None, [_format_fraction(rate, row), grade]))
    return {
        "text": format_rate(rate, row),
        "tone": tone,
        "explanation": explanation,
        "url": _get_rate_url(rate, period, split) if explanation else "",
        "failing": _build_failing_link(rate, row, period, split),
    }


def _build_line(
    row: figures.BoardRow, board: figures.Board, columns: Columns, comparison: Comparison | None
) -> dict[str, Any]:
    """Return a line of the table; with a comparison each cell has its change, and a line without any states so."""
    period, split = board.period, _format_split(board.by, row.key, board.places)
    before = comparison.find_row(row.key) if comparison is not None else None
    return {
        "label": row.label,
        "note": describe_missing_row(comparison) if comparison is not None and before is None else "",
        "cells": [
            {
                "label": columns.labels[code],
                "value": row.counts[code],
                "url": _get_rows_url(code, period, split) if row.counts[code] else "",
                "change": format_count_change(code, row, before),
            }
            for code in columns.measures
        ],
        "rates": [
            _build_rate_cell(RATES[code], row, period, split)
            | {
                "label": columns.labels[code],
                "failing_label": columns.failing[code],
                "change": format_rate_change(RATES[code], row, before),
            }
            for code in columns.rates
        ],
    }


def _build_period_links(board: figures.Board, columns: Columns, basis: Basis | None) -> dict[str, Any]:
    """Return the links to other periods, to other splits, and to the workbook; they keep columns and comparison."""
    period, by = board.period, board.by
    plain = [*columns.query, *([("compare", basis.value)] if basis is not None else [])]
    options = [*plain, *([("places", board.places)] if board.places else [])]

    def get_url(text: str, split: str = by) -> str:
        return "?" + urlencode([("period", text), ("by", split), *options])

    return {
        **build_period_choices(period, get_url),
        "tabs": [
            {
                "label": label,
                "url": get_url(period.text, code),
                "active": code == by,
            }
            for code, label in SPLITS.items()
        ],
        "export": reverse("desk:board_export") + get_url(period.text),
        "options": options,
        "places": _build_place_tabs(board, [("period", period.text), ("by", by), *plain]),
    }


def _build_place_tabs(board: figures.Board, query: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the choice between the places of then and of now; none where no place was ever succeeded."""
    if board.by not in {"unit", "area"} or not has_successions():
        return []
    return [
        {
            "label": label,
            "url": "?" + urlencode([*query, *([("places", value)] if value else [])]),
            "active": value == board.places,
        }
        for value, label in PLACES.items()
    ]


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


def _build_bars(board: figures.Board) -> list[dict[str, Any]]:
    """Return bars with the on-time rate of the 12 rows with the most due cases, best first."""
    rate = RATES["on_time_rate"]
    rows_with_rate = [row for row in board.rows if row.rates[rate.code] is not None]
    busiest_rows = sorted(rows_with_rate, key=lambda row: -row.counts["due"])[:12]
    return [
        {
            "label": row.label,
            "value": compute_percentage(rate, row),
            "href": _get_rate_url(rate, board.period, _format_split(board.by, row.key, board.places)),
            "tone": find_grade(rate, row.rates[rate.code])[1],
            "note": _format_fraction(rate, row),
        }
        for row in sorted(busiest_rows, key=lambda row: -(row.rates[rate.code] or 0))
    ]


BOARD_FILTERS = {
    "by": one_of(SPLITS),
    "period": None,
    "from": read_day,
    "to": read_day,
    "compare": one_of(Basis.values),
    "all": one_of({"1"}),
    "places": one_of({NOW}),
}
FIGURE_FILTERS = dict.fromkeys(("measure", "rate", "part", "period", "from", "to"))


@require_staff("cases.board:view")
@take_filters(BOARD_FILTERS, many=("col",))
def show_board(request: DeskRequest) -> HttpResponse:
    """Show the tiles, the charts and the table of a period."""
    by, period, columns, basis = (
        _read_by(request),
        _read_period_or_month(request),
        read_columns(request.GET),
        None,
    )
    if request.GET.get("compare") in Basis.values:
        basis = Basis(request.GET["compare"])
    is_long = period.days > MAX_DAYS_OF_SHORT_PERIOD
    run = periods.list_months(period) if is_long else periods.list_periods_up_to(period)
    with read_snapshot():
        places = _read_places(request)
        board = figures.read_board(request.actor, period, by, places=places)
        comparisons = read_comparisons(request.actor, period, by, with_rows=basis, places=places)
        points = figures.read_trend(request.actor, run)
    chosen = next((comparison for comparison in comparisons if comparison.basis == basis), None)
    usable = [comparison for comparison in comparisons if comparison.total is not None]
    context = {
        "period": period,
        "by": by,
        "by_label": SPLITS[by],
        "compared": [describe_comparison(comparison) for comparison in comparisons],
        "tiles": _build_tiles(period, board.total, usable),
        "calls": [_build_rate_tile(code, period, board.total, usable) for code in CALL_RATES],
        "heads": [MEASURES[code] for code in columns.measures],
        "rate_heads": [RATES[code] for code in columns.rates],
        "lines": [_build_line(row, board, columns, _get_usable(chosen)) for row in sort_rows(board)],
        "total": _build_line(board.total, board, columns, _get_usable(chosen)),
        "chosen": describe_comparison(chosen) if chosen is not None else "",
        "basis": basis.value if basis is not None else "",
        "bases": Basis.choices,
        "column_choices": list_column_choices(columns),
        "trend": _build_trend_chart(points),
        "bars": _build_bars(board),
        "measures": MEASURES.values(),
        "rates": [(rate, MEASURES[rate.numerator], MEASURES[rate.denominator]) for rate in RATES.values()],
        "now": clock.now(),
        **_build_period_links(board, columns, basis),
    }
    return render(request, "desk/board/board.html", context)


def _get_usable(comparison: Comparison | None) -> Comparison | None:
    return comparison if comparison is not None and comparison.total is not None else None


def _read_by(request: HttpRequest) -> str:
    by = request.GET.get("by", "unit")
    return by if by in SPLITS else "unit"


def _read_places(request: HttpRequest) -> str:
    return NOW if request.GET.get("places") == NOW else ""


def _read_period_or_month(request: DeskRequest) -> periods.Period:
    """Return the period of the address; the present month with a message where it cannot be read."""
    try:
        return read_period(request.GET)
    except UserError as fault:
        messages.error(request, f"{fault.message}{fault.hint}")
        return periods.month_of(clock.today())


@require_staff("cases.board:view")
@require_safe
@take_filters(BOARD_FILTERS, many=("col",), strict=True)
def send_workbook(request: DeskRequest) -> FileResponse:
    """Send the table as a workbook, with the columns and the comparison of the page."""
    by, period = _read_by(request), read_period(request.GET)
    basis = Basis(request.GET["compare"]) if request.GET.get("compare") in Basis.values else None
    places = _read_places(request)
    comparisons = read_comparisons(request.actor, period, by, with_rows=basis, places=places)
    chosen = next((comparison for comparison in comparisons if comparison.basis == basis), None)
    board = figures.read_board(request.actor, period, by, places=places)
    return export_board(request.actor, board, str(SPLITS[by]), read_columns(request.GET), chosen)


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
@take_filters(FIGURE_FILTERS, many=("by", "key"), others=("after",))
def list_cases_of_figure(request: DeskRequest) -> HttpResponse:
    """List the cases behind a figure: a measure, or a rate with the cases that fail it."""
    period, where = read_period(request.GET), read_where(request.GET)
    after = read_number(request.GET.get("after"))
    names = ("measure", "rate", "part", "period", "from", "to")
    parameters = [(name, request.GET[name]) for name in names if name in request.GET]
    parameters += [pair for by, key in where for pair in (("by", by), ("key", key))]
    rate = figures.get_rate(request.GET["rate"]) if "rate" in request.GET else None
    context: dict[str, Any]
    if rate is not None:
        part = read_part(request.GET.get("part", ""))
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
    by = next((by for by, _key in where if by in SPLITS), "unit")
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
        "export_url": _build_export_url(request, parameters) if page.total else "",
        "first_url": "?" + urlencode(parameters) if after is not None else "",
        "board_url": f"{reverse('desk:board')}?{urlencode({'period': period.text, 'by': by})}",
        "now": clock.now(),
    }
    return render(request, "desk/board/rows.html", context)


def _build_export_url(request: DeskRequest, parameters: list[tuple[str, str]]) -> str:
    """Return the address of the list as a file, "" for a user who may not export cases."""
    if not request.actor.can("cases.case:export"):
        return ""
    return f"{reverse('desk:board_rows_export')}?{urlencode(parameters)}"


@require_staff("cases.case:export")
@require_safe
@take_filters(FIGURE_FILTERS, many=("by", "key"), others=("format",), strict=True)
def export_cases_of_figure(request: DeskRequest) -> FileResponse | HttpResponseRedirect:
    """Send the cases behind a figure as a file; a long list is made in the background."""
    request.actor.require("cases.board:view")
    query = request.GET.copy()
    format_ = check_format(query.get("format", ""))
    query.pop("format", None)
    return export_figure_rows(request.actor, query, format_)
