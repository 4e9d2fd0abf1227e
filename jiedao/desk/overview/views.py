"""The leaders' page: on a desk and a phone inside the frame of the site, on a wall without it."""

from collections import Counter
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.cases.selectors.hot_matters import list_hot_matters
from jiedao.desk.figure_lines import (
    describe_figure,
    describe_progress,
    format_signed,
    get_figure_url,
    list_changes,
    list_rows_lines,
    read_own_figures,
)
from jiedao.desk.overview.tiles import TileFigure, read_tiles
from jiedao.indicators.comparison import is_in_percent
from jiedao.indicators.figure import Figure
from jiedao.indicators.models import VIEW, Better, TileSpan
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff

HOT_MATTERS = 5
MOST_CHANGES = 5
REFRESH_SECONDS = 60


@require_staff(VIEW)
@require_safe
def show_overview(request: DeskRequest) -> HttpResponse:
    """Show the page; `?wall=1` without the frame of the site, `?part=1` only what refreshes itself."""
    is_part = request.GET.get("part") == "1"
    if is_part:
        request.by_itself = True  # a screen on a wall must not keep its user signed in for ever
    wall = request.GET.get("wall") == "1"
    actor = request.actor
    tiles = read_tiles()
    own = _read_own(actor, tiles)
    spans = Counter(tile.span for tile in tiles).most_common(1)
    usual = spans[0][0] if spans else ""
    lines = [_build_tile(actor, tile, own.get((tile.span, tile.measure.key)), usual) for tile in tiles]
    groups = [
        {"theme": theme, "tiles": list(members)}
        for theme, members in groupby(lines, key=lambda line: line["measure"].theme)
    ]
    address = reverse("desk:overview")
    sees_cases = actor.can("cases.case:view")
    context = {
        "groups": groups,
        "since": [line for line in lines if line["since"]][:MOST_CHANGES],
        "matters": list_hot_matters(actor, limit=HOT_MATTERS) if sees_cases else [],
        "sees_cases": sees_cases,
        "now": clock.now(),
        "today": clock.today(),
        "wall": wall,
        "usual": TileSpan(usual).label if usual else "",
        "seconds": REFRESH_SECONDS,
        "part_url": f"{address}?part=1{'&wall=1' if wall else ''}",
        "other_url": address if wall else f"{address}?wall=1",
    }
    template = "part" if is_part else ("wall" if wall else "overview")
    return render(request, f"desk/overview/{template}.html", context)


def _read_own(actor: Actor, tiles: list[TileFigure]) -> dict[tuple[str, str], Figure]:
    """Return the figures over the rows that the actor may see, by span and measure; none where these are all rows."""
    result: dict[tuple[str, str], Figure] = {}
    for span in dict.fromkeys(tile.span for tile in tiles):
        members = [tile for tile in tiles if tile.span == span and not tile.is_earlier]
        if not members:
            continue
        period = members[0].comparison.figure.period
        own = read_own_figures(actor, [tile.measure for tile in members], period)
        if own is not None:
            result |= {(span, key): figure for key, figure in own.items()}
    return result


def _describe_span(tile: TileFigure, usual: str) -> str:
    """Return the period of a tile in words, "" for the one that most tiles have."""
    if tile.is_earlier:
        return tile.comparison.figure.period.label
    return "" if tile.span == usual else str(TileSpan(tile.span).label)


def _build_tile(actor: Actor, tile: TileFigure, own: Figure | None, usual: str) -> dict[str, Any]:
    figure, measure = tile.comparison.figure, tile.measure
    progress = describe_progress(tile.comparison.progress, measure)
    tone = progress["tone"] if progress is not None else "neutral"
    since, since_tone = "", "neutral"
    if tile.since:
        since = format_signed(tile.since, measure.digits)
        if measure.better != Better.NEITHER:
            since_tone = "good" if (tile.since > 0) == (measure.better == Better.MORE) else "bad"
    rows = list_rows_lines(actor, figure, own)
    return describe_figure(figure) | {
        "span": _describe_span(tile, usual),
        "url": get_figure_url(measure, figure.period),
        "rows": rows,
        "rows_url": rows[0].url if len(rows) == 1 and not rows[0].is_part else "",
        "changes": [change for change in list_changes(tile.comparison) if change["has_base"]][-1:],
        "progress": progress,
        "tone": tone,
        "since": since,
        "since_unit": _("百分点") if is_in_percent(measure) else measure.unit_after,
        "since_tone": since_tone,
    }
