"""A campaign as its page shows it: figures in words, the table by community, the chart by month."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.desk.promises.common import rows_url
from jiedao.orgs.actor import Actor
from jiedao.pages.amounts import format_amount, format_percent
from jiedao.pages.tones import LIGHT_TONES
from jiedao.projects.selectors.campaigns import AreaLine, CampaignStatus, MonthLine

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 8, 8, 24, 24
MOST_LABELS = 13


@dataclass(frozen=True)
class Bar:
    """What is done by the end of a month, as a rectangle, with its words."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    label: str
    value: str
    title: str


@dataclass(frozen=True)
class MonthChart:
    """Cumulative done as bars, the plan as a line of points, the target as a level; in pixels of the viewBox."""

    bars: list[Bar]
    plan: str
    target_y: str
    width: int = WIDTH
    height: int = HEIGHT


def context(actor: Actor, status: CampaignStatus) -> dict[str, Any]:
    """Return what the templates need of a status."""
    digits, campaign = status.campaign.digits, status.campaign
    return {
        "status": status,
        "campaign": campaign,
        "done": format_amount(status.done, digits),
        "target": format_amount(status.target, digits),
        "share": format_percent(status.share),
        "tone": LIGHT_TONES[status.colour],
        "rows_url": rows_url(actor, status.rows),
        "stats": stats(status),
        "areas": [_area(actor, line, digits) for line in status.areas],
        "months": [_month(line, digits) for line in status.months],
        "chart": chart(status),
    }


def stats(status: CampaignStatus) -> list[dict[str, Any]]:
    """Return the figures under the big one."""
    unit, digits = status.campaign.measure_label, status.campaign.digits
    finer = digits + 2
    left = ngettext("%(n)d 个工作日", "%(n)d 个工作日", status.workdays_left) % {"n": status.workdays_left}
    tone = "neutral"
    if status.pace_needed is not None:
        tone = "good" if status.pace_made >= status.pace_needed else "warn"
    needed = format_amount(status.pace_needed, finer) if status.pace_needed is not None else "—"
    return [
        {"label": _("还差"), "value": format_amount(status.remaining, digits), "unit": unit},
        {"label": _("距期限"), "value": status.days_left, "unit": _("天"), "note": left},
        {"label": _("每工作日需要"), "value": needed, "unit": unit},
        {
            "label": _("每工作日实际"),
            "value": format_amount(status.pace_made, finer),
            "unit": unit,
            "note": _("近 %(n)d 周") % {"n": status.weeks},
            "tone": tone,
        },
        {
            "label": _("预计完成"),
            "value": status.forecast.isoformat() if status.forecast else "—",
            "note": _("按目前进度"),
            "tone": LIGHT_TONES[status.colour],
        },
    ]


def _area(actor: Actor, line: AreaLine, digits: int) -> dict[str, Any]:
    return {
        "label": line.area.label if line.area is not None else _("不在任何社区"),
        "quota": format_amount(line.quota, digits) if line.quota is not None else "—",
        "done": format_amount(line.done, digits),
        "share": line.share,
        "percent": format_percent(line.share),
        "url": rows_url(actor, line.rows),
    }


def _month(line: MonthLine, digits: int) -> dict[str, Any]:
    def cell(amount: Decimal | None) -> str:
        return format_amount(amount, digits) if amount is not None else "—"

    return {
        "label": f"{line.month:%Y-%m}",
        "planned": cell(line.planned),
        "planned_sum": cell(line.planned_sum),
        "done": cell(line.done),
        "done_sum": cell(line.done_sum),
    }


def chart(status: CampaignStatus) -> MonthChart:
    """Return the chart of a status: works without script and on paper."""
    lines, digits = status.months, status.campaign.digits
    top = max([status.target, *(line.done_sum for line in lines if line.done_sum is not None)])
    step = (WIDTH - LEFT - RIGHT) / max(len(lines), 1)
    room = HEIGHT - TOP - BOTTOM
    every = -(-len(lines) // MOST_LABELS)

    def level(amount: Decimal) -> float:
        return TOP + room * (1 - float(max(amount, Decimal(0)) / top))

    bars, points = [], []
    for place, line in enumerate(lines):
        middle = LEFT + step * (place + 0.5)
        points.append(f"{middle:.1f},{level(line.planned_sum):.1f}")
        y = level(line.done_sum or Decimal(0))
        said = _month(line, digits)
        bars.append(
            Bar(
                x=f"{middle - step * 0.34:.1f}",
                y=f"{y:.1f}",
                width=f"{step * 0.68:.1f}",
                height=f"{TOP + room - y:.1f}",
                middle=f"{middle:.1f}",
                label=_tick(line, place) if place % every == 0 else "",
                value=said["done_sum"] if line.done_sum is not None and place % every == 0 else "",
                title=_("%(month)s：累计完成 %(done)s，计划 %(planned)s")
                % {"month": said["label"], "done": said["done_sum"], "planned": said["planned_sum"]},
            )
        )
    return MonthChart(bars, " ".join(points), f"{level(status.target):.1f}")


def _tick(line: MonthLine, place: int) -> str:
    return f"{line.month:%Y-%m}" if place == 0 or line.month.month == 1 else f"{line.month.month}"
