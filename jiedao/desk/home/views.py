"""The home page: the tasks that wait for the user."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from jiedao.cases import catalogue
from jiedao.cases.following_public.doubting import count_doubtful
from jiedao.cases.moves.table import FLOW
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.home import (
    OPEN_FIGURES,
    Waiting,
    count_open_cases,
    list_last_moves,
    list_waiting,
)
from jiedao.cases.selectors.lists import CaseRow
from jiedao.desk.figure_lines import list_waiting_figures
from jiedao.desk.form_lines import list_waiting_forms
from jiedao.desk.home.notices import list_panels
from jiedao.desk.inspection_lines import list_waiting_inspections
from jiedao.desk.links import get_cases_url, get_task_query
from jiedao.desk.navigation import ADMIN_SECTIONS
from jiedao.desk.pledge_lines import list_waiting_pledges
from jiedao.desk.selectors import list_drafts
from jiedao.desk.undecided_lines import count_sorts
from jiedao.kernel import clock
from jiedao.kernel.addresses import make_address
from jiedao.orgs.actor import Actor
from jiedao.orgs.selectors import list_deputations
from jiedao.orgs.units import unit_info
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.publishing.review.queue import count_waiting

# url name of a section of the administration -> its icon, and what an administrator does there
ADMIN_CARDS: dict[str, tuple[str, Any]] = {
    "desk:admin_people": ("users", gettext_lazy("开账号、任免岗位、停用账号、重设密码")),
    "desk:admin_tokens": ("key", gettext_lazy("给别的系统开接口，随时可以收回")),
    "desk:admin_posts": ("user-check", gettext_lazy("岗位能做什么、看多大范围、上级是谁")),
    "desk:admin_units": ("building", gettext_lazy("部门、社区工作站、区级单位和外包单位")),
    "desk:undecided": ("arrows-split", gettext_lazy("区划和单位调整后归属未定的，由人决定")),
    "desk:admin_rights": ("shield", gettext_lazy("每项权限由哪些岗位持有，今天各有几人")),
    "desk:admin_calendar": ("calendar", gettext_lazy("放假、调休和办公时间，时限按它计算")),
    "desk:admin_categories": ("category", gettext_lazy("类别的关键词和要求、主办单位和时限")),
    "desk:admin_values": ("adjustments", gettext_lazy("办理规则的数字、退回等的理由")),
    "desk:admin_packs": ("archive", gettext_lazy("更新数据包：先计划，再应用；应用过的各版")),
    "desk:admin_outlines": ("map-pin", gettext_lazy("在图片或矩形上画社区和网格的边界，下载后放进数据包")),
    "desk:admin_own": ("pencil", gettext_lazy("改过数据包的哪些值，哪些要决定")),
    "desk:admin_deliveries": ("send", gettext_lazy("邮件、短信和群机器人通了没有，什么没有送到")),
    "desk:admin_offices": ("building-community", gettext_lazy("下辖街道的网址和令牌，通了没有")),
    "desk:admin_endpoints": ("arrows-join", gettext_lazy("12345 等上级平台和别的系统，送到没有，对得上没有")),
    "desk:admin_health": ("list-check", gettext_lazy("什么在等、什么失败，任务和备份上次何时运行")),
    "desk:admin_audit": ("shield-check", gettext_lazy("谁在何时做了什么，校验日志是否完好")),
    "desk:imports": ("file-import", gettext_lazy("成批的来件怎样导入")),
}

MAX_NOTICES = 6


# figure -> label, tone where it counts any case, tone where it counts none
OPEN_TILES: dict[str, tuple[Any, str, str]] = {
    "overdue": (gettext_lazy("已超期"), "bad", "good"),
    "soon": (gettext_lazy("1 个工作日内到期"), "warn", "good"),
    "supervised": (gettext_lazy("督办中"), "bad", "neutral"),
    "suspended": (pgettext_lazy("figure", "挂账"), "neutral", "neutral"),
    "open": (gettext_lazy("在办"), "neutral", "neutral"),
}


# what a figure counts, where another page has one of a similar name
OPEN_NOTES: dict[str, Any] = {"overdue": gettext_lazy("任一环节过了时限，不只是处置")}


def _build_stats(actor: Actor, todo: int) -> list[dict[str, object]]:
    counts = count_open_cases(actor)
    waiting = {"label": _("等我办理"), "value": todo, "tone": "strong", "url": "#waiting"}
    return [waiting] + [
        {
            "label": label,
            "value": counts[key],
            "tone": tone if counts[key] else calm,
            "url": get_cases_url(OPEN_FIGURES[key]),
            "note": OPEN_NOTES.get(key, ""),
        }
        for key, (label, tone, calm) in OPEN_TILES.items()
    ]


def _list_reviews(actor: Actor) -> list[dict[str, object]]:
    """Return what waits for a look of the user before the office works on it or the public sees it."""
    lines: list[tuple[object, str, int]] = [
        (_("公众上报复核"), reverse("desk:doubtful"), count_doubtful(actor)),
        (_("公开审核"), reverse("desk:review"), count_waiting(actor)),
    ]
    return [{"label": label, "url": url, "count": count} for label, url, count in lines if count]


@dataclass(frozen=True)
class QuickStep:
    """A button beside a case that makes the usual step from the home page: its address and hidden fields."""

    label: str
    icon: str
    url: str
    fields: list[tuple[str, str]]


def _build_dispatch_step(row: CaseRow) -> QuickStep | None:
    """Return the dispatch by the duty list; None where it names no active unit, or the case has no grid yet."""
    duty = catalogue.find_duty(row.category_id, row.area_path)
    unit = unit_info(duty.lead_unit_id) if duty is not None else None
    if duty is None or unit is None or not unit.active or not row.area_path:
        return None
    helpers = [str(pk) for pk in duty.helper_ids if (helper := unit_info(pk)) is not None and helper.active]
    fields = [("version", str(row.version)), ("unit", str(unit.id)), *(("helpers", pk) for pk in helpers)]
    label = _("派给%(unit)s") % {"unit": unit.label}
    return QuickStep(label, "send", make_address("desk:move", row.number, "DISPATCH"), fields)


def _build_quick_step(actor: Actor, code: str, row: CaseRow) -> QuickStep | None:
    """Return the step that needs nothing typed on a case of this kind of work, None for most kinds."""
    if code == "DISPATCH":
        return _build_dispatch_step(row)
    if code == "VISIT" and actor.can("cases.case:reveal"):
        fields = [("do", "reveal"), ("reason", _("电话回访"))]
        return QuickStep(_("打电话"), "phone-call", make_address("desk:visit", row.number), fields)
    return None


def _build_group(actor: Actor, group: Waiting) -> dict[str, Any]:
    """Return a kind of work with its cases, and the addresses of its list and of the late cases in it."""
    filters = CaseFilters(todo=group.code, order="urgency")
    return {
        "group": group,
        "lines": [(row, ask, _build_quick_step(actor, group.code, row)) for row, ask in group.lines],
        "url": get_cases_url(filters),
        "task_query": get_task_query(group.code),
        "late_url": get_cases_url(replace(filters, due="overdue")) if group.late else "",
    }


def _build_admin_cards(actor: Actor) -> list[dict[str, object]]:
    """Return the sections of the administration that the user may open."""
    return [
        {
            "label": label,
            "url": make_address(name),
            "icon": ADMIN_CARDS[name][0],
            "description": ADMIN_CARDS[name][1],
        }
        for name, label, rights in ADMIN_SECTIONS
        if any(actor.can(right) for right in rights)
    ]


def _build_absences(actor: Actor) -> list[dict[str, Any]]:
    """Return the absences of today that concern the user: whose deputy they are, and who is theirs."""
    today, user_id = clock.today(), actor.user_id or 0
    return [
        {
            "row": item.row,
            "mine": item.row.person_id == user_id,
            "sits": item.row.person_id == actor.represents_id,
            "seats": list(item.row.holdings.all()),
        }
        for item in list_deputations([user_id], deputy_id=user_id, day=today)
    ]


@require_staff()
def show_home(request: DeskRequest) -> HttpResponse:
    """Show the cases that wait for the user, by urgency, and the user's notices and drafts."""
    actor = request.actor
    groups = list_waiting(actor)
    mine = [group for group in groups if not group.watch]
    sees_cases = actor.can("cases.case:view")
    last_moves = list_last_moves(actor) if sees_cases else []
    context = {
        "now": clock.now(),
        "groups": [_build_group(actor, group) for group in groups],
        "todo": sum(group.total for group in mine),
        "late": sum(group.late for group in mine),
        "stats": _build_stats(actor, sum(group.total for group in mine)) if sees_cases else [],
        "moves": [(move, FLOW[move.move].label if move.move in FLOW else move.move) for move in last_moves],
        "moves_url": get_cases_url(CaseFilters(mine="moved")),
        "notices": list_panels(actor, limit=MAX_NOTICES)[0],
        "drafts": list_drafts(actor),
        "may_report": actor.can("cases.case:report"),
        "sees_cases": sees_cases,
        "admin_cards": [] if sees_cases else _build_admin_cards(actor),
        "inspections": list_waiting_inspections(actor),
        "pledges": list_waiting_pledges(actor),
        "forms": list_waiting_forms(actor),
        "figures": list_waiting_figures(actor),
        "undecided": [line for line in count_sorts(actor) if line.count],
        "absences": _build_absences(actor),
        "reviews": _list_reviews(actor),
    }
    return render(request, "desk/home/home.html", context)
