"""The figures below the main figure of a campaign's page, in words that fit its phase.

A number of 0 or a missing one means nothing to its reader: before its first day, on its last day, without any data,
once the target is reached and after the due date the figures say so in words.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.pages.amounts import format_amount
from jiedao.pages.tones import LIGHT_TONES
from jiedao.projects.selectors.campaigns import CampaignStatus, Phase
from jiedao.projects.splitting import format_positive_amount
from jiedao.projects.words import format_workdays

Stat = dict[str, Any]


def describe_light(status: CampaignStatus) -> tuple[str, str]:
    """Return the words and the tone of the badge: the light, or that it is too early for one."""
    if status.has_light:
        return str(status.colour.label), LIGHT_TONES[status.colour]
    return _("尚未开始") if status.phase is Phase.FUTURE else _("刚开始"), "neutral"


def build_stats(status: CampaignStatus) -> list[Stat]:
    """Return what is missing, the time left, the pace needed, the pace made and the forecast, as the phase has them."""
    builders = {
        Phase.FUTURE: _build_future_stats,
        Phase.RUNNING: _build_running_stats,
        Phase.REACHED: _build_reached_stats,
        Phase.MISSED: _build_missed_stats,
    }
    return builders[status.phase](status)


def _build_future_stats(status: CampaignStatus) -> list[Stat]:
    first = status.campaign.from_date
    days_text = _format_days((first - status.day).days)
    return [
        {"label": _("目标"), **_format_figure(status.target, status)},
        {"label": _("开始"), "value": first.isoformat(), "note": _("还有 %(days)s") % {"days": days_text}},
        _build_pace_needed(status),
        {"label": _("进度"), "value": _("尚未开始")},
    ]


def _build_running_stats(status: CampaignStatus) -> list[Stat]:
    return [
        {"label": _("还差"), **_format_figure(status.remaining, status)},
        _build_time_left(status),
        _build_pace_needed(status),
        _build_pace_made(status),
        _build_forecast(status),
    ]


def _build_reached_stats(status: CampaignStatus) -> list[Stat]:
    beyond = status.done - status.target
    excess = _format_figure(beyond, status) if beyond else {"value": _("正好完成")}
    stats = [{"label": _("超出目标"), "tone": "good", **excess}]
    if status.day <= status.campaign.due_date:
        return [*stats, _build_time_left(status), _build_pace_made(status)]
    return [*stats, _build_end(status)]


def _build_missed_stats(status: CampaignStatus) -> list[Stat]:
    stats = [
        {"label": _("还差"), "tone": "bad", **_format_figure(status.remaining, status)},
        _build_end(status),
    ]
    return [*stats, _build_pace_made(status), _build_forecast(status)]


def _build_time_left(status: CampaignStatus) -> Stat:
    if not status.days_left:
        return {"label": _("期限"), "value": _("今天到期") if status.phase is Phase.RUNNING else _("今天")}
    workdays = format_workdays(status.workdays_left) if status.workdays_left else _("其间没有工作日")
    return {
        "label": _("距期限"),
        "value": status.days_left,
        "unit": _("天"),
        "note": workdays + _mark_provisional(status, status.campaign.due_date),
    }


def _build_end(status: CampaignStatus) -> Stat:
    """Return the end of a campaign whose due date has passed."""
    due = status.campaign.due_date
    label = _("已结束，完成目标") if status.phase is Phase.REACHED else _("已到期，没有完成")
    ago = _("%(days)s前") % {"days": _format_days((status.day - due).days)}
    return {"label": label, "value": due.isoformat(), "note": ago}


def _build_pace_needed(status: CampaignStatus) -> Stat:
    label = _("每工作日需要")
    if status.pace_needed is None:
        if status.days_left:
            return {"label": label, "value": _("已没有工作日")}
        return {"label": label, "value": _("今天要全部完成")}
    mark = _mark_provisional(status, status.campaign.due_date)
    return {"label": label, **_format_figure(status.pace_needed, status, 2), "note": mark.strip("（）() ")}


def _build_pace_made(status: CampaignStatus) -> Stat:
    stat: Stat = {"label": _("每工作日实际"), "note": _("近 %(n)d 周") % {"n": status.weeks}}
    if not status.has_data:
        return {"label": stat["label"], "value": _("还没有数据"), "tone": "neutral"}
    if not status.pace_made:
        return {
            **stat,
            "value": _("没有进展"),
            "tone": "neutral" if status.phase is Phase.REACHED else "warn",
        }
    tone = "neutral"
    if status.pace_needed is not None:
        tone = "good" if status.pace_made >= status.pace_needed else "warn"
    return {**stat, **_format_figure(status.pace_made, status, 2), "tone": tone}


def _build_forecast(status: CampaignStatus) -> Stat:
    stat: Stat = {"label": _("预计完成"), "tone": describe_light(status)[1]}
    if status.forecast is not None:
        mark = _mark_provisional(status, status.forecast)
        return {**stat, "value": status.forecast.isoformat(), "note": _("按目前进度") + mark}
    if not status.has_data:
        return {**stat, "value": _("还没有数据")}
    value = _("十年内完不成") if status.pace_made > 0 else _("无法推算")
    note = _("按目前进度") if status.pace_made > 0 else _("近 %(n)d 周没有进展") % {"n": status.weeks}
    return {**stat, "value": value, "note": note}


def _format_figure(amount: Decimal, status: CampaignStatus, more_digits: int = 0) -> Stat:
    """Return an amount with the unit of the campaign; above 0 it is never shown as 0."""
    digits = status.campaign.digits + more_digits
    text = format_amount(amount, digits)
    if amount > 0 and not round(amount, digits):
        text = format_positive_amount(amount, digits)
    return {"value": text, "unit": status.campaign.measure_label}


def _format_days(days: int) -> str:
    return ngettext("%(n)d 天", "%(n)d 天", days) % {"n": days}


def _mark_provisional(status: CampaignStatus, until: date) -> str:
    """Return the mark of a date or number of days that was counted across a year without known holidays."""
    return _("（暂定）") if any(year <= until.year for year in status.provisional_years) else ""
