"""The home page: the tasks that wait for the user."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.home import OpenCounts, count_open_cases, list_waiting
from jiedao.desk.home.notices import list_panels
from jiedao.desk.inspection_lines import list_waiting_inspections
from jiedao.desk.links import get_cases_url
from jiedao.desk.navigation import ADMIN_SECTIONS
from jiedao.desk.selectors import list_drafts
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff

# url name of a section of the administration -> its icon, and what an administrator does there
ADMIN_CARDS: dict[str, tuple[str, Any]] = {
    "desk:admin_people": ("users", gettext_lazy("开账号、任免岗位、停用账号、重设密码")),
    "desk:admin_tokens": ("key", gettext_lazy("给别的系统开接口，随时可以收回")),
    "desk:admin_posts": ("user-check", gettext_lazy("岗位能做什么、看多大范围、上级是谁")),
    "desk:admin_units": ("building", gettext_lazy("部门、社区工作站、区级单位和外包单位")),
    "desk:admin_rights": ("shield", gettext_lazy("每项权限由哪些岗位持有，今天各有几人")),
    "desk:admin_calendar": ("calendar", gettext_lazy("放假、调休和办公时间，时限按它计算")),
    "desk:admin_categories": ("category", gettext_lazy("类别的关键词、停用和先核实")),
    "desk:admin_audit": ("shield-check", gettext_lazy("谁在何时做了什么，校验日志是否完好")),
    "desk:admin_import": ("file-import", gettext_lazy("成批的来件怎样导入")),
}

MAX_NOTICES = 6


def _build_stats(standing_counts: OpenCounts, todo: int) -> list[dict[str, object]]:
    rows = [
        (_("等我办理"), todo, "strong", "#waiting"),
        (
            _("已超期"),
            standing_counts.overdue,
            "bad" if standing_counts.overdue else "good",
            get_cases_url(CaseFilters(todo="OVERDUE")),
        ),
        (
            _("1 个工作日内到期"),
            standing_counts.soon,
            "warn" if standing_counts.soon else "good",
            get_cases_url(CaseFilters(due="soon", group="open", order="urgency")),
        ),
        (
            _("督办中"),
            standing_counts.supervised,
            "bad" if standing_counts.supervised else "neutral",
            get_cases_url(CaseFilters(group="open", flags=("supervised",))),
        ),
        (
            pgettext("figure", "挂账"),
            standing_counts.suspended,
            "neutral",
            get_cases_url(CaseFilters(states=("SUSPENDED",))),
        ),
        (_("在办"), standing_counts.open, "neutral", get_cases_url(CaseFilters(group="open"))),
    ]
    return [{"label": label, "value": value, "tone": tone, "url": url} for label, value, tone, url in rows]


def _build_admin_cards(actor: Actor) -> list[dict[str, object]]:
    """Return the sections of the administration that the user may open."""
    return [
        {
            "label": label,
            "url": reverse(name),
            "icon": ADMIN_CARDS[name][0],
            "description": ADMIN_CARDS[name][1],
        }
        for name, label, rights in ADMIN_SECTIONS
        if any(actor.can(right) for right in rights)
    ]


@require_staff()
def show_home(request: DeskRequest) -> HttpResponse:
    """Show the cases that wait for the user, by urgency, and the user's notices and drafts."""
    actor = request.actor
    groups = list_waiting(actor)
    mine = [group for group in groups if not group.watch]
    sees_cases = actor.can("cases.case:view")
    context = {
        "now": clock.now(),
        "groups": [(group, get_cases_url(CaseFilters(todo=group.code, order="urgency"))) for group in groups],
        "todo": sum(group.total for group in mine),
        "late": sum(group.late for group in mine),
        "stats": _build_stats(count_open_cases(actor), sum(group.total for group in mine))
        if sees_cases
        else [],
        "notices": list_panels(actor, limit=MAX_NOTICES)[0],
        "drafts": list_drafts(actor),
        "may_report": actor.can("cases.case:report"),
        "sees_cases": sees_cases,
        "admin_cards": [] if sees_cases else _build_admin_cards(actor),
        "inspections": list_waiting_inspections(actor),
    }
    return render(request, "desk/home/home.html", context)
