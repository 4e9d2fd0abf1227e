"""Figures as pages show them: value, changes, target, and the list of the rows behind it.

A figure counts the complete town, but a list shows only what its reader may see. So a reader who sees a part of the
town gets the number of that part beside the link, and every linked number equals the list that it opens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from jiedao.desk.links import get_rows_url
from jiedao.indicators.comparison import Change, Comparison, Progress
from jiedao.indicators.compute import compute_figures
from jiedao.indicators.figure import TOWN, Figure, Place, RowsPart
from jiedao.indicators.models import CONFIRM, VIEW, Better, Entry, Measure, Status
from jiedao.indicators.wordings import label_rank_field
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.periods import Period
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import is_same_person

MINUS = "\N{MINUS SIGN}"
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class RowsLine:
    """A link to a list of rows: its number of rows, and words where it is only a part of what was counted."""

    label: str
    count: int
    url: str
    is_part: bool = False


def read_own_figures(
    actor: Actor, measures: Sequence[Measure], period: Period, place: Place = TOWN
) -> Mapping[str, Figure] | None:
    """Return the figures over the rows that the actor may see; None where these are all rows of the town."""
    return None if actor.sees_town else compute_figures(measures, period, place, viewer=actor)


def list_rows_lines(
    actor: Actor, figure: Figure, own: Figure | None, *, with_denominator: bool = False
) -> list[RowsLine]:
    """Return the lists behind a figure that the actor may open and that have rows.

    Args:
        own: the figure over the actor's rows; None where the actor sees all rows.
        with_denominator: return the lists of the rows below the line of a rate, too.
    """
    visible = own or figure
    lines = [_build_line(actor, _("记录"), visible.link, visible.rows, figure.rows)]
    lines += _build_part_lines(actor, "", visible.parts, figure.parts)
    if with_denominator:
        name = figure.denominator_name
        rows = (visible.denominator_rows, figure.denominator_rows)
        lines.append(_build_line(actor, name, visible.denominator_link, *rows))
        lines += _build_part_lines(actor, name, visible.denominator_parts, figure.denominator_parts)
    return [line for line in lines if line is not None]


def _build_part_lines(
    actor: Actor, label: str, parts: Sequence[RowsPart], all_parts: Sequence[RowsPart]
) -> list[RowsLine | None]:
    """Return the list of each part under its own name; parts without one are numbered. `label` is that of the side."""
    lines = []
    for number, (part, whole) in enumerate(zip(parts, all_parts, strict=True), start=1):
        name = part.label or _("记录") + f" {number}"
        name = f"{label} · {name}" if label else name
        lines.append(_build_line(actor, name, part.link, part.rows, whole.rows))
    return lines


def _build_line(
    actor: Actor, label: str, link: RowsLink | None, count: int | None, all_rows: int | None
) -> RowsLine | None:
    url = get_rows_url(actor, link) if count else ""
    return RowsLine(label, count, url, is_part=count != all_rows) if count and url else None


def get_figure_url(measure: Measure, period: Period, place: Place = TOWN) -> str:
    """Return the address of a figure's page."""
    query = {"period": period.text, **({"place": place.key} if place.key else {})}
    return f"{reverse('desk:figure', args=[measure.key])}?{urlencode(query)}"


def format_number(number: Decimal, digits: int) -> str:
    """Return a number with its decimals, half up, and separated thousands."""
    return f"{number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,f}"


def format_signed(number: Decimal, digits: int) -> str:
    """Return a number with its sign, 持平 for what rounds to 0."""
    text = format_number(abs(number), digits)
    if not Decimal(text.replace(",", "")):
        return _("持平")
    return f"+{text}" if number > 0 else f"{MINUS}{text}"


def describe_change(change: Change, label: str) -> dict[str, Any]:
    """Return a change in words, with its tone: good where the measure moved in its good direction."""
    measure = change.earlier.measure
    tone = {True: "good", False: "bad", None: "neutral"}[change.is_better]
    if change.percent is not None:
        text = format_signed(change.percent, 1)
        text = text if text == _("持平") else f"{text}%"
    else:
        text = format_signed(change.points, measure.digits)
        is_rate = measure.unit_label == "%"
        text = _("%(n)s 百分点") % {"n": text} if is_rate and text != _("持平") else text
    if not change.earlier.value:
        tone = "neutral"
        text = _("%(n)s（原为 0）") % {"n": text} if change.points else text
    earlier = f"{change.earlier.text} {measure.unit_after}"
    return {
        "has_base": bool(change.earlier.value),
        "label": label,
        "text": text,
        "tone": tone,
        "earlier": earlier,
        "period": change.earlier.period.label,
    }


