"""The board: counts and rates of the loop for a period, by unit, area, category or channel.

Everything is counted in the database, in as many statements for a thousand cases as for ten.
`board_cell_queryset` gives the cases behind one number by the same filters.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce, Substr
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.models import Assignment, Case, CaseMove, Channel, Clock
from jiedao.cases.selectors.lists import COLUMNS, PAGE, CasePage, CaseRow
from jiedao.cases.selectors.measures import MEASURES, Measure, Source, Window, rates_of
from jiedao.kernel import clock, periods
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Scope
from jiedao.orgs.units import UNITS
from jiedao.places.models import Area, AreaKind, in_language

NONE = "-"  # the key of cases without a unit, area or category
SPLITS = ("unit", "area", "category", "channel")
_MODELS: dict[Source, Any] = {
    Source.CASE: Case,
    Source.PART: Assignment,
    Source.MOVE: CaseMove,
    Source.CLOCK: Clock,
}


@dataclass(frozen=True)
class BoardRow:
    """One line of the board. `key` is a stable code ("-" for none), `counts` by measure, `rates` by rate."""

    key: str
    label: str
    counts: dict[str, int]
    rates: dict[str, float | None] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the row flat, as `jiedao board --json` prints it."""
        return {"key": self.key, "label": self.label, **self.counts, **self.rates}


@dataclass(frozen=True)
class Board:
    """The lines of a split and the whole."""

    period: Period
    by: str
    rows: list[BoardRow]
    total: BoardRow


@dataclass(frozen=True)
class _Group:
    """One value of a split: the stored value, the public key and the label."""

    value: Any
    key: str
    label: str


def _prefix(source: Source) -> str:
    return "" if source is Source.CASE else "case__"


def _rows(actor: Actor, source: Source) -> QuerySet[Any]:
    """Return the source's rows of the cases the actor may see."""
    if source is Source.CASE:
        return Case.objects.visible_to(actor)
    rows: QuerySet[Any] = _MODELS[source].objects.all()
    if actor.is_system or (actor.scope == Scope.AREA and actor.town_wide and actor.can("cases.case:view")):
        return rows
    return rows.filter(case__in=Case.objects.visible_to(actor).values("id"))


# -- splits --------------------------------------------------------------------------------------------------


def _communities() -> list[_Group]:
    rows = Area.objects.filter(kind=AreaKind.COMMUNITY).order_by("path")
    return [
        _Group(path, code, in_language(name, name_en))
        for path, code, name, name_en in rows.values_list("path", "code", "name", "name_en")
    ]


def groups(by: str) -> list[_Group]:
    """Return the values of a split in the order of the board; raise UserError for an unknown split."""
    if by == "unit":
        return [_Group(row.id, row.code, row.label) for row in UNITS.get().values()]
    if by == "area":
        return _communities()
    if by == "category":
        majors = (row for row in catalogue.CATEGORIES.get().values() if row.parent_id is None)
        return [_Group(row.id, f"{row.kind}:{row.code}", row.label) for row in majors]
    if by == "channel":
        return [_Group(channel.value, channel.value, str(channel.label)) for channel in Channel]
    raise UserError(
        _("不能按“%(by)s”分组。") % {"by": by[:20]},
        hint=_("可用：%(values)s") % {"values": ", ".join(SPLITS)},
        field="by",
    )


def none_label(by: str) -> str:
    """Return what a row without a value of the split is called."""
    words = {"unit": _("尚未派遣"), "area": _("未定社区"), "category": _("未定类别"), "channel": _("其他")}
    return words[by]


def _width(known: Iterable[_Group]) -> int:
    return max((len(str(row.value)) for row in known), default=12)


def _key_expression(by: str, source: Source, known: list[_Group]) -> Any:
    before = _prefix(source)
    if by == "unit":
        return F("unit_id") if source is Source.PART else F(f"{before}lead_unit_id")
    if by == "area":
        return Substr(f"{before}area_path", 1, _width(known))
    if by == "category":
        return Coalesce(f"{before}category__parent_id", f"{before}category_id")
    return F(f"{before}channel")


def _only(rows: Any, by: str, source: Source, key: str) -> Any:
    """Keep the rows of one value of the split; the same rows that `_key_expression` groups under it."""
    known = groups(by)
    value = next((row.value for row in known if row.key == key), None)
    if value is None and key != NONE:
        raise UserError(
            _("没有这一行：%(key)s。") % {"key": key[:40]}, hint=_("请从看板重新点开。"), field="key"
        )
    if by == "area" and value is not None:
        return rows.filter(**{f"{_prefix(source)}area_path__startswith": value})
    named = rows.annotate(board_key=_key_expression(by, source, known))
    if value is not None:
        return named.filter(board_key=value)
    return named.filter(Q(board_key__isnull=True) | ~Q(board_key__in=[row.value for row in known]))


# -- counting ------------------------------------------------------------------------------------------------


def _of(source: Source) -> list[Measure]:
    return [row for row in MEASURES.values() if row.source is source and row.minus is None]


def _in_period(measures: Iterable[Measure], window: Window) -> Q:
    """Return the filter of all rows that one of the measures may count; each time column once, for its index."""
    ways = {(measure.time, *measure.rows.items()): measure.found(window) for measure in measures}
    return reduce(or_, ways.values())


