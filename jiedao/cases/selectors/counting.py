"""Counting cases by the measures of the board, by any splits, and the cases behind one count.

Everything is counted in the database, in as many statements for a thousand cases as for ten. A count and the list of
its cases share the filters of this module.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce, Substr, TruncMonth
from django.db.models.lookups import In
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.cases import catalogue
from jiedao.cases.models import Assignment, Case, CaseMove, Channel, Clock
from jiedao.cases.selectors.filters import FLAGS
from jiedao.cases.selectors.former_places import (
    AREA_PATH,
    LEAD_UNIT,
    NOW,
    PLACES,
    build_place_column,
    build_present_unit,
    differs_now,
    has_former_places,
)
from jiedao.cases.selectors.measures import MEASURES, Measure, Table, Window
from jiedao.cases.selectors.splits import SPLITS, Group, Groups, compute_path_length, read_groups
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import AREA, CATEGORY, CHANNEL, MONTH, UNIT, Key, format_month_key
from jiedao.kernel.periods import Period
from jiedao.orgs.actor import Actor
from jiedao.orgs.figure_keys import find_area_by_code
from jiedao.orgs.models import Scope

NO_VALUE = "-"  # the key, in addresses and on the board, of cases that have no unit, community or 大类
MAX_KEYS = 500  # that cases are narrowed to at once; SQLite takes no expression that is nested 1,000 deep
FLAG = "flag"  # a filter that is no split: a key of `filters.FLAGS`
WITHOUT = "without"  # a filter that is no split: the numbers of cases that are left out
PLACES_OF = "places"  # a filter that is no split: "now" counts past places for those that took their place
FILTERS = (*SPLITS, FLAG)

PRESENT: Mapping[str, str] = {}  # no column is replaced by one of the place of then

# What cases are narrowed to: pairs of a filter and its key, all of which must hold. A key may be several, "WEB,APP".
Narrowing = Sequence[tuple[str, str]]

MODELS: dict[Table, Any] = {
    Table.CASE: Case,
    Table.ASSIGNMENT: Assignment,
    Table.MOVE: CaseMove,
    Table.CLOCK: Clock,
}


# -- values of the splits ------------------------------------------------------------------------------------


def get_no_value_label(by: str) -> str:
    """Return what a row without a value of the split is called."""
    words = {UNIT: _("尚未派遣"), AREA: _("未定社区"), CATEGORY: _("未定类别"), CHANNEL: _("其他")}
    return words[by]


def find_group(by: str, key: str) -> Group | None:
    """Return the value of a filter that a key names; None for an unknown key.

    It accepts more than the groups of the split: also the key of any area, of a 小类 or of a flag.
    """
    if by == FLAG:
        return Group(key, key, str(FLAGS[key][0])) if key in FLAGS else None
    # An area is looked up without a query, also one that is no longer in use.
    if by == AREA and (area := find_area_by_code(key)) is not None:
        return Group(area.path, area.code, area.label)
    group = next((group for group in read_groups(by) if group.key == key), None)
    if group is None and by == CATEGORY:
        minors = catalogue.CATEGORIES.get().values()
        minor = next((row for row in minors if f"{row.kind}:{row.code}" == key), None)
        return Group(minor.id, key, minor.label) if minor is not None else None
    return group


def label_narrowing(where: Narrowing) -> str:
    """Return what cases are narrowed to, in the reader's language; "" for all cases."""
    return " · ".join(_label_filter(by, split_keys(keys)) for by, keys in where)


def _label_filter(by: str, keys: Sequence[str]) -> str:
    if by == PLACES_OF:
        return _("按现行区划和单位")
    if by == WITHOUT:
        return ngettext("已剔除 %(n)d 件", "已剔除 %(n)d 件", len(keys)) % {"n": len(keys)}
    return "、".join(_label_key(by, key) for key in keys)


def _label_key(by: str, key: str) -> str:
    if key == NO_VALUE and by in SPLITS:
        return get_no_value_label(by)
    group = find_group(by, key)
    return group.label if group is not None else ""


# -- filters and columns of the splits -----------------------------------------------------------------------


def _get_prefix(table: Table) -> str:
    return "" if table is Table.CASE else "case__"


def _get_unit_column(table: Table) -> str:
    return "unit_id" if table is Table.ASSIGNMENT else f"{_get_prefix(table)}lead_unit_id"


