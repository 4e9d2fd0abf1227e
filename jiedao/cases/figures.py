"""Cases as a source of figures: every measure of the board.

A spec: `{"source": "cases", "measure": "due", "where": {"category": "MATTER 01", "channel": ["WEB", "HOTLINE"]}}`.
The measures and what they mean: docs/reference/figures-of-the-loop.md. `where` narrows by the code of an area or unit,
by a category (大类 or 小类), a channel or a flag of the list of cases; several values of one filter mean any of them.
`without` lists the numbers of cases that are left out, as an evaluation strikes them; a pack cannot write it.
Splits: area, unit, category, channel, month. A month is that of the time by which a measure puts a case into a period.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext as _

from jiedao.cases.models import Case
from jiedao.cases.pack.codes import list_codes
from jiedao.cases.selectors.counting import (
    FILTERS,
    NO_VALUE,
    PLACES_OF,
    WITHOUT,
    Counts,
    find_group,
    get_no_value_label,
)
from jiedao.cases.selectors.durations import ALL_HOURS, DURATIONS, HOURS, read_quantile
from jiedao.cases.selectors.filters import FLAGS
from jiedao.cases.selectors.former_places import NOW
from jiedao.cases.selectors.measures import MEASURES, RATES
from jiedao.cases.selectors.splits import read_groups
from jiedao.cases.stored_counts import updating, verifying
from jiedao.cases.stored_counts.reading import count_cases
from jiedao.kernel import clock
from jiedao.kernel.figures import (
    AREA,
    CATEGORY,
    CHANNEL,
    MONTH,
    UNIT,
    Cell,
    Difference,
    DurationReading,
    Rate,
    Reading,
    RowsLink,
    Spec,
    check_keys,
    check_splits,
    is_by_present_places,
)
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.periods import Period
from jiedao.kernel.phrasing import list_names, name_unknown
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.figure_keys import find_community
from jiedao.places.models import Area

ROWS = "cases.measure"
SPLITS = frozenset({AREA, UNIT, CATEGORY, CHANNEL, MONTH})


def build_spec(measure: str) -> Spec:
    """Return the spec of a measure over all cases."""
    return {"source": "cases", "measure": measure}


def build_rate(code: str) -> Rate:
    """Return a rate of the board as the pair of its measures."""
    rate = RATES[code]
    return Rate(build_spec(rate.numerator), build_spec(rate.denominator))


class CaseSource:
    """Answers the specs whose source is "cases"."""

    def check(self, spec: Spec) -> list[str]:
        """Return what is wrong with a spec."""
        faults = check_keys(spec, {"measure", "where", WITHOUT})
        if spec.get("measure") not in MEASURES:
            faults.append(name_unknown("measure", spec.get("measure"), MEASURES))
        where = spec.get("where", {})
        if not isinstance(where, Mapping):
            return [*faults, _("where 应是筛选条件和值的表")]
        for by, value in where.items():
            faults += _check_filter(by, value)
        return faults

    def check_in_pack(self, spec: Spec, pack: Pack, report: Report, splits: tuple[str, ...]) -> list[str]:
        """Return what is wrong with a measure's spec, compared with the codes of the pack."""
        faults = check_keys(spec, {"measure", "where"})
        if spec.get("measure") not in MEASURES:
            faults.append(name_unknown("measure", spec.get("measure"), MEASURES))
        faults += _check_where_in_pack(spec, pack)
        return faults or check_splits(splits, self.splits(spec))

    def splits(self, spec: Spec) -> frozenset[str]:
        """Return the splits, the same for every measure."""
        return SPLITS

    def exclude(self, spec: Spec, rows: Sequence[str]) -> Spec:
        """Return the spec without the cases of these numbers."""
        return {**spec, WITHOUT: sorted({*spec.get(WITHOUT, ()), *rows})}

    def read(
        self, specs: Sequence[Spec], *, period: Period, splits: tuple[str, ...], viewer: Any
    ) -> list[Reading]:
        """Return the counts, of stored days where they answer; all measures with one `where` are counted together."""
        by_where: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for spec in specs:
            by_where.setdefault(_read_where(spec), []).append(str(spec["measure"]))
        actor = viewer or make_system_actor("figures")
        counts = {
            where: count_cases(actor, codes, period, splits, where) for where, codes in by_where.items()
        }
        return [_build_reading(counts[_read_where(spec)], str(spec["measure"]), splits) for spec in specs]

    def list_rows(self, spec: Spec, *, period: Period, where: Mapping[str, str]) -> RowsLink:
        """Return the board's list of the cases behind a number."""
        pairs = [*_read_where(spec), *((by, _make_board_key(by, key)) for by, key in where.items())]
        narrowed = [pair for by, key in pairs for pair in (("by", by), ("key", key))]
        return RowsLink(ROWS, (), (("measure", str(spec["measure"])), ("period", period.text), *narrowed))

    def reads_present(self, spec: Spec) -> bool:
        """Return whether the measure counts what is not handled by now."""
        return spec.get("measure") == "pending"

    def reads_by_month(self, spec: Spec) -> bool:
        """Return True: a case that counts in two months counts in the cells of both."""
        return True

    def find_beginning(self, spec: Spec) -> date | None:
        """Return the day on which the first case was reported."""
        first = Case.objects.aggregate(first=Min("reported_at"))["first"]
        return first.astimezone(clock.TOWN_TZ).date() if first is not None else None

    def name_rows(self, spec: Spec) -> tuple[str, str]:
        """Return the name of the measure, and of the values by which its cases are narrowed."""
        where = [(by, keys) for by, keys in _read_where(spec) if by not in {WITHOUT, PLACES_OF}]
        groups = [find_group(by, key) for by, keys in where for key in keys.split(",")]
        words = " · ".join(group.label for group in groups if group is not None)
        name = str(MEASURES[str(spec["measure"])].label)
        return name, f"{name} · {words}" if words else ""

    def name_keys(self, spec: Spec, split: str) -> Mapping[str, str]:
        """Return the labels of categories or channels, in the order of the board."""
        labels = {group.key: group.label for group in read_groups(split)}
        return {**labels, "": get_no_value_label(split)}

    def check_duration(self, spec: Spec) -> list[str]:
        """Return what is wrong with the spec of a duration."""
        faults = _check_duration_form({key: value for key, value in spec.items() if key != WITHOUT})
        where = spec.get("where", {})
        if not isinstance(where, Mapping):
            return [*faults, _("where 应是筛选条件和值的表")]
        for by, value in where.items():
            faults += _check_filter(by, value)
        return faults

    def check_duration_in_pack(
        self, spec: Spec, pack: Pack, report: Report, splits: tuple[str, ...]
    ) -> list[str]:
        """Return what is wrong with the spec of a duration, compared with the codes of the pack."""
        return _check_duration_form(spec) + _check_where_in_pack(spec, pack) or check_splits(
            splits, SPLITS - {MONTH}
        )

    def read_duration(
        self, spec: Spec, quantile: int, *, period: Period, split: str, viewer: Any
    ) -> DurationReading:
        """Return a quantile of a duration, from the rows."""
        return read_quantile(
            viewer or make_system_actor("figures"),
            str(spec["duration"]),
            quantile,
            period,
            split=split,
            where=_read_where(spec),
            hours=str(spec.get("hours", ALL_HOURS)),
            without_pauses=bool(spec.get("without_pauses", False)),
        )

    def list_duration_rows(self, spec: Spec, *, period: Period, where: Mapping[str, str]) -> RowsLink:
        """Return the board's list of the cases whose duration ended in the period."""
        measure = DURATIONS[str(spec["duration"])].measure
        same = {name: value for name, value in spec.items() if name in {"source", "where", WITHOUT}}
        return self.list_rows({**same, "measure": measure}, period=period, where=where)

    def update_stored(self) -> int:
        """Bring the stored counts up to date; return how many days were counted."""
        return updating.update_counts()

    def describe_stored(self) -> dict[str, Any]:
        """Return the fill state of the stored counts."""
        return updating.describe_counts()

    def find_differences(self) -> Iterator[Difference]:
        """Return every stored count that differs from a recount."""
        return verifying.find_differences()


