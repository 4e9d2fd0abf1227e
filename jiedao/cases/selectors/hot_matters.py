"""Hot matters and repeated matters, over the cases that a reader may see.

Callers are counted, never named: who reported what is looked up on the page of a case, with a purpose, and audited.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.access import get_case_by_number
from jiedao.cases.flow import DISMISSED, OPEN
from jiedao.cases.models import Case, CaseMove, HotMatter
from jiedao.cases.moves.table import FLOW
from jiedao.cases.reporters import list_placeholder_keys
from jiedao.cases.selectors.lists import COLUMNS, CaseRow
from jiedao.kernel import clock, periods
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.policies import get_policy
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_label
from jiedao.places.models import Premise, in_language
from jiedao.places.selectors import area_text

LEAST_VISIBLE = 2
SHOWN_REPEATS = 10
MOST_REPORTERS = 2000
# Moves that state what was done; the others are steps of the office's own work.
DEEDS = frozenset(
    {
        *(
            "HANDLE",
            "SELF_HANDLE",
            "CHECK_PASS",
            "REWORK",
            "CLOSE",
            "REPLY",
            "VISIT",
        ),
        *("MERGE", "SUPERVISE", "REMIND", "SUSPEND", "REOPEN", "MERGED_HERE"),
    }
)
MOST_DEEDS = 20


@dataclass(frozen=True)
class HotMatterRow:
    """A hot matter as a list shows it, counted over the cases that the reader may see.

    Attributes:
        number: of the case that names the matter, or of the newest where the reader may not see that one.
        callers: how many different people reported it, so far as they are known.
    """

    rank: int
    number: str
    title: str
    place: str
    heat: float
    cases: int
    open: int
    overdue: int
    supervised: int
    callers: int
    first_at: datetime
    last_at: datetime
    units: list[str]


@dataclass(frozen=True)
class Deed:
    """What was done about a matter."""

    at: datetime
    label: str
    number: str
    who: str
    text: str


@dataclass(frozen=True)
class HotMatterDetail:
    """A hot matter with its cases (newest first), its course by week, and what was done (newest first)."""

    row: HotMatterRow
    cases: list[CaseRow]
    weeks: list[tuple[date, int]]
    deeds: list[Deed]
    categories: list[tuple[str, int]]


@dataclass(frozen=True)
class RepeatedPlace:
    """A place from which several cases of the last days came."""

    label: str
    area: str
    premise_id: int | None
    search: str
    cases: int
    open: int
    last_at: datetime


@dataclass(frozen=True)
class RepeatedCaller:
    """Several cases of one caller, who is not named; `number` is that of the newest."""

    cases: int
    open: int
    categories: list[tuple[str, int]]
    number: str
    last_at: datetime


@dataclass(frozen=True)
class RepeatedCallers:
    """How many callers reported several matters, how many cases these are, and the first of them."""

    callers: int
    cases: int
    rows: list[RepeatedCaller]


def list_hot_matters(actor: Actor, limit: int = 50) -> list[HotMatterRow]:
    """Return the stored matters of which the actor sees at least two cases, hottest first, in three statements."""
    rows: list[HotMatterRow] = []
    matters = list(HotMatter.objects.order_by("rank"))
    members = _read_members(actor, matters)
    for matter in matters:
        visible = members.get(matter.pk, [])
        if len(visible) >= LEAST_VISIBLE and len(rows) < limit:
            rows.append(_build_row(matter, visible))
    return rows


def read_hot_matter(actor: Actor, number: str) -> HotMatterDetail:
    """Return the matter to which a case belongs; raise NotFoundError where none is stored for it."""
    case = get_case_by_number(actor, number)
    matter = HotMatter.objects.filter(cases=case).order_by("rank").first()
    visible = _read_members(actor, [matter])[matter.pk] if matter is not None else []
    if matter is None or len(visible) < LEAST_VISIBLE:
        raise NotFoundError(
            _("案件 %(number)s 现在不在任何热点中。") % {"number": case.number},
            hint=_("热点每小时重新归并一次，请回到热点列表。"),
        )
    cases = [member.row for member in visible]
    return HotMatterDetail(
        row=_build_row(matter, visible),
        cases=sorted(cases, key=lambda row: row.reported_at, reverse=True),
        weeks=_count_weeks(cases, matter.first_date, matter.last_date),
        deeds=_list_deeds([row.id for row in cases]),
        categories=Counter(row.category_label or _("未分类") for row in cases).most_common(),
    )


@dataclass(frozen=True)
class _Member:
    row: CaseRow
    reporter: str


def _read_members(actor: Actor, matters: Sequence[HotMatter]) -> dict[int, list[_Member]]:
    """Return the cases of each matter that the actor may see, in two statements."""
    links = list(
        HotMatter.cases.through.objects.filter(
            hotmatter_id__in=[matter.pk for matter in matters]
        ).values_list("hotmatter_id", "case_id")
    )
    visible = Case.objects.visible_to(actor).filter(pk__in={case_id for _matter, case_id in links})
    nobody = list_placeholder_keys()
    members = {
        values[0]: _Member(CaseRow(*values[: len(COLUMNS)]), "" if values[-1] in nobody else values[-1])
        for values in visible.values_list(*COLUMNS, "reporter_key")
    }
    result: dict[int, list[_Member]] = defaultdict(list)
    for matter_id, case_id in links:
        if case_id in members:
            result[matter_id].append(members[case_id])
    return result


def _build_row(matter: HotMatter, members: Sequence[_Member]) -> HotMatterRow:
    rows = sorted((member.row for member in members), key=lambda row: row.reported_at)
    central = next((row for row in rows if row.id == matter.central_id), rows[-1])
    known = {member.reporter for member in members if member.reporter}
    unknown = sum(not member.reporter for member in members)
    units = Counter(row.unit_label for row in rows if row.unit_label)
    now = clock.now()
    return HotMatterRow(
        rank=matter.rank,
        number=central.number,
        title=central.subject,
        place=matter.place,
        heat=matter.heat,
        cases=len(rows),
        open=sum(row.state in OPEN for row in rows),
        overdue=sum(
            row.state in OPEN and row.due_at is not None and row.due_at < now and not row.paused
            for row in rows
        ),
        supervised=sum(row.supervised and row.state in OPEN for row in rows),
        callers=len(known) + unknown,
        first_at=rows[0].reported_at,
        last_at=rows[-1].reported_at,
        units=[unit for unit, _count in units.most_common(3)],
    )


def _count_weeks(rows: Iterable[CaseRow], first: date, last: date) -> list[tuple[date, int]]:
    """Return how many cases were reported in each week of the grouped days, by its Monday, oldest first."""
    counts = Counter(periods.week_of(row.reported_at.astimezone(clock.TOWN_TZ).date()).first for row in rows)
    monday, weeks = periods.week_of(first).first, []
    while monday <= last:
        weeks.append((monday, counts.get(monday, 0)))
        monday += timedelta(days=7)
    return weeks


def _list_deeds(ids: Sequence[int]) -> list[Deed]:
    moves = (
        CaseMove.objects.filter(case_id__in=ids, move__in=DEEDS).select_related("case").order_by("-at", "-id")
    )
    return [
        Deed(
            at=move.at,
            label=str(FLOW[move.move].label) if move.move in FLOW else _("有案件并入"),
            number=move.case.number,
            who=unit_label(move.unit_id, move.at) or move.actor_label,
            text=move.text[:300],
        )
        for move in moves[:MOST_DEEDS]
    ]


def list_repeated_places(actor: Actor) -> list[RepeatedPlace]:
    """Return the named places and written places from which several cases of the last days came, most first."""
    least = int(get_policy("repeat_least"))
    cases = _find_recent(actor)
    named = _count_groups(cases.filter(premise__isnull=False), "premise_id", least)
    written = _count_groups(cases.filter(premise__isnull=True).exclude(place_text=""), "place_text", least)
    premises = {
        premise.pk: premise
        for premise in Premise.objects.filter(pk__in=[row["premise_id"] for row in named]).select_related(
            "area"
        )
    }
    rows = [
        RepeatedPlace(
            label=in_language(premise.name, premise.name_en),
            area=area_text(premise.area.path) if premise.area is not None else "",
            premise_id=premise.pk,
            search=premise.name,
            cases=row["cases"],
            open=row["open"],
            last_at=row["last_at"],
        )
        for row in named
        if (premise := premises.get(row["premise_id"])) is not None
    ]
    rows += [
        RepeatedPlace(
            label=row["place_text"],
            area=area_text(row["area_path"]) if row["area_path"] else "",
            premise_id=None,
            search=row["place_text"],
            cases=row["cases"],
            open=row["open"],
            last_at=row["last_at"],
        )
        for row in written
    ]
    return sorted(rows, key=lambda row: (-row.cases, row.label))[:SHOWN_REPEATS]


def list_cases_of_place(actor: Actor, premise_id: int | None, place_text: str) -> list[CaseRow]:
    """Return the cases behind a repeated place, newest first: exactly those that were counted."""
    cases = _find_recent(actor)
    if premise_id is not None:
        cases = cases.filter(premise_id=premise_id)
    else:
        cases = cases.filter(premise__isnull=True, place_text=place_text)
    return [CaseRow(*values) for values in cases.order_by("-reported_at", "-id").values_list(*COLUMNS)]


def _count_groups(cases: "QuerySet[Case]", column: str, least: int) -> list[dict[str, Any]]:
    groups = cases.values(column).annotate(
        cases=Count("id"),
        open=Count("id", filter=Q(state__in=sorted(OPEN))),
        last_at=Max("reported_at"),
        area_path=Max("area_path"),
    )
    return list(groups.filter(cases__gte=least).order_by("-cases")[:SHOWN_REPEATS])


def list_repeated_callers(actor: Actor) -> RepeatedCallers:
    """Return callers who reported several matters in the last days, counted and not named; two statements."""
    least = int(get_policy("repeat_least"))
    cases = _find_recent(actor).filter(has_reporter=True).exclude(reporter_key="")
    cases = cases.exclude(reporter_key__in=list_placeholder_keys())
    groups = cases.values("reporter_key").annotate(cases=Count("id")).filter(cases__gte=least)
    counted = list(
        groups.order_by("-cases", "reporter_key").values_list("reporter_key", "cases")[:MOST_REPORTERS]
    )
    shown = [key for key, _count in counted[:SHOWN_REPEATS]]
    members: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    columns = ("reporter_key", "number", "state", "category_id", "reported_at")
    for row in cases.filter(reporter_key__in=shown).order_by("-reported_at").values_list(*columns):
        members[row[0]].append(row)
    return RepeatedCallers(
        callers=len(counted),
        cases=sum(count for _key, count in counted),
        rows=[_build_caller(members[key]) for key in shown],
    )


def _build_caller(rows: Sequence[tuple[Any, ...]]) -> RepeatedCaller:
    names = []
    for _key, _number, _state, category_id, _at in rows:
        category = catalogue.category_info(category_id)
        names.append(category.label if category is not None else _("未分类"))
    return RepeatedCaller(
        cases=len(rows),
        open=sum(state in OPEN for _key, _number, state, _category, _at in rows),
        categories=Counter(names).most_common(3),
        number=rows[0][1],
        last_at=rows[0][4],
    )


def _find_recent(actor: Actor) -> "QuerySet[Case]":
    first = clock.today() - timedelta(days=int(get_policy("hot_matter_days")) - 1)
    cases: QuerySet[Case] = (
        Case.objects.visible_to(actor).filter(reported_date__gte=first).exclude(state__in=sorted(DISMISSED))
    )
    return cases


def read_grouping() -> tuple[date, date, datetime] | None:
    """Return the days that were grouped last, and when; None where nothing is stored."""
    row = HotMatter.objects.order_by("rank").first()
    return (row.first_date, row.last_date, row.grouped_at) if row is not None else None
