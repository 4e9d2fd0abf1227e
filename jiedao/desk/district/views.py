"""The offices of the district: ranked by a figure, side by side, and one alone. Persons are never ranked."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.desk.district.export import export_matrix
from jiedao.desk.district.lines import build_cells, build_measure_select, describe_figure, describe_office
from jiedao.desk.period_choices import build_period_choices, read_period_or_half
from jiedao.district.jobs import read_soon
from jiedao.district.models import VIEW, Office
from jiedao.district.ranking import Ranking, RankingRow, build_rankings
from jiedao.indicators.models import Better
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.periods import Period, parse_period
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters


def _build_page(active: str, period: Period, kept: dict[str, str]) -> dict[str, Any]:
    """Return what the pages share: the tabs, and the links to other periods."""
    query = urlencode({"period": period.text})
    tabs = [
        {"label": label, "url": f"{reverse(name)}?{query}", "active": name == active}
        for name, label in (("desk:district", _("排名")), ("desk:district_matrix", _("全部指标")))
    ]
    choices = build_period_choices(period, lambda text: "?" + urlencode({"period": text, **kept}))
    return {"tabs": tabs, "period": period, "now": clock.real_now(), **choices}


@require_staff(VIEW)
@require_safe
@take_filters({"measure": None, "period": None})
def show_ranking(request: DeskRequest) -> HttpResponse:
    """Rank the offices by one measure in a period; who cannot be compared is listed apart with the reason."""
    period = read_period_or_half(request)
    rankings = build_rankings(period)
    wanted = request.GET.get("measure", "")
    if wanted and wanted not in rankings:
        messages.warning(request, _("没有街道在这个时段公布“%(key)s”。") % {"key": wanted[:60]})
    ranking = rankings.get(wanted) or next(iter(rankings.values()), None)
    kept = {"measure": ranking.measure} if ranking else {}
    context = _build_page("desk:district", period, kept) | {
        "ranking": ranking,
        "offices": Office.objects.count(),
        "measure_select": build_measure_select(rankings, ranking),
        "direction": _describe_direction(ranking),
        "groups": _build_groups(ranking) if ranking else [],
    }
    return render(request, "desk/district/ranking.html", context)


def _describe_direction(ranking: Ranking | None) -> str:
    if ranking is None or ranking.reference.better not in {Better.MORE, Better.LESS}:
        return _("这项指标不分好坏，只列数，不排名。") if ranking else ""
    return str(Better(ranking.reference.better).label)


def _build_groups(ranking: Ranking) -> list[dict[str, Any]]:
    """Return the tables of the page that have rows."""

    def describe(rows: tuple[RankingRow, ...]) -> list[dict[str, Any]]:
        return [describe_figure(row, ranking.measure, ranking.period) for row in rows]

    groups: list[dict[str, Any]] = [
        {"key": "ranked", "title": _("排名"), "rows": describe(ranking.ranked), "has_ranks": True},
        {"key": "apart", "title": _("口径或时段不同，不排名"), "rows": describe(ranking.apart)},
        {"key": "absent", "title": _("没有数据"), "rows": describe(ranking.absent)},
    ]
    return [group for group in groups if group["rows"]]


@require_staff(VIEW)
@require_safe
@take_filters({"period": None})
def show_matrix(request: DeskRequest) -> HttpResponse:
    """Show all published figures of all offices in a period."""
    period = read_period_or_half(request)
    rankings = list(build_rankings(period).values())
    offices = list(Office.objects.filter(active=True))
    query = urlencode({"period": period.text})
    context = _build_page("desk:district_matrix", period, {}) | {
        "rankings": [
            {"row": row, "url": f"{reverse('desk:district')}?{urlencode({'measure': row.measure})}&{query}"}
            for row in rankings
        ],
        "rows": [
            {"office": describe_office(office), "cells": build_cells(office, rankings)} for office in offices
        ],
        "export": f"{reverse('desk:district_export')}?{query}",
    }
    return render(request, "desk/district/matrix.html", context)


@require_staff(VIEW)
@require_safe
@take_filters({"period": None}, strict=True)
def send_matrix(request: DeskRequest) -> FileResponse:
    """Send all published figures of a period as a workbook."""
    return export_matrix(request.actor, read_period_or_half(request))


@require_staff(VIEW)
@require_POST
def read_now(request: DeskRequest) -> HttpResponse:
    """Let all offices be read now, in the period of the page."""
    period = parse_period(request.POST.get("period", ""))
    count = read_soon(period)
    if count:
        text = _("正在读取 %(n)d 个街道的 %(period)s，读完后刷新本页。")
        messages.success(request, text % {"n": count, "period": period.label})
    else:
        messages.error(request, _("还没有启用的下辖街道。"))
    return redirect(f"{reverse('desk:district')}?{urlencode({'period': period.text})}")


@require_staff(VIEW)
@require_safe
@take_filters({"period": None})
def show_office(request: DeskRequest, code: str) -> HttpResponse:
    """Show all figures of one office in a period, when it answered last, and what fails."""
    office = Office.objects.filter(code=code).select_related("unit").first()
    if office is None:
        raise NotFoundError(_("没有代码为 %(code)s 的下辖街道。") % {"code": code[:40]})
    period = read_period_or_half(request)
    rows = [
        (ranking, ranking.find_row(office))
        for ranking in (build_rankings(period).values() if office.active else ())
    ]
    context = _build_page("desk:district_office", period, {}) | {
        "office": describe_office(office),
        "lines": [
            describe_figure(row, ranking.measure, period) | {"reference": ranking.reference}
            for ranking, row in rows
            if row.figure is not None
        ],
    }
    return render(request, "desk/district/office.html", context)
