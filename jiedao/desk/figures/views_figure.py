"""The page of one figure: how it was made, what it is compared with, its course, its parts and its rows."""

from collections.abc import Sequence
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.desk.figure_lines import (
    describe_figure,
    describe_progress,
    get_figure_url,
    list_changes,
    list_rows_lines,
    read_own_figures,
)
from jiedao.desk.figures.entry_lines import list_versions
from jiedao.desk.figures.export import export_figure
from jiedao.desk.figures.mapping import build_figure_map
from jiedao.desk.figures.reading import (
    build_choices,
    build_place_select,
    read_period_or_half,
    read_place_or_town,
)
from jiedao.desk.form_lines import list_sent_figures
from jiedao.indicators.comparison import compare_figures
from jiedao.indicators.compute import compute_figure, compute_split, read_measures
from jiedao.indicators.figure import TOWN, Figure, Place
from jiedao.indicators.models import ENTER, VIEW, Measure, MeasureKind
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.figures import AREA, UNIT
from jiedao.kernel.periods import Period, list_periods_up_to
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff

TREND_PERIODS = 12


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
    return [compute_figure(measure, item, place) for item in list_periods_up_to(period, TREND_PERIODS)]


def _build_trend(actor: Actor, trend: Sequence[Figure]) -> dict[str, Any] | None:
    if sum(figure.value is not None for figure in trend) < 2:
        return None
    measure = trend[-1].measure
    return {
        "labels": [figure.period.text for figure in trend],
        "series": [
            {
                "name": measure.label,
                "values": [None if figure.rounded is None else float(figure.rounded) for figure in trend],
                "tone": "info",
                "links": [get_figure_url(measure, figure.period, figure.place) for figure in trend],
            }
        ],
        "unit": measure.unit_text,
    }


def _build_split(actor: Actor, measure: Measure, period: Period, split: str) -> dict[str, Any] | None:
    """Return the figures of all communities or units that have one, each with the rows that the actor may open."""
    figures = compute_split(measure, period, split)
    if not figures:
        return None
    own = None
    if not actor.sees_town:
        own = {figure.place.key: figure for figure in compute_split(measure, period, split, viewer=actor)}
    lines = [
        describe_figure(figure)
        | {
            "label": figure.place.label,
            "url": get_figure_url(measure, period, figure.place),
            "fraction": f"{figure.numerator.normalize():f} ÷ {figure.denominator.normalize():f}"
            if figure.numerator is not None and figure.denominator is not None
            else "",
            "rows": _list_rows_of_part(actor, figure, own),
        }
        for figure in figures
    ]
    return {
        "split": split,
        "label": {AREA: _("社区"), UNIT: _("单位")}[split],
        "figures": figures,
        "lines": lines,
    }


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
    measure = get_measure(key)
    period, place = read_period_or_half(request), read_place_or_town(request)
    actor = request.actor
    comparison = compare_figures([measure], period, place)[measure.key]
    figure = comparison.figure
    own = read_own_figures(actor, [measure], period, place)
    splits = (
        [_build_split(actor, measure, period, split) for split in measure.splits] if place == TOWN else []
    )
    parts = {split["split"]: split for split in splits if split is not None}
    choices = build_choices(period, place)
    is_entered = measure.kind == MeasureKind.ENTERED
    query = urlencode([("period", period.text), *choices["kept"]])
    context = {
        "measure": measure,
        "period": period,
        "place": place,
        "line": describe_figure(figure),
        "rows": list_rows_lines(actor, figure, own[key] if own is not None else None, with_denominator=True),
        "changes": list_changes(comparison),
        "progress": describe_progress(comparison.progress, measure),
        "terms": _list_terms(figure, period, place),
        "trend": _build_trend(actor, read_trend(measure, period, place)),
        "areas": parts.get(AREA),
        "units": parts.get(UNIT),
        "map": _build_map(parts[AREA]) if AREA in parts else None,
        "place_select": build_place_select(place),
        "versions": list_versions(actor, measure, period, place) if is_entered else None,
        "sent": list_sent_figures(actor, figure),
        "enter_url": f"{reverse('desk:figure_enter', args=[key])}?{query}"
        if is_entered and actor.can(ENTER)
        else "",
        "export": f"{reverse('desk:figure_export', args=[key])}?{query}",
        "catalogue_url": f"{reverse('desk:figures')}?{query}",
        "now": clock.now(),
        **choices,
    }
    return render(request, "desk/figures/figure.html", context)


def _build_map(split: dict[str, Any]) -> dict[str, Any] | None:
    urls = {line["figure"].place.area_path: line["url"] for line in split["lines"]}
    return build_figure_map(split["figures"], urls)


@require_staff(VIEW)
@require_safe
def send_figure(request: DeskRequest, key: str) -> FileResponse:
    """Send a figure with its course and its splits as a workbook."""
    measure = get_measure(key)
    period, place = read_period_or_half(request), read_place_or_town(request)
    labels = {AREA: _("按社区"), UNIT: _("按单位")}
    splits = [
        (labels[split], compute_split(measure, period, split)) for split in measure.splits if place == TOWN
    ]
    trend = read_trend(measure, period, place)
    return export_figure(request.actor, trend[-1], trend, splits)
