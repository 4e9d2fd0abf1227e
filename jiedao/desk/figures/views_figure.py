"""The page of one figure: how it was made, what it is compared with, its course, its parts and its rows."""

from collections.abc import Sequence
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jiedao.desk.figure_lines import (
    describe_figure,
    describe_progress,
    get_figure_url,
    list_changes,
    list_rows_lines,
    read_own_figures,
)
from jiedao.desk.figures.entry_lines import list_summed_months, list_versions
from jiedao.desk.figures.export import export_figure
from jiedao.desk.figures.mapping import build_figure_map
from jiedao.desk.figures.reading import (
    build_choices,
    build_place_note,
    build_place_select,
    build_place_tabs,
    read_place_or_town,
    read_present_places,
)
from jiedao.desk.form_lines import list_sent_figures
from jiedao.desk.period_choices import read_period_or_half
from jiedao.indicators.comparison import compare_figures, compare_with_peers, rank_figures
from jiedao.indicators.compute import compute_series, compute_split, read_measures
from jiedao.indicators.figure import TOWN, Figure, Place
from jiedao.indicators.models import ENTER, VIEW, Better, Measure, MeasureKind
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.figures import AREA, CATEGORY, CHANNEL, UNIT, count_by_present_places
from jiedao.kernel.periods import Period, list_periods_up_to
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff

TREND_PERIODS = 12
SPLIT_TITLES = {
    AREA: gettext_lazy("按社区"),
    UNIT: gettext_lazy("按单位"),
    CATEGORY: gettext_lazy("按类别"),
    CHANNEL: gettext_lazy("按渠道"),
}
SPLIT_LABELS = {
    AREA: gettext_lazy("社区"),
    UNIT: gettext_lazy("单位"),
    CATEGORY: gettext_lazy("类别"),
    CHANNEL: gettext_lazy("渠道"),
}


def get_measure(key: str) -> Measure:
    """Return an active measure; raise NotFoundError for an unknown or retired one."""
    measure = read_measures().get(key)
    if measure is None:
        raise NotFoundError(
            _("没有指标“%(key)s”，或它已停用。") % {"key": key[:60]}, hint=_("请从指标目录中选择。")
        )
    return measure


def read_trend(measure: Measure, period: Period, place: Place) -> list[Figure]:
    """Return the figures of the period and of those before it, oldest first."""
    return compute_series(measure, list_periods_up_to(period, TREND_PERIODS), place)


def _build_trend(actor: Actor, trend: Sequence[Figure]) -> dict[str, Any] | None:
    if sum(figure.value is not None for figure in trend) < 2:
        return None
    measure = trend[-1].measure
    return {
        "labels": [figure.period.text for figure in trend],
        "series": [
            {
                "name": measure.label,
                "values": [_get_number(figure) for figure in trend],
                "tone": "info",
                "links": [get_figure_url(measure, figure.period, figure.place) for figure in trend],
            }
        ],
        "unit": measure.unit_text,
    }


def _get_number(figure: Figure) -> int | float | None:
    """Return a value as the chart and its table print it: a count has no decimals."""
    if figure.rounded is None:
        return None
    return float(figure.rounded) if figure.measure.digits else int(figure.rounded)


def _build_split(actor: Actor, measure: Measure, period: Period, split: str) -> dict[str, Any] | None:
    """Return the figures of all parts of a split that have one, each with the rows that the actor may open."""
    figures = compute_split(measure, period, split, with_rest=True)
    if not figures:
        return None
    own = None
    if not actor.sees_town:
        visible = compute_split(measure, period, split, viewer=actor, with_rest=True)
        own = {figure.place.key: figure for figure in visible}
    empty = [figure for figure in figures if _has_no_rows(figure)] if split in {AREA, UNIT} else []
    figures = [figure for figure in figures if figure not in empty]
    ranks = _rank_places(measure, figures) if split in {AREA, UNIT} else {}
    lines = [
        describe_figure(figure)
        | {
            "label": figure.place.label,
            "url": "" if figure.place.split else get_figure_url(measure, period, figure.place),
            "rank_here": ranks.get(figure.place.key),
            "rows": _list_rows_of_part(actor, figure, own),
        }
        for figure in figures
    ]
    return {
        "split": split,
        "label": SPLIT_LABELS[split],
        "title": SPLIT_TITLES[split],
        "ranked": bool(ranks),
        "figures": figures,
        "lines": lines,
        "empty": [figure.place.label for figure in empty],
    }


def _has_no_rows(figure: Figure) -> bool:
    """Return whether a counted figure is 0 because there is no row at all, as of a unit that never has any."""
    return figure.measure.kind == MeasureKind.AMOUNT and not figure.rows and not figure.value


def _rank_places(measure: Measure, figures: Sequence[Figure]) -> dict[str, int]:
    """Return the rank of each community or unit by its key, best first; none where no direction is better.

    Those without rows have no rank.
    """
    if measure.better == Better.NEITHER:
        return {}
    ranked = rank_figures(
        [figure for figure in figures if not figure.place.split and not _has_no_rows(figure)]
    )
    return {figure.place.key: rank for rank, figure in ranked}