def list_changes(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the changes against the period before and the year before, as far as they are known."""
    pairs = [(comparison.before, _("比上期")), (comparison.year_before, _("比去年同期"))]
    return [describe_change(change, label) for change, label in pairs if change is not None]


def describe_progress(progress: Progress | None, measure: Measure) -> dict[str, Any] | None:
    """Return target, completion and pace as texts and numbers; None without a target."""
    if progress is None:
        return None
    target, completion = progress.target, progress.completion
    wants_less = measure.better == Better.LESS
    tone = "neutral"
    if progress.ahead is not None:
        tone = "good" if (progress.ahead <= 0 if wants_less else progress.ahead >= 0) else "warn"
    ahead = ""
    if progress.ahead is not None:
        words = _("快于序时进度 %(n)s 个百分点") if progress.ahead > 0 else _("慢于序时进度 %(n)s 个百分点")
        number = format_number(abs(progress.ahead), 1)
        ahead = words % {"n": number} if progress.ahead else _("与序时进度持平")
    return {
        "target": f"{'≥ ' if target.is_minimum else ''}{format_number(target.value, measure.digits)}",
        "period": target.period.label,
        "source": target.source,
        "completion": None if completion is None else f"{format_number(completion, 1)}%",
        "share": float(completion or 0) / 100,
        "pace": f"{format_number(progress.pace, 1)}%",
        "ahead": ahead,
        "tone": tone,
    }


def describe_rank(rank: int, field: str) -> str:
    """Return a published rank in words, with the field in which it was published, if it is known."""
    if not field:
        return _("第 %(rank)s 位") % {"rank": rank}
    return _("%(field)s第 %(rank)s 位") % {"field": label_rank_field(field), "rank": rank}


def describe_fraction(figure: Figure) -> str:
    """Return numerator and denominator of a rate with the name of what it is of; "" for another figure."""
    if figure.numerator is None or figure.denominator is None:
        return ""
    sides = [f"{number.normalize():,f}" for number in (figure.numerator, figure.denominator)]
    return f"{sides[0]} ÷ {sides[1]} {figure.denominator_name}".strip()


def describe_figure(figure: Figure) -> dict[str, Any]:
    """Return what every page shows of a figure: value, unit, and how firm it is."""
    measure = figure.measure
    growth = f"{format_signed(figure.growth, 1)}%" if figure.growth is not None else ""
    rank = ""
    if figure.rank is not None:
        rank = describe_rank(figure.rank, figure.rank_field)
        rank += _("（共 %(of)s 个）") % {"of": figure.rank_of} if figure.rank_of else ""
    firm = [] if figure.status == Status.ACTUAL else [str(Status(figure.status).label)]
    return {
        "figure": figure,
        "measure": measure,
        "text": figure.text,
        "unit": measure.unit_after if figure.value is not None else "",
        "fraction": describe_fraction(figure),
        "growth": growth.replace(_("持平") + "%", _("持平")),
        "rank": rank,
        "firm": " · ".join([*firm, *filter(None, [figure.scope_words])]),
        "note": figure.note if figure.value is None and not growth and not rank else "",
    }


MOST_WAITING = 5  # figures on the home page


def list_waiting_figures(actor: Actor) -> dict[str, Any]:
    """Return the first entered figures that the user may confirm, for the home page, and how many there are."""
    if not (actor.can(CONFIRM) and actor.can(VIEW)):
        return {"rows": [], "total": 0}
    entries = Entry.objects.filter(confirmed_at__isnull=True).select_related("measure", "entered_by")
    waiting = [
        entry
        for entry in entries.order_by("entered_at", "pk")
        if not is_same_person(actor.own_ids, actor.ties, entry.entered_by_id, entry.entered_at)
    ]
    return {"rows": waiting[:MOST_WAITING], "total": len(waiting)}
