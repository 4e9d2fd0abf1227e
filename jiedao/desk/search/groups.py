"""The results of a search as groups of lines. Each room searches its own tables; this module collects the results."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.lists import COUNTED, CaseRow
from jiedao.cases.selectors.searching import search_cases
from jiedao.desk.links import get_case_url, get_cases_url, get_record_url, get_register_url
from jiedao.desk.navigation import POSTS, USERS
from jiedao.kernel.folding import fold_width
from jiedao.orgs.actor import Actor
from jiedao.orgs.selectors import UnitMatch, find_units, read_user_page
from jiedao.orgs.units import unit_info
from jiedao.projects.models import Project, Task
from jiedao.projects.models.promises import Campaign, Pledge
from jiedao.projects.selectors.searching import search_campaigns, search_pledges, search_projects
from jiedao.registers.selectors.searching import RecordMatch, search_records

SHOWN = 5
SHOWN_UNITS = 12
SHOWN_TASKS = 3
PLEDGE_TONES = {"CONFIRMED": "good", "BACK": "bad", "REPORTED": "warn", "WITHDRAWN": "neutral"}
_COMPLETE_NUMBER = re.compile(r"20\d\d\s*[-‐–—－]\s*\d{1,8}|\d{8}")  # digits alone only with their zeros


@dataclass(frozen=True)
class Hit:
    """One line of the result: heading with its address, small texts below it, and the state as a badge."""

    heading: str
    url: str
    details: list[str] = field(default_factory=list)
    code: str = ""
    state: str = ""
    tone: str = "neutral"


@dataclass(frozen=True)
class Group:
    """The results of one kind.

    Attributes:
        total: the number of all; count_text: the same in words, "over 10,000" where it is not exact.
        links: addresses of the complete lists with the same words, as (label, address); `links_label` is before them.
        exact: the hits whose number or code is the text that was searched.
    """

    key: str
    label: str
    icon: str
    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    count_text: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    exact: list[Hit] = field(default_factory=list)
    links_label: str = ""


def search_everything(actor: Actor, text: str) -> list[Group]:
    """Return a group for each kind that the actor may see, in a fixed number of statements."""
    return [search(actor, text) for right, search in GROUPS if not right or actor.can(right)]


def _count(total: int) -> str:
    return f"{total:,}"


# -- cases -----------------------------------------------------------------------------------------------------------


def _search_cases(actor: Actor, text: str) -> Group:
    matches = search_cases(actor, text, SHOWN)
    is_number = _COMPLETE_NUMBER.fullmatch(fold_width(text).strip()) is not None
    return Group(
        "cases",
        _("案件"),
        "list-details",
        [_make_case_hit(row) for row in matches.rows],
        matches.total,
        _count(matches.total) if matches.total_exact else _("超过 %(n)s") % {"n": _count(COUNTED)},
        [(_("在案件列表中看全部"), get_cases_url(CaseFilters(text=text)))],
        [_make_case_hit(row) for row in matches.exact] if is_number else [],
    )


def _make_case_hit(row: CaseRow) -> Hit:
    details = [row.category_label, row.area_label, row.place_text, row.unit_label]
    return Hit(
        row.subject,
        get_case_url(row.number),
        list(filter(None, details)),
        row.number,
        row.state_label,
        row.tone,
    )


# -- records ---------------------------------------------------------------------------------------------------------


def _search_records(actor: Actor, text: str) -> Group:
    result = search_records(actor, text, SHOWN)
    query = urlencode({"q": text})
    return Group(
        "records",
        _("台账记录"),
        "clipboard-list",
        [_make_record_hit(match) for match in result.matches],
        max(result.total, len(result.matches)),
        _count(max(result.total, len(result.matches))),
        [(f"{info.label} {_count(count)}", get_register_url(info, query)) for info, count in result.counts],
        [_make_record_hit(match) for match in result.exact],
        _("在台账中看全部："),
    )


def _make_record_hit(match: RecordMatch) -> Hit:
    info, row = match.info, match.row
    details = [info.label, row.area_label, row.place_text, row.unit_label]
    return Hit(row.name or row.code, get_record_url(info, row.id), list(filter(None, details)), row.code)


# -- projects and promises -------------------------------------------------------------------------------------------


def _search_projects(actor: Actor, text: str) -> Group:
    result = search_projects(actor, text, SHOWN)
    hits = [_make_project_hit(project, result.tasks.get(project.pk, [])) for project in result.projects]
    return Group(
        "projects",
        _("重点项目和任务"),
        "target",
        hits,
        result.total,
        _count(result.total),
        [(_("在项目列表中看全部"), f"{reverse('desk:projects')}?{urlencode({'q': text})}")],
        [hit for hit in hits if hit.code.lower() == text.lower()],
    )


def _make_project_hit(project: Project, tasks: list[Task]) -> Hit:
    names = "、".join(task.label for task in tasks[:SHOWN_TASKS])
    if len(tasks) > SHOWN_TASKS:
        names = _("%(names)s 等 %(n)s 项") % {"names": names, "n": len(tasks)}
    details = [
        _("任务：%(names)s") % {"names": names} if tasks else "",
        project.kind.label,
        project.unit.label,
    ]
    url = reverse("desk:project", args=[project.key])
    return Hit(project.label, url, list(filter(None, details)), project.key)


def _search_campaigns(actor: Actor, text: str) -> Group:
    campaigns = search_campaigns(actor, text)
    hits = [_make_campaign_hit(campaign) for campaign in campaigns]
    return Group(
        "campaigns",
        _("专项行动"),
        "target",
        hits[:SHOWN],
        len(hits),
        _count(len(hits)),
        [(_("在目标任务中看全部"), f"{reverse('desk:promises')}?{urlencode({'q': text})}")],
        [hit for hit in hits if hit.code.lower() == text.lower()],
    )


def _make_campaign_hit(campaign: Campaign) -> Hit:
    due = _("%(day)s 前") % {"day": campaign.due_date.isoformat()}
    return Hit(
        campaign.label,
        reverse("desk:campaign", args=[campaign.key]),
        [campaign.unit.label, due],
        campaign.key,
    )


def _search_pledges(actor: Actor, text: str) -> Group:
    pledges, total = search_pledges(actor, text, SHOWN)
    hits = [_make_pledge_hit(pledge) for pledge in pledges]
    return Group(
        "pledges",
        _("责任事项和会议决定"),
        "checks",
        hits,
        total,
        _count(total),
        [(_("在事项列表中看全部"), f"{reverse('desk:pledges')}?{urlencode({'q': text})}")],
        [hit for hit in hits if hit.code.lower() == text.lower()],
    )


def _make_pledge_hit(pledge: Pledge) -> Hit:
    due = _("%(day)s 前") % {"day": pledge.deadline.isoformat()}
    tone = "bad" if pledge.is_late else PLEDGE_TONES.get(pledge.state, "info")
    return Hit(
        pledge.label,
        reverse("desk:pledge", args=[pledge.pk]),
        [pledge.unit.label, due, pledge.source],
        pledge.code,
        str(pledge.get_state_display()),
        tone,
    )


# -- units and users -------------------------------------------------------------------------------------------------


def _search_units(actor: Actor, text: str) -> Group:
    matches = find_units(text)
    return Group(
        "units",
        _("单位和岗位"),
        "building",
        [_make_unit_hit(actor, match) for match in matches[:SHOWN_UNITS]],
        len(matches),
        _count(len(matches)),
        [(_("在单位列表中看全部"), reverse("desk:admin_units"))] if actor.can(POSTS) else [],
    )


def _make_unit_hit(actor: Actor, match: UnitMatch) -> Hit:
    unit, parent = match.unit, unit_info(match.unit.parent_id)
    phone = getattr(unit, "duty_phone", "")
    details = [
        _("岗位：%(names)s") % {"names": "、".join(match.posts)} if match.posts else "",
        parent.label if parent is not None else "",
        _("值班电话 %(phone)s") % {"phone": phone} if phone else "",
    ]
    url = ""
    if actor.can("cases.case:view"):
        url = get_cases_url(CaseFilters(units=(unit.id,)))
    elif actor.can(POSTS):
        url = reverse("desk:admin_unit", args=[unit.id])
    return Hit(unit.label, url, list(filter(None, details)))


def _search_users(_actor: Actor, text: str) -> Group:
    page = read_user_page(text)
    hits = [
        Hit(row.full_name, reverse("desk:admin_person", args=[row.id]), row.posts, row.username)
        for row in page.rows[:SHOWN]
    ]
    return Group(
        "users",
        _("账号"),
        "users",
        hits,
        page.total,
        _count(page.total),
        [(_("在人员列表中看全部"), f"{reverse('desk:admin_people')}?{urlencode({'q': text})}")],
    )


# the right that a kind needs, and its search
GROUPS: list[tuple[str, Callable[[Actor, str], Group]]] = [
    ("cases.case:view", _search_cases),
    ("registers.record:view", _search_records),
    ("projects.project:view", _search_projects),
    ("projects.promise:view", _search_campaigns),
    ("projects.promise:view", _search_pledges),
    ("", _search_units),
    (USERS, _search_users),
]