def _counted(rows: QuerySet[Any], source: Source, window: Window, keys: list[str]) -> list[dict[str, Any]]:
    """Count every measure of a source in one statement, grouped by `keys`."""
    name, distinct = ("pk", False) if source is Source.CASE else ("case_id", True)
    counts = {
        measure.code: Count(name, distinct=distinct, filter=measure.where(window)) for measure in _of(source)
    }
    rows = rows.filter(_in_period(_of(source), window)).order_by()
    return [rows.aggregate(**counts)] if not keys else list(rows.values(*keys).annotate(**counts))


def _empty() -> dict[str, int]:
    return dict.fromkeys(MEASURES, 0)


def _settle(counts: dict[str, int]) -> dict[str, int]:
    """Work out the differences."""
    for measure in MEASURES.values():
        if measure.minus is not None:
            whole, part = measure.minus
            counts[measure.code] = counts[whole] - counts[part]
    return counts


def _row(key: str, label: str, counts: dict[str, int]) -> BoardRow:
    settled = _settle(counts)
    return BoardRow(key, label, settled, rates_of(settled))


def totals(actor: Actor, period: Period) -> BoardRow:
    """Return the whole of a period as one row, in four statements."""
    actor.need("cases.board:view")
    window, counts = Window(period, clock.now()), _empty()
    for source in Source:
        counts.update(_counted(_rows(actor, source), source, window, [])[0])
    return _row("", _("合计"), counts)


def board_rows(actor: Actor, period: Period, by: str) -> Board:
    """Return the board of a period, split by "unit", "area", "category" or "channel".

    Rows without anything to count are left out; cases without a value of the split stand last, under "-".
    The total counts each case once, so the column 派遣 by unit may add up to more. Needs `cases.board:view`.
    """
    actor.need("cases.board:view")
    known = groups(by)
    by_value = {row.value: row for row in known}
    window, total = Window(period, clock.now()), _empty()
    found: dict[str, dict[str, int]] = {}
    for source in Source:
        rows = _rows(actor, source)
        keyed = rows.annotate(board_key=_key_expression(by, source, known))
        for line in _counted(keyed, source, window, ["board_key"]):
            group = by_value.get(line.pop("board_key"))
            counts = found.setdefault(group.key if group else NONE, _empty())
            for code, number in line.items():
                counts[code] += number
                total[code] += number
        if by == "unit" and source is Source.PART:  # a case may have been with two units
            total.update(_counted(rows, source, window, [])[0])
    lines = [
        _row(row.key, row.label, found[row.key]) for row in known if any(found.get(row.key, {}).values())
    ]
    if any(found.get(NONE, {}).values()):
        lines.append(_row(NONE, none_label(by), found[NONE]))
    return Board(period, by, lines, _row("", _("合计"), total))


def measure_of(code: str) -> Measure:
    """Return a measure by its code; raise UserError for an unknown one."""
    if code not in MEASURES:
        raise UserError(
            _("没有这个指标：%(code)s。") % {"code": code[:30]}, hint=_("请从看板重新点开。"), field="measure"
        )
    return MEASURES[code]


def board_cell_queryset(
    actor: Actor, measure: str, period: Period, by: str = "", key: str = ""
) -> QuerySet[Case]:
    """Return the cases behind one number of the board; `by` and `key` are empty for the total."""
    actor.need("cases.board:view")
    found = measure_of(measure)
    window = Window(period, clock.now())

    def ids(one: Measure) -> QuerySet[Any]:
        rows = _rows(actor, one.source).filter(one.where(window))
        rows = _only(rows, by, one.source, key) if by else rows
        return rows.order_by().values("pk" if one.source is Source.CASE else "case_id")

    cases: QuerySet[Case] = Case.objects.visible_to(actor)
    if found.minus is None:
        return cases.filter(pk__in=ids(found))
    whole, part = (MEASURES[code] for code in found.minus)
    return cases.filter(Q(pk__in=ids(whole)) & ~Q(pk__in=ids(part)))


def board_cell_page(
    actor: Actor, measure: str, period: Period, *, by: str = "", key: str = "", after: int | None = None
) -> CasePage:
    """Return one page of the cases behind a number, newest first, in two statements.

    Args:
        after: the last id of the page before.
    """
    cases = board_cell_queryset(actor, measure, period, by, key)
    total = cases.count()
    rest = cases if after is None else cases.filter(pk__lt=after)
    found = [CaseRow(*row) for row in rest.order_by("-pk").values_list(*COLUMNS)[: PAGE + 1]]
    rows = found[:PAGE]
    return CasePage(rows, "", str(rows[-1].id) if len(found) > PAGE else "", total)


@dataclass(frozen=True)
class TrendPoint:
    """One period of the trend."""

    period: Period
    counts: dict[str, int]


TREND = ("reported", "due", "closed")


def trend(actor: Actor, run: list[Period]) -> list[TrendPoint]:
    """Return the measures of TREND for each of the periods, oldest first, in one statement."""
    actor.need("cases.board:view")
    whole = Window(periods.between(run[0].first, run[-1].last), clock.now())
    wheres = {
        f"{code}_{index}": MEASURES[code].where(Window(one, clock.now()))
        for index, one in enumerate(run)
        for code in TREND
    }
    rows = _rows(actor, Source.CASE).filter(_in_period((MEASURES[code] for code in TREND), whole))
    counted = rows.aggregate(**{name: Count("pk", filter=where) for name, where in wheres.items()})
    return [TrendPoint(one, {code: counted[f"{code}_{i}"] for code in TREND}) for i, one in enumerate(run)]