def build_group_column(by: str, table: Table, groups: Iterable[Group], then: str | None = None) -> Any:
    """Return the expression by which the rows of a table are grouped; its values are those of the groups.

    Args:
        then: the time column at whose moment a case had the place; None for the present place.
    """
    prefix = _get_prefix(table)
    if by == UNIT:
        return F(_get_unit_column(table)) if then is None else _build_unit_column(table, then)
    if by == AREA:
        path = build_place_column(AREA_PATH, table, then) if then is not None else f"{prefix}area_path"
        return Substr(path, 1, compute_path_length(groups))
    if by == CATEGORY:
        return Coalesce(f"{prefix}category__parent_id", f"{prefix}category_id")
    return F(f"{prefix}channel")


def _build_unit_column(table: Table, then: str) -> Any:
    """Return the expression for the unit of then; an assignment has a unit of its own, which does not change."""
    if table is not Table.ASSIGNMENT:
        return build_place_column(LEAD_UNIT, table, then)
    return build_present_unit("unit_id") if then == NOW else F("unit_id")


def build_filter(table: Table, by: str, keys: str, columns: Mapping[str, str] = PRESENT) -> Q:
    """Return the filter of the rows of a table that have one of the keys; raise UserError for an unknown key.

    Args:
        columns: the names of the columns with the area and the unit, where they are not those of the case.
    """
    if by == WITHOUT:
        return ~Q(**{f"{_get_prefix(table)}number__in": split_keys(keys)})
    names = {
        AREA: columns.get(AREA, f"{_get_prefix(table)}area_path"),
        UNIT: columns.get(UNIT, _get_unit_column(table)),
    }
    return reduce(or_, (_filter_key(table, by, key, names) for key in split_keys(keys)))


def split_keys(keys: str) -> list[str]:
    """Return the keys of a filter that may name several, "WEB,APP"."""
    return list(dict.fromkeys(keys.split(",")))


def _filter_key(table: Table, by: str, key: str, names: Mapping[str, str]) -> Q:
    if key == NO_VALUE and by in SPLITS:
        return _filter_no_value(table, by, names)
    group = find_group(by, key)
    if group is None:
        raise UserError(
            _("没有这一行：%(key)s。") % {"key": key[:40]}, hint=_("请从看板重新点开。"), field="key"
        )
    prefix = _get_prefix(table)
    if by == UNIT:
        return Q(**{names[UNIT]: group.value})
    if by == AREA:
        return Q(**{f"{names[AREA]}__startswith": group.value})
    if by == CATEGORY:
        minors = [row.id for row in catalogue.CATEGORIES.get().values() if row.parent_id == group.value]
        return Q(**{f"{prefix}category_id__in": [group.value, *minors]})
    if by == CHANNEL:
        return Q(**{f"{prefix}channel": group.value})
    condition = FLAGS[group.value][1]
    return condition if table is Table.CASE else Q(case__in=Case.objects.filter(condition).values("id"))


def _filter_no_value(table: Table, by: str, names: Mapping[str, str]) -> Q:
    prefix = _get_prefix(table)
    if by == UNIT:
        return Q(**{f"{names[UNIT]}__isnull": True})
    if by == CATEGORY:
        return Q(**{f"{prefix}category__isnull": True})
    if by == CHANNEL:
        return ~Q(**{f"{prefix}channel__in": Channel.values})
    communities = read_groups(AREA)
    path = Substr(names[AREA], 1, compute_path_length(communities))
    return ~Q(In(path, [group.value for group in communities]))


def sees_all_cases(actor: Actor) -> bool:
    """Return whether the actor's scope leaves out no case, so that the actor's figures are those of the town."""
    return actor.is_system or (actor.scope == Scope.AREA and actor.town_wide and actor.can("cases.case:view"))


def find_visible_rows(actor: Actor, table: Table) -> QuerySet[Any]:
    """Return the table's rows of the cases that the actor may see."""
    if table is Table.CASE:
        return Case.objects.visible_to(actor)
    rows: QuerySet[Any] = MODELS[table].objects.all()
    if sees_all_cases(actor):
        return rows
    return rows.filter(case__in=Case.objects.visible_to(actor).values("id"))


def narrow(rows: QuerySet[Any], table: Table, where: Narrowing, then: str | None = None) -> QuerySet[Any]:
    """Return the rows of a table to which the filters apply.

    Args:
        then: the time column at whose moment a case had the area and the unit; None for the present ones.
    """
    where = list(dict.fromkeys(where))
    if sum(len(split_keys(keys)) for _by, keys in where) > MAX_KEYS:
        raise UserError(
            _("筛选条件太多，最多 %(most)d 个。") % {"most": MAX_KEYS},
            hint=_("请从看板重新点开。"),
            field="key",
        )
    columns = dict(PRESENT)
    for by, keys in where:
        if by == PLACES_OF and keys == NOW:
            continue
        if then is not None and by in PLACES and by not in columns:
            columns[by] = f"then_{by}"
            column = (
                _build_unit_column(table, then) if by == UNIT else build_place_column(AREA_PATH, table, then)
            )
            rows = rows.alias(**{columns[by]: column})
        rows = rows.filter(build_filter(table, by, keys, columns))
    return rows


