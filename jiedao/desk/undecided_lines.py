"""What a succession left for people to decide, by sort: for the page 去处未定 and its count on the home page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.cases.actions import deciding as cases
from jiedao.desk.links import get_case_url, get_record_url
from jiedao.indicators import mentions as figure_mentions
from jiedao.kernel.addresses import make_address
from jiedao.orgs.actions import MANAGE_USERS
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.orgs.people import list_posts_on_duty
from jiedao.orgs.retired_codes import CodeMention
from jiedao.orgs.undecided import DECIDE, REDISPATCH, count_undecided_holdings, count_undecided_rows
from jiedao.orgs.units import unit_info
from jiedao.places.undecided import Undecided
from jiedao.projects.actions import deciding as projects
from jiedao.projects.actions.adding import ADD_PROJECT
from jiedao.projects.promise_access import EDIT as EDIT_PROMISE
from jiedao.projects.selectors import mentions as promise_mentions
from jiedao.registers.actions import deciding as records
from jiedao.registers.catalogue import register_by_id
from jiedao.reports import mentions as report_mentions

CASE, RECORD, PROJECT = "case", "record", "project"
PLACES, UNITS, HOLDERS, QUOTAS, CODES = "places", "units", "holders", "quotas", "codes"
MOST_DECIDERS = 8


@dataclass(frozen=True)
class UndecidedLine:
    """A case, record or project that waits, with the address of its page; `label` is its sort in words."""

    kind: str
    row: Undecided
    url: str
    label: Any

    @property
    def value(self) -> str:
        """What a form sends for it."""
        return f"{self.kind}:{self.row.id}:{self.row.version}"


@dataclass(frozen=True)
class Sort:
    """A sort of rows.

    Attributes:
        count: returns how many rows the page lists for a user.
        rights: with one of them a user may decide, within the user's scope.
    """

    key: str
    title: Any
    count: Callable[[Actor], int]
    rights: tuple[str, ...]


# right that decides on a kind of row at an old place -> how many such rows wait for a user
PLACE_COUNTS: dict[str, Callable[[Actor], int]] = {
    cases.RIGHT: cases.count_undecided,
    records.RIGHT: records.count_undecided,
    ADD_PROJECT: projects.count_undecided_projects,
}


def _count_places(actor: Actor) -> int:
    return sum(count(actor) for count in PLACE_COUNTS.values())


def list_undecided(actor: Actor) -> list[UndecidedLine]:
    """Return the cases, records and projects that wait for a decision of the user; three statements."""
    lines = [
        UndecidedLine(CASE, row, get_case_url(row.key), _("案件")) for row in cases.list_undecided(actor)
    ]
    for register_id, row in records.list_undecided(actor):
        info = register_by_id(register_id)
        if info is not None:
            lines.append(UndecidedLine(RECORD, row, get_record_url(info, row.id), info.label))
    lines += [
        UndecidedLine(PROJECT, row, make_address("desk:project", row.key), _("项目"))
        for row in projects.list_undecided_projects(actor)
    ]
    return lines


# kind of a row that names a retired code -> its words, and the name of the page where it is mended
MENDED_AT: dict[str, tuple[Any, str]] = {
    "pledge": (_("责任事项"), "desk:pledge"),
    "obstacle": (_("项目的障碍"), "desk:project"),
    "figure": (_("填报的数字"), "desk:figure"),
    "report": (_("没有签发的报告"), "desk:report"),
    "template": (_("报告模板（在数据包里改）"), ""),
    "form": (_("表格的单元格"), "desk:form-bind"),
    "fill": (_("表格草稿"), "desk:form-fill"),
}


def list_code_mentions(actor: Actor) -> list[CodeMention]:
    """Return the rows that name retired areas or units by code and that the user may mend."""
    rooms = (promise_mentions, figure_mentions, report_mentions)
    return [mention for room in rooms for mention in room.list_code_mentions(actor)]


def _count_code_mentions(actor: Actor) -> int:
    return len(list_code_mentions(actor))


SORTS = (
    Sort(PLACES, _("案件、记录和项目"), _count_places, tuple(PLACE_COUNTS)),
    Sort(UNITS, _("单位的工作"), count_undecided_rows, (DECIDE, REDISPATCH)),
    Sort(HOLDERS, _("岗位上的人"), count_undecided_holdings, (MANAGE_USERS,)),
    Sort(QUOTAS, _("分解的指标"), projects.count_undecided_quotas, (EDIT_PROMISE,)),
    Sort(
        CODES,
        _("写着旧代码的"),
        _count_code_mentions,
        (*promise_mentions.RIGHTS, *figure_mentions.RIGHTS, *report_mentions.RIGHTS),
    ),
)


@dataclass(frozen=True)
class SortCount:
    """A sort with the number of rows that wait for the user."""

    sort: Sort
    count: int
    url: str


def count_sorts(actor: Actor) -> list[SortCount]:
    """Return the sorts on which the user may decide, each with the number of rows that the page lists."""
    page = make_address("desk:undecided")
    return [
        SortCount(sort, sort.count(actor), f"{page}?sort={sort.key}")
        for sort in SORTS
        if any(actor.can(right) for right in sort.rights)
    ]


def count_all_undecided() -> int:
    """Return how many rows wait for anybody, as an administrator sees after applying a pack."""
    system = make_system_actor()
    return sum(sort.count(system) for sort in SORTS)


@dataclass(frozen=True)
class OthersRows:
    """Rows of a sort on which other users decide, and the posts that may."""

    title: Any
    count: int
    posts: list[str]


def list_others_rows(actor: Actor, own: Sequence[SortCount]) -> list[OthersRows]:
    """Return what is undecided beyond the rows of the user, which `own` counts."""
    system, counts = make_system_actor(), {line.sort.key: line.count for line in own}
    return [
        OthersRows(sort.title, rest, _list_deciders(sort, actor))
        for sort in SORTS
        if (rest := sort.count(system) - counts.get(sort.key, 0)) > 0
    ]


def _list_deciders(sort: Sort, actor: Actor) -> list[str]:
    """Return the posts that hold today a right to decide on rows which do not wait for the user, with their units."""
    units, rights, system = None, sort.rights, make_system_actor()
    if sort.key == PLACES:
        rights = tuple(right for right, count in PLACE_COUNTS.items() if count(system) > count(actor))
    if sort.key == QUOTAS:
        units = {row.campaign.unit_id for row in projects.list_undecided_quotas(system)}
    names = []
    for right in rights:
        for post in list_posts_on_duty(right, unit_ids=units):
            unit = unit_info(post.unit_id)
            names.append(f"{unit.label} {post.label}" if unit is not None else post.label)
    return list(dict.fromkeys(names))[:MOST_DECIDERS]
