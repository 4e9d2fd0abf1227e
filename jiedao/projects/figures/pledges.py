"""Responsibility items and decisions as a source of figures: how many there are and how far they are.

A spec: `{"source": "pledges", "count": "confirmed", "kind": "ITEM"}`. `count` is a key of `COUNTS`. A pledge counts in
the period of its deadline, in the state it has now. Splits: unit, state, month (of the deadline).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from jiedao.kernel import periods
from jiedao.kernel.figures import (
    MONTH,
    UNIT,
    Cell,
    Reading,
    RowsLink,
    Spec,
    check_keys,
    check_splits,
    format_month_key,
)
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.periods import Period
from jiedao.kernel.phrasing import name_unknown
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.figure_keys import find_unit_by_code, make_unit_key
from jiedao.projects.models.promises import PledgeKind
from jiedao.projects.selectors.pledges import COUNTS, PledgeFilters, count_pledges_by, find_first_pledge_day

ROWS = "projects.pledges"
STATE = "state"
SPLITS = frozenset({UNIT, STATE, MONTH})


class PledgeSource:
    """Answers the specs whose source is "pledges"."""

    def check(self, spec: Spec) -> list[str]:
        """Return what is wrong with a spec."""
        faults = check_keys(spec, {"count", "kind"})
        if spec.get("count") not in COUNTS:
            faults.append(name_unknown("count", spec.get("count"), COUNTS))
        if "kind" in spec and spec["kind"] not in PledgeKind.values:
            faults.append(name_unknown("kind", spec["kind"], PledgeKind.values))
        return faults

    def check_in_pack(self, spec: Spec, pack: Pack, report: Report, splits: tuple[str, ...]) -> list[str]:
        """Return what is wrong with a measure's spec; it names nothing that a pack declares."""
        return self.check(spec) or check_splits(splits, SPLITS)

    def splits(self, spec: Spec) -> frozenset[str]:
        """Return the splits, the same for every count."""
        return SPLITS

    def reads_present(self, spec: Spec) -> bool:
        """Return whether the count is of a state, which is always that of now."""
        return spec.get("count") != "total"

    def reads_by_month(self, spec: Spec) -> bool:
        """Return True: a pledge counts on its deadline."""
        return True

    def find_beginning(self, spec: Spec) -> date | None:
        """Return the first deadline of a pledge, or the day on which one was first entered if that is earlier."""
        return find_first_pledge_day()

    def read(
        self, specs: Sequence[Spec], *, period: Period, splits: tuple[str, ...], viewer: Any
    ) -> list[Reading]:
        """Return the counts, one statement for each spec."""
        actor = viewer or make_system_actor("figures")
        return [
            _build_reading(count_pledges_by(actor, _build_filters(spec, period), splits), splits)
            for spec in specs
        ]

    def list_rows(self, spec: Spec, *, period: Period, where: Mapping[str, str]) -> RowsLink:
        """Return the list of pledges, narrowed to those that count."""
        filters = _build_filters(spec, period)
        unit = find_unit_by_code(where.get(UNIT, ""))
        query = {
            "kind": filters.kind,
            "state": where.get(STATE, filters.state),
            "late": "1" if filters.late else "",
            "unit": str(unit.id) if unit is not None else "",
            "from": filters.first_date.isoformat() if filters.first_date else "",
            "to": filters.last_date.isoformat() if filters.last_date else "",
        }
        return RowsLink(ROWS, (), tuple((name, value) for name, value in query.items() if value))


def _build_filters(spec: Spec, period: Period) -> PledgeFilters:
    state, late = COUNTS[str(spec["count"])]
    return PledgeFilters(
        kind=str(spec.get("kind", "")),
        state=state,
        late=late,
        first_date=None if period.first == periods.FIRST else period.first,
        last_date=None if period.last == periods.LAST else period.last,
    )


def _build_reading(counts: dict[tuple[Any, ...], int], splits: tuple[str, ...]) -> Reading:
    cells = [
        Cell(tuple(map(_read_key, splits, values)), Decimal(number), number)
        for values, number in counts.items()
    ]
    return Reading(splits, tuple(sorted(cells, key=lambda cell: cell.key)))


def _read_key(split: str, value: Any) -> str:
    if split == MONTH:
        return format_month_key(value)
    return make_unit_key(value) if split == UNIT else str(value)
