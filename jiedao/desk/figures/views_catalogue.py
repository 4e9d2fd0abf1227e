"""The catalogue of measures: what each means, and its figure in a period."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet
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
from jiedao.desk.figures.export import export_catalogue
from jiedao.desk.figures.reading import (
    build_choices,
    build_place_select,
    read_place_or_town,
)
from jiedao.desk.period_choices import read_period_or_half
from jiedao.indicators.comparison import Comparison, compare_figures
from jiedao.indicators.entries import find_latest_periods
from jiedao.indicators.figure import TOWN, Figure
from jiedao.indicators.models import CONFIRM, ENTER, VIEW, Entry, Measure, MeasureKind, Status, Theme
from jiedao.kernel import clock
from jiedao.kernel.periods import Period
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff

NO_DATA, SCOPE = "none", "scope:"


def _find_measures(text: str, theme: str) -> "QuerySet[Measure]":
    measures = Measure.objects.filter(active=True).select_related("theme")
    if theme:
        measures = measures.filter(theme__key=theme)
    for word in text.split():
        fields = ("key", "name", "name_en", "meaning", "meaning_en")
        condition = Q()
        for field in fields:
            condition |= Q(**{f"{field}__icontains": word})
        measures = measures.filter(condition)
    return measures


def _is_wanted(figure: Figure, state: str) -> bool:
    """Return whether a figure has the state that a reader filters by: a status, words of its scope, or no data."""
    has_data = figure.value is not None or figure.growth is not None or figure.rank is not None
    if state == NO_DATA:
        return not has_data
    if state.startswith(SCOPE):
        return figure.scope_words == state.removeprefix(SCOPE)
    return not state or (has_data and figure.status == state)


def _build_state_select(state: str, comparisons: Iterable[Comparison]) -> dict[str, Any]:
    """Return the select box of the states that figures have, and of the words of scope that are in use."""
    words = sorted({row.figure.scope_words for row in comparisons} - {""})
    states = [*((value, str(label)) for value, label in Status.choices), (NO_DATA, _("没有数据"))]
    groups = [(_("数据状态"), states), (_("口径说明"), [(SCOPE + word, word) for word in words])]
    return {
        "name": "state",
        "label": _("全部状态"),
        "value": state,
        "groups": [group for group in groups if group[1]],
    }


def _build_line(
    actor: Actor, comparison: Comparison, own: Figure | None, latest: Period | None
) -> dict[str, Any]:
    """Return a line; `latest` is the last period of an entered measure, which it names where this one has no data."""
    figure = comparison.figure
    measure, line = figure.measure, describe_figure(figure)
    return line | {
        "latest": {"label": latest.label, "url": get_figure_url(measure, latest)}
        if latest and line["note"]
        else None,
        "url": get_figure_url(measure, figure.period, figure.place),
        "rows": list_rows_lines(actor, figure, own),
        "changes": [change for change in list_changes(comparison) if change["has_base"]],
        "progress": describe_progress(comparison.progress, measure),
    }


@require_staff(VIEW)
@require_safe
def show_catalogue(request: DeskRequest) -> HttpResponse:
    """Show every measure by theme, with its meaning, figure, changes, target and rows."""
    period, place = read_period_or_half(request), read_place_or_town(request)
    text, theme = request.GET.get("q", "").strip()[:60], request.GET.get("theme", "")
    state = request.GET.get("state", "")[:100]
    measures = list(_find_measures(text, theme))
    comparisons = compare_figures(measures, period, place)
    state_select = _build_state_select(state, comparisons.values())
    measures = [row for row in measures if _is_wanted(comparisons[row.key].figure, state)]
    own = read_own_figures(request.actor, measures, period, place)
    entered = [measure for measure in measures if measure.kind == MeasureKind.ENTERED]
    latest = find_latest_periods(entered, period.last) if place == TOWN else {}
    groups = [
        {
            "theme": group,
            "lines": [
                _build_line(request.actor, comparisons[m.key], own[m.key] if own else None, latest.get(m.pk))
                for m in members
            ],
        }
        for group, members in groupby(measures, key=lambda measure: measure.theme)
    ]
    choices = build_choices(period, place, ("q", text), ("theme", theme), ("state", state))
    may_enter, may_confirm = request.actor.can(ENTER), request.actor.can(CONFIRM)
    context = {
        "period": period,
        "place": place,
        "text": text,
        "theme": theme,
        "state": state,
        "state_select": state_select,
        "themes": Theme.objects.filter(active=True),
        "place_select": build_place_select(place),
        "groups": groups,
        "count": len(measures),
        "now": clock.now(),
        "export": f"{reverse('desk:figures_export')}?{urlencode([('period', period.text), *choices['kept']])}",
        "entries_url": f"{reverse('desk:figure_entries')}?period={period.text}"
        if may_enter or may_confirm
        else "",
        "waiting": Entry.objects.filter(confirmed_at__isnull=True).count() if may_enter or may_confirm else 0,
        **choices,
    }
    return render(request, "desk/figures/catalogue.html", context)


@require_staff(VIEW)
@require_safe
def send_catalogue(request: DeskRequest) -> FileResponse:
    """Send the figures of the catalogue as a workbook, with the filters of the page."""
    period, place = read_period_or_half(request), read_place_or_town(request)
    measures = list(_find_measures(request.GET.get("q", "").strip()[:60], request.GET.get("theme", "")))
    comparisons = compare_figures(measures, period, place)
    state = request.GET.get("state", "")
    wanted = [row for row in comparisons.values() if _is_wanted(row.figure, state)]
    name = _("指标-%(period)s.xlsx") % {"period": period.text}
    return export_catalogue(request.actor, wanted, period, place, name)
