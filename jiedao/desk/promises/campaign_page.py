"""The content of a campaign's page: figures, the table by community, the chart by month."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.desk.links import get_rows_url, list_promise_origins
from jiedao.desk.promises.campaign_stats import build_stats, describe_light
from jiedao.orgs.actor import Actor
from jiedao.pages.amounts import format_amount, format_amount_of, format_percent
from jiedao.projects.selectors.campaigns import AreaLine, CampaignStatus, MonthLine
from jiedao.projects.words import describe_provisional_years

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 8, 8, 24, 24
MAX_LABELS = 13


@dataclass(frozen=True)
class Bar:
    """The bar of a month: the amount done by the end of the month. Numbers are in pixels of the viewBox."""

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
    """The chart of a campaign: cumulative amounts as bars, the plan as a polyline, the target as a horizontal line.

    Numbers are in pixels of the viewBox; `plan` holds the points of the polyline.
    """

    bars: list[Bar]
    plan: str
    target_y: str
    width: int = WIDTH
    height: int = HEIGHT


def build_context(actor: Actor, status: CampaignStatus) -> dict[str, Any]:
    """Return the template context for the status of a campaign."""
    digits, campaign = status.campaign.digits, status.campaign
    badge, tone = describe_light(status)
    return {
        "status": status,
        "campaign": campaign,
        "origins": list_promise_origins(actor, campaign),
        "done": format_amount_of(status.done, status.target, digits),
        "target": format_amount(status.target, digits),
        "share": format_percent(status.share),
        "badge": badge,
        "tone": tone,
        "rows_url": get_rows_url(actor, status.rows),
        "stats": build_stats(status),
        "provisional": describe_provisional_years(status.provisional_years),
        "areas": [_describe_area(actor, line, digits) for line in status.areas],
        "months": [_describe_month(line, digits) for line in status.months],
        "chart": build_chart(status),
    }


def _describe_area(actor: Actor, line: AreaLine, digits: int) -> dict[str, Any]:
    return {
        "label": line.area.label if line.area is not None else _("不在任何社区"),
        "quota": format_amount(line.quota, digits) if line.quota is not None else "—",
        "done": format_amount(line.done, digits),
        "share": line.share,
        "percent": format_percent(line.share),
        "blank": _("没有指标") if line.quota is None else _("指标为零"),
        "url": get_rows_url(actor, line.rows),
    }


def _describe_month(line: MonthLine, digits: int) -> dict[str, Any]:
    def format_cell(amount: Decimal | None) -> str:
        return format_amount(amount, digits) if amount is not None else "—"

    return {
        "label": f"{line.month:%Y-%m}",
        "planned": format_cell(line.planned),
        "planned_sum": format_cell(line.planned_sum),
        "done": format_cell(line.done),
        "done_sum": format_cell(line.done_sum),
    }


def build_chart(status: CampaignStatus) -> MonthChart:
    """Return the chart by month, for an SVG that works without scripts and on paper."""
    lines, digits = status.months, status.campaign.digits
    top = max([status.target, *(line.done_sum for line in lines if line.done_sum is not None)])
    bar_step = (WIDTH - LEFT - RIGHT) / max(len(lines), 1)
    plot_height = HEIGHT - TOP - BOTTOM
    labels_every = -(-len(lines) // MAX_LABELS)

    def get_y(amount: Decimal) -> float:
        return TOP + plot_height * (1 - float(max(amount, Decimal(0)) / top))

    bars, points = [], []
    for position, line in enumerate(lines):
        middle = LEFT + bar_step * (position + 0.5)
        points.append(f"{middle:.1f},{get_y(line.planned_sum):.1f}")
        y = get_y(line.done_sum or Decimal(0))
        month_texts = _describe_month(line, digits)
        has_label = position % labels_every == 0
        bars.append(
            Bar(
                x=f"{middle - bar_step * 0.34:.1f}",
                y=f"{y:.1f}",
                width=f"{bar_step * 0.68:.1f}",
                height=f"{TOP + plot_height - y:.1f}",
                middle=f"{middle:.1f}",
                label=_format_month_label(line, position) if has_label else "",
                value=month_texts["done_sum"] if line.done_sum is not None and has_label else "",
                title=_("%(month)s：累计完成 %(done)s，计划 %(planned)s")
                % {
                    "month": month_texts["label"],
                    "done": month_texts["done_sum"],
                    "planned": month_texts["planned_sum"],
                },
            )
        )
    return MonthChart(bars, " ".join(points), f"{get_y(status.target):.1f}")


def _format_month_label(line: MonthLine, position: int) -> str:
    return f"{line.month:%Y-%m}" if position == 0 or line.month.month == 1 else f"{line.month.month}"
