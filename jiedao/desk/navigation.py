"""The pages of the desk and the rights that open them: main navigation, administration, tabs of promises."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiedao.district.office_units import has_offices
from jiedao.orgs.actor import Actor

USERS, POSTS = "orgs.user:manage", "orgs.post:manage"
CALENDAR, CATEGORIES = "kernel.calendar:manage", "cases.category:manage"
DUTIES, POLICIES = "cases.duty:manage", "kernel.policy:manage"
PACK = "packs.pack:apply"
OFFICES = "district.office:manage"
ENDPOINTS = "exchange.endpoint:manage"
AUDIT, IMPORT = "audit.entry:view", "exchange.messages:import"
REDISPATCH = "cases.case:redispatch"  # opens the page of what a split unit left undecided
MANAGING_RIGHTS = (USERS, POSTS, CALENDAR, CATEGORIES, DUTIES, POLICIES, PACK, OFFICES, ENDPOINTS, AUDIT)
ADMIN_RIGHTS = (*MANAGING_RIGHTS, IMPORT)

# url name, label, icon, key, rights of which one is needed
NAVIGATION: list[tuple[str, Any, str, str, tuple[str, ...]]] = [
    ("desk:home", _("首页"), "home", "g h", ()),
    ("desk:cases", _("案件"), "list-details", "g l", ("cases.case:view",)),
    ("desk:new", _("登记"), "plus", "g n", ("cases.case:report",)),
    (
        "desk:dispatcher",
        pgettext_lazy("navigation", "派遣台"),
        "send",
        "g d",
        ("cases.case:accept", "cases.case:dispatch"),
    ),
    ("desk:doubtful", _("公众上报复核"), "shield-check", "g z", ("cases.case:accept",)),
    (
        "desk:orders",
        pgettext_lazy("navigation", "下达"),
        "building-community",
        "g x",
        ("cases.case:dispatch", "cases.case:supervise"),
    ),
    ("desk:map", _("地图"), "map-2", "g m", ("cases.case:view",)),
    ("desk:registers", _("台账"), "clipboard-list", "g r", ("registers.record:view",)),
    ("desk:inspections", _("检查"), "clipboard-check", "g i", ("registers.record:view",)),
    ("desk:promises", _("目标任务"), "target", "g p", ("projects.promise:view",)),
    ("desk:projects", _("重点项目"), "target", "g p", ("projects.project:view",)),
    ("desk:reports", _("报告"), "report-analytics", "g e", ("reports.report:view",)),
    (
        "desk:publishing",
        _("信息公开"),
        "world",
        "g u",
        ("publishing.publication:edit", "publishing.publication:review", "publishing.publication:publish"),
    ),
    ("desk:report_check", _("核对数字"), "checks", "g c", ()),
    ("desk:forms", _("一表通"), "table", "g t", ("reports.form:view",)),
    ("desk:review", _("公开审核"), "eye", "g v", ("publishing.case:review",)),
    ("desk:consultations", _("征求意见"), "messages", "g j", ("publishing.consultation:manage",)),
    ("desk:board", _("看板"), "chart-bar", "g b", ("cases.board:view",)),
    ("desk:hotspots", _("热点"), "flame", "g w", ("cases.case:view",)),
    ("desk:overview", _("一张图"), "layout-dashboard", "g o", ("indicators.figure:view",)),
    ("desk:figures", pgettext_lazy("object", "指标"), "chart-line", "g k", ("indicators.figure:view",)),
    ("desk:scores", _("考评"), "scale", "g s", ("evaluation.score:view", "evaluation.score:view_own")),
    ("desk:district", _("各街道"), "building-community", "g q", ("district.figure:view",)),
    ("desk:imports", _("导入"), "file-import", "g f", (IMPORT,)),
    ("desk:admin", _("管理"), "settings", "g a", MANAGING_RIGHTS),
]
# Pages that only some systems have: the name with the function that states whether this one has it.
ONLY_WHERE: dict[str, Callable[[], bool]] = {"desk:orders": has_offices}
# An entry that is also a tab or button of another page is in the navigation only for users who may not open that page.
PARENT_PAGES = {
    "desk:doubtful": "desk:dispatcher",
    "desk:projects": "desk:promises",
    "desk:imports": "desk:admin",
    "desk:report_check": "desk:reports",
}

# The bottom bar of a phone has room for four pages; the others are under 更多.
PHONE_PLACES = 4
# What a user who follows the work of others, and does none of its steps, has at hand on a phone.
LEADER_PAGES = ("desk:home", "desk:overview", "desk:board", "desk:promises", "desk:projects", "desk:cases")
WORKING_RIGHTS = tuple(
    f"cases.case:{verb}" for verb in ("accept", "dispatch", "take", "handle", "verify", "check", "visit")
)

# url name, label, rights of which one is needed
ADMIN_SECTIONS: list[tuple[str, Any, tuple[str, ...]]] = [
    ("desk:admin_people", _("人员"), (USERS,)),
    ("desk:admin_tokens", _("接口令牌"), (USERS,)),
    ("desk:admin_posts", _("岗位"), (POSTS,)),
    ("desk:admin_units", _("单位"), (POSTS,)),
    ("desk:undecided", _("去处未定"), (POSTS, USERS, REDISPATCH)),
    ("desk:admin_rights", _("谁能做什么"), (USERS, POSTS, AUDIT)),
    ("desk:admin_calendar", _("日历"), (CALENDAR,)),
    ("desk:admin_categories", _("类别和时限"), (CATEGORIES, DUTIES)),
    ("desk:admin_values", _("规则和用语"), (DUTIES, POLICIES)),
    ("desk:admin_own", _("本街道的改动"), (CATEGORIES, DUTIES, POLICIES)),
    ("desk:admin_packs", _("数据包"), (PACK,)),
    ("desk:admin_outlines", _("边界"), (PACK,)),
    ("desk:admin_deliveries", _("消息发送"), (USERS,)),
    ("desk:admin_offices", _("下辖街道"), (OFFICES,)),
    ("desk:admin_endpoints", _("对接"), (ENDPOINTS,)),
    ("desk:admin_health", _("运行情况"), (USERS, ENDPOINTS)),
    ("desk:admin_audit", _("审计日志"), (AUDIT,)),
    ("desk:imports", _("导入"), (IMPORT,)),
]

# url name, label, right; in the order of the tabs
PROMISE_TABS: list[tuple[str, Any, str]] = [
    ("desk:projects", _("重点项目"), "projects.project:view"),
    ("desk:promises", _("专项行动"), "projects.promise:view"),
    ("desk:pledges", _("责任事项和会议决定"), "projects.promise:view"),
    ("desk:aid", _("帮扶资金"), "projects.promise:view"),
]


def choose_phone_pages(actor: Actor, names: list[str]) -> set[str]:
    """Return the names of the pages in the bottom bar of a phone, of the pages that the user may open."""
    leads = actor.can("cases.board:view") and not any(actor.can(right) for right in WORKING_RIGHTS)
    first = [name for name in LEADER_PAGES if name in names] if leads else []
    return set([*first, *(name for name in names if name not in first)][:PHONE_PLACES])


def build_promise_tabs(actor: Actor, current: str) -> list[dict[str, Any]]:
    """Return the tabs of promises and projects that the user may open, or no tabs if there is only one."""
    tabs = [
        {"label": label, "url": reverse(name), "active": name == current}
        for name, label, right in PROMISE_TABS
        if actor.can(right)
    ]
    return tabs if len(tabs) > 1 else []