# -- counting ------------------------------------------------------------------------------------------------


@dataclass
class Counts:
    """The cases of several measures: by the keys of the splits, and each case once where cells of a measure overlap."""

    cells: dict[str, dict[Key, int]]
    whole: dict[str, int]


def find_rows(table: Table, cases: QuerySet[Case]) -> QuerySet[Any]:
    """Return the table's rows of cases."""
    if table is Table.CASE:
        return cases
    rows: QuerySet[Any] = MODELS[table].objects.filter(case__in=cases.order_by().values("id"))
    return rows


def count_measures(
    actor: Actor,
    codes: Iterable[str],
    period: Period,
    splits: Sequence[str] = (),
    where: Narrowing = (),
    *,
    cases: QuerySet[Case] | None = None,
) -> Counts:
    """Count the cases of measures by splits: one statement for each table, by month one for each time column.

    Where a case may count in several cells, one statement more counts each case once. Keys are those of
    `kernel.figures`: the path of a community, codes, "" for none.

    Args:
        cases: count these cases instead of those that the actor may see.
    """
    window = Window(period, clock.now())
    wanted = add_parts(MEASURES[code] for code in dict.fromkeys(codes))
    groups = {
        split: {group.value: group for group in read_groups(split)} for split in splits if split != MONTH
    }
    counts = Counts({code: {} for code in wanted}, {})
    by_then = counts_by_then(period, splits, where)
    for table in Table:
        measures = [row for row in wanted.values() if row.table is table and row.minus is None]
        if not measures:
            continue
        visible = find_visible_rows(actor, table) if cases is None else find_rows(table, cases)
        for chosen in group_by_time(measures) if MONTH in splits or by_then else [measures]:
            then = find_then(period, splits, where, chosen[0].time)
            rows = narrow(visible, table, where, then)
            keyed = annotate_keys(rows, table, splits, groups, chosen[0].time, then=then)
            for line in count_rows(keyed, chosen, window, splits):
                add_line(counts, line, splits, groups)
            if by_then and overlaps(table, splits, by_then=True):
                counts.whole.update(count_rows(rows, chosen, window, ())[0])
        if not by_then and overlaps(table, splits):
            rows = narrow(visible, table, where, find_then(period, splits, where, measures[0].time))
            counts.whole.update(count_rows(rows, measures, window, ())[0])
    for measure in wanted.values():
        if measure.minus is not None:
            subtract(counts, measure.code, *measure.minus)
    return counts


def add_parts(measures: Iterable[Measure]) -> dict[str, Measure]:
    """Return the measures and those of which they are the difference, by code."""
    wanted: dict[str, Measure] = {}
    for measure in measures:
        wanted[measure.code] = measure
        wanted |= {code: MEASURES[code] for code in measure.minus or ()}
    return wanted


def group_by_time(measures: Iterable[Measure]) -> list[list[Measure]]:
    """Return the measures by their time column."""
    groups: dict[str, list[Measure]] = {}
    for measure in measures:
        groups.setdefault(measure.time, []).append(measure)
    return list(groups.values())


def counts_by_then(period: Period, splits: Sequence[str], where: Narrowing = ()) -> bool:
    """Return whether places of then matter: a case may have had another place when it counted in the period."""
    return has_places(splits, where) and (PLACES_OF, NOW) not in where and has_former_places(period)


def find_then(period: Period, splits: Sequence[str], where: Narrowing, time: str) -> str | None:
    """Return the value of `then` for rows that count by a time column: the column, NOW, or None for present places."""
    if (PLACES_OF, NOW) in where:
        return NOW if has_places(splits, where) and differs_now() else None
    return time if counts_by_then(period, splits, where) else None


def has_places(splits: Sequence[str], where: Narrowing) -> bool:
    """Return whether a count is split or narrowed by area or unit."""
    return not {*splits, *(by for by, _keys in where)}.isdisjoint(PLACES)


def overlaps(table: Table, splits: Sequence[str], *, by_then: bool = False) -> bool:
    """Return whether a case may count in several cells: only columns of the case itself put it into a single one.

    Args:
        by_then: whether a case may have had several places, at the times of its events.
    """
    if table is Table.CASE:
        return False
    if MONTH in splits or (table is Table.ASSIGNMENT and UNIT in splits):
        return True
    return by_then and not {*splits}.isdisjoint(PLACES)