def _check_duration_form(spec: Spec) -> list[str]:
    faults = check_keys(spec, {"duration", "hours", "without_pauses", "where"})
    if not isinstance(spec.get("without_pauses", False), bool):
        message = _("without_pauses 应是 true 或 false，现在是 %(value)r")
        faults.append(message % {"value": spec["without_pauses"]})
    for name, known, default in (("duration", DURATIONS, None), ("hours", HOURS, ALL_HOURS)):
        value = spec.get(name, default)
        if not isinstance(value, str) or value not in known:
            faults.append(name_unknown(name, value, known))
    return faults


def _check_where_in_pack(spec: Spec, pack: Pack) -> list[str]:
    where, faults = spec.get("where", {}), list[str]()
    if not isinstance(where, Mapping):
        return [_("where 应是筛选条件和值的表")]
    for by, value in where.items():
        if by not in FILTERS:
            faults.append(_name_wrong_filter(by))
            continue
        known = list_codes(pack, by)
        values = value if isinstance(value, list) else [value]
        faults += [_name_missing(by, item) for item in values if item not in known]
    return faults


def _name_wrong_filter(by: str) -> str:
    message = _("案件不能按 %(by)s 筛选；可以写：%(known)s")
    return message % {"by": by, "known": list_names(FILTERS)}


def _name_missing(by: str, item: Any) -> str:
    return _("where %(by)s：没有 %(item)s") % {"by": by, "item": item}


def _check_filter(by: str, value: Any) -> list[str]:
    if by not in FILTERS:
        return [_name_wrong_filter(by)]
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(item, str) and item for item in values):
        message = _("where %(by)s 应是一段文字或一组文字，现在是 %(value)r")
        return [message % {"by": by, "value": value}]
    unknown_items = [item for item in values if find_group(by, _convert_pack_value(item)) is None]
    if by == "flag":
        return [name_unknown("flag", item, FLAGS) for item in unknown_items]
    return [_name_missing(by, item) for item in unknown_items]


def _convert_pack_value(value: str) -> str:
    """Return the key of a value of a pack: a pack writes "MATTER 01001" for the category "MATTER:01001"."""
    return value.replace(" ", ":")


def _read_where(spec: Spec) -> tuple[tuple[str, str], ...]:
    where = spec.get("where", {})
    excluded = spec.get(WITHOUT)
    return (
        *(
            (by, ",".join(map(_convert_pack_value, value if isinstance(value, list) else [value])))
            for by, value in sorted(where.items())
        ),
        *([(WITHOUT, ",".join(excluded))] if excluded else []),
        *([(PLACES_OF, NOW)] if is_by_present_places() else []),
    )


def _make_board_key(by: str, key: str) -> str:
    """Return the key of a cell in the board's addresses, where a community has its code."""
    if by == AREA and key:
        community = find_community(key)  # even a retired one
        return (
            community.code
            if community is not None
            else str(Area.objects.values_list("code").get(path=key)[0])
        )
    return key or NO_VALUE


def _build_reading(counts: Counts, code: str, splits: tuple[str, ...]) -> Reading:
    cells = tuple(Cell(key, Decimal(number), number) for key, number in counts.cells[code].items())
    if code not in counts.whole:
        return Reading(splits, cells)
    number = counts.whole[code]
    return Reading(splits, cells, Cell((), Decimal(number), number))