def _describe_rank(measure: Measure, period: Period, place: Place) -> str:
    """Return the rank of a community among all, or of a unit, in words; "" where there is none."""
    split = AREA if place.area_code else UNIT
    if place == TOWN or split not in measure.splits:
        return ""
    ranks = _rank_places(measure, compute_split(measure, period, split))
    if place.key not in ranks or len(ranks) < 2:
        return ""
    of_areas, of_units = (
        _("各社区中第 %(rank)s 位（共 %(of)s 个）"),
        _("各单位中第 %(rank)s 位（共 %(of)s 个）"),
    )
    return (of_areas if split == AREA else of_units) % {"rank": ranks[place.key], "of": len(ranks)}


def _list_peers(measure: Measure, period: Period) -> list[dict[str, Any]]:
    """Return the town and the other sub-districts whose figures were entered, best first."""
    return [
        describe_figure(figure) | {"label": figure.place.label, "is_own": not figure.place.label}
        for figure in compare_with_peers(measure, period)
    ]


def _list_rows_of_part(actor: Actor, figure: Figure, own: dict[str, Figure] | None) -> list[Any]:
    if own is None:
        return list_rows_lines(actor, figure, None)
    visible = own.get(figure.place.key)
    return list_rows_lines(actor, figure, visible) if visible is not None else []


def _list_terms(figure: Figure, period: Period, place: Place) -> list[dict[str, Any]]:
    names = figure.measure.spec.get("terms", {}) if figure.measure.kind == MeasureKind.FORMULA else {}
    return [
        describe_figure(term) | {"name": name, "url": get_figure_url(term.measure, period, place)}
        for name, term in zip(names, figure.terms, strict=False)
    ]


@require_staff(VIEW)
@require_safe
def show_figure(request: DeskRequest, key: str) -> HttpResponse:
    """Show a figure with everything that a reader needs to trust it or to doubt it."""
    measure, by_present = get_measure(key), read_present_places(request)
    with count_by_present_places(by_present):
        context = _build_context(request, measure, by_present=by_present)
    return render(request, "desk/figures/figure.html", context)


def _build_context(request: DeskRequest, measure: Measure, *, by_present: bool) -> dict[str, Any]:
    key, actor = measure.key, request.actor
    period, place = read_period_or_half(request), read_place_or_town(request)
    comparison = compare_figures([measure], period, place)[measure.key]
    figure = comparison.figure
    own = read_own_figures(actor, [measure], period, place)
    splits = (
        [_build_split(actor, measure, period, split) for split in measure.splits] if place == TOWN else []
    )
    parts = {split["split"]: split for split in splits if split is not None}
    choices = build_choices(period, place, ("places", "now" if by_present else ""))
    is_entered = measure.kind == MeasureKind.ENTERED
    plain = urlencode([("period", period.text), *(("place", place.key),) * bool(place.key)])
    query = urlencode([("period", period.text), *choices["kept"]])
    return {
        "measure": measure,
        "period": period,
        "place": place,
        "line": describe_figure(figure),
        "rows": list_rows_lines(actor, figure, own[key] if own is not None else None, with_denominator=True),
        "changes": list_changes(comparison),
        "progress": describe_progress(comparison.progress, measure),
        "terms": _list_terms(figure, period, place),
        "trend": _build_trend(actor, read_trend(measure, period, place)),
        "rank_here": _describe_rank(measure, period, place),
        "areas": parts.get(AREA),
        "units": parts.get(UNIT),
        "others": [parts[split] for split in (CATEGORY, CHANNEL) if split in parts],
        "map": _build_map(parts[AREA]) if AREA in parts else None,
        "place_select": build_place_select(place),
        "peers": _list_peers(measure, period) if place == TOWN else [],
        "versions": list_versions(actor, measure, period, place) if is_entered else None,
        "months": list_summed_months(actor, measure, period, place) if is_entered else None,
        "sent": list_sent_figures(actor, figure),
        "enter_url": f"{reverse('desk:figure_enter', args=[key])}?{query}"
        if is_entered and actor.can(ENTER)
        else "",
        "export": f"{reverse('desk:figure_export', args=[key])}?{query}",
        "catalogue_url": f"{reverse('desk:figures')}?{query}",
        "place_tabs": build_place_tabs(measure, place, plain, by_present=by_present),
        "place_note": build_place_note(measure, place),
        "now": clock.now(),
        **choices,
    }


def _build_map(split: dict[str, Any]) -> dict[str, Any] | None:
    urls = {line["figure"].place.area_path: line["url"] for line in split["lines"]}
    return build_figure_map(split["figures"], urls)


@require_staff(VIEW)
@require_safe
def send_figure(request: DeskRequest, key: str) -> FileResponse:
    """Send a figure with its course and its splits as a workbook."""
    measure = get_measure(key)
    period, place = read_period_or_half(request), read_place_or_town(request)
    with count_by_present_places(read_present_places(request)):
        splits = [
            (
                str(SPLIT_TITLES[split]),
                compute_split(measure, period, split, with_rest=True),
            )
            for split in measure.splits
            if place == TOWN
        ]
        trend = read_trend(measure, period, place)
    return export_figure(request.actor, trend[-1], trend, splits)