def annotate_keys(
    rows: QuerySet[Any],
    table: Table,
    splits: Sequence[str],
    groups: Groups,
    time: str,
    *,
    then: str | None = None,
) -> QuerySet[Any]:
    """Return the rows with the column of each split as `key_` and its name.

    Args:
        time: the column whose month is the key of the split by month.
        then: as of `narrow`.
    """
    columns = {
        f"key_{split}": _build_month(time)
        if split == MONTH
        else build_group_column(split, table, groups[split].values(), then)
        for split in splits
    }
    annotated: QuerySet[Any] = rows.annotate(**columns)
    return annotated


def _build_month(time: str) -> TruncMonth:
    return TruncMonth(time) if time.endswith("_date") else TruncMonth(time, tzinfo=clock.TOWN_TZ)


def _build_period_filter(measures: Iterable[Measure], window: Window) -> Q:
    """Return the filter of all rows that one of the measures may count; each time column once, for its index."""
    filters = {
        (measure.time, *measure.kind.items()): measure.build_period_filter(window) for measure in measures
    }
    return reduce(or_, filters.values())


def count_rows(
    rows: QuerySet[Any], measures: Sequence[Measure], window: Window, splits: Sequence[str]
) -> list[dict[str, Any]]:
    """Count measures of one table in one statement, grouped by the annotated keys of the splits."""
    name, distinct = ("pk", False) if measures[0].table is Table.CASE else ("case_id", True)
    counts = {
        measure.code: Count(name, distinct=distinct, filter=measure.build_filter(window))
        for measure in measures
    }
    rows = rows.filter(_build_period_filter(measures, window)).order_by()
    if not splits:
        return [rows.aggregate(**counts)]
    return list(rows.values(*(f"key_{split}" for split in splits)).annotate(**counts))


def add_line(counts: Counts, line: dict[str, Any], splits: Sequence[str], groups: Groups) -> None:
    """Add a line of `count_rows`, grouped by the splits, to the counts."""
    key = tuple(read_key(split, line.pop(f"key_{split}"), groups) for split in splits)
    for code, number in line.items():
        if number:
            counts.cells[code][key] = counts.cells[code].get(key, 0) + number


def read_key(split: str, value: Any, groups: Groups) -> str:
    """Return the key of a stored value of a split, as `kernel.figures` states it; "" for none."""
    if split == MONTH:
        return format_month_key(value)
    group = groups[split].get(value)
    if group is None:
        return ""
    return str(group.value) if split == AREA else group.key


def subtract(counts: Counts, code: str, minuend: str, subtrahend: str) -> None:
    """Fill in the counts of a measure that is the difference of two."""
    cells = counts.cells
    cells[code] = {
        key: difference
        for key, number in cells[minuend].items()
        if (difference := number - cells[subtrahend].get(key, 0))
    }
    if minuend in counts.whole:
        counts.whole[code] = counts.whole[minuend] - counts.whole[subtrahend]


# -- periods side by side, and the cases behind a count ------------------------------------------------------


def count_periods(
    actor: Actor, codes: Sequence[str], run: Sequence[Period], *, cases: QuerySet[Case] | None = None
) -> list[dict[str, int]]:
    """Return the counts of measures of the table of cases for each of the periods, in one statement.

    Args:
        cases: as of `count_measures`.
    """
    now = clock.now()
    filters = {
        f"{code}_{index}": MEASURES[code].build_filter(Window(period, now))
        for index, period in enumerate(run)
        for code in codes
    }
    whole = Window(Period("", run[0].first, run[-1].last), now)
    visible = find_visible_rows(actor, Table.CASE) if cases is None else cases
    rows = visible.filter(_build_period_filter((MEASURES[code] for code in codes), whole))
    numbers = rows.aggregate(**{name: Count("pk", filter=condition) for name, condition in filters.items()})
    return [{code: numbers[f"{code}_{index}"] for code in codes} for index in range(len(run))]


def find_cases(actor: Actor, code: str, period: Period, where: Narrowing = ()) -> QuerySet[Case]:
    """Return the cases that `count_measures` counts of a measure; raise UserError for an unknown key."""
    window, measure = Window(period, clock.now()), MEASURES[code]

    def select_ids(part: Measure) -> QuerySet[Any]:
        rows = find_visible_rows(actor, part.table).filter(part.build_filter(window))
        column = "pk" if part.table is Table.CASE else "case_id"
        narrowed = narrow(rows, part.table, where, find_then(period, (), where, part.time))
        ids: QuerySet[Any] = narrowed.order_by().values(column)
        return ids

    cases: QuerySet[Case] = Case.objects.visible_to(actor)
    if measure.minus is None:
        return cases.filter(pk__in=select_ids(measure))
    minuend, subtrahend = (MEASURES[part] for part in measure.minus)
    return cases.filter(Q(pk__in=select_ids(minuend)) & ~Q(pk__in=select_ids(subtrahend)))
