"""Figures of past periods stay what they were: what happened before a succession counts for the place of then."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jiedao.cases.models import Case, FormerPlace
from jiedao.cases.pack.followers import relocate_cases
from jiedao.cases.selectors.counting import NO_VALUE, count_measures, find_cases
from jiedao.cases.selectors.former_places import LAST_RELOCATION
from jiedao.cases.selectors.measures import MEASURES
from jiedao.cases.selectors.splits import COMMUNITIES
from jiedao.cases.stored_counts.cells import Tallies, Tally
from jiedao.cases.stored_counts.contributions import Entries, add_case, read_cases
from jiedao.cases.stored_counts.counting import count_days
from jiedao.cases.stored_counts.definitions import get_definitions
from jiedao.cases.stored_counts.reading import count_cases
from jiedao.cases.stored_counts.updating import clear_counts, update_counts
from jiedao.cases.stored_counts.verifying import find_differences
from jiedao.cases.tests.test_board import CASES, CLOCKS, MOVES, NOON, PARTS, add_history, at
from jiedao.cases.tests.test_stored_counts import (
    APRIL,
    PERIODS,
    check_equal,
    check_limited,
    sort_counts,
)
from jiedao.kernel import clock, periods
from jiedao.kernel.figures import MONTH
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db
GRIDS, UNITS = ("G1", "G2", "G3", "G4"), ("URBAN", "CLEAN", "WATER")
SUCCESSION = st.tuples(
    st.sampled_from(GRIDS),
    st.sampled_from(GRIDS),
    st.sampled_from(UNITS),
    st.sampled_from(UNITS),
    st.booleans(),
)


def succeed(
    town: Town, moment: datetime, grids: tuple[str, str], units: tuple[str, str] | None = None
) -> int:
    """Move the open cases of a grid to another grid, and those of a unit to another unit; return how many moved."""
    old, new = (town.areas[name] for name in grids)
    before = FormerPlace.objects.count()

    def find_changes(case: Case) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if case.area_id == old.pk and old != new:
            changes = {"area_id": new.pk, "area_path": new.path}
        if units is not None and case.lead_unit_id == town.units[units[0]].pk and units[0] != units[1]:
            changes["lead_unit_id"] = town.units[units[1]].pk
        return changes

    with clock.at(moment):
        relocate_cases(list(Case.objects.values_list("pk", flat=True)), find_changes, make_system_actor())
    return FormerPlace.objects.count() - before


def read_everything(period: periods.Period) -> dict[Any, Any]:
    """Return every cell of a period by every split, and of some filters by month, at one moment of the office."""
    actor = make_system_actor()
    readings: list[Any] = [((), ()), (("unit",), ()), (("area",), ()), ((MONTH,), (("unit", "URBAN"),))]
    readings += [((), (("area", "990001001001"),)), (("area", "unit"), ())]
    with clock.at(NOON):
        counts = {reading: count_cases(actor, MEASURES, period, *reading) for reading in readings}
    return {
        (reading, code): (cells, counted.whole.get(code, sum(cells.values())))
        for reading, counted in counts.items()
        for code, cells in counted.cells.items()
    }


def check_unchanged(before: dict[Any, Any], after: dict[Any, Any]) -> None:
    assert {key: (before[key], after[key]) for key in before if before[key] != after[key]} == {}


def read_totals() -> list[dict[str, Any]]:
    actor = make_system_actor()
    return [
        sort_counts(count_cases(actor, MEASURES, periods.parse_period(text))) for text in ("2020", "2020-05")
    ]


def check_lists(period: periods.Period) -> None:
    """Assert that the list behind every cell by area and unit has as many cases as the cell states."""
    actor = make_system_actor()
    codes = {path: code for path, code, *_names in COMMUNITIES.get()}
    for split in ("area", "unit"):
        counts = count_measures(actor, MEASURES, period, (split,))
        for code, cells in counts.cells.items():
            for (key,), number in cells.items():
                written = (codes[key] if split == "area" else key) if key else NO_VALUE
                cases = find_cases(actor, code, period, ((split, written),))
                assert cases.count() == number, (split, key, code)


@settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
@given(
    st.lists(CASES, min_size=1, max_size=8),
    PARTS,
    MOVES,
    CLOCKS,
    st.lists(SUCCESSION, min_size=1, max_size=2),
    st.sampled_from(PERIODS),
)
def test_figures_before_a_succession_do_not_change(  # noqa: PLR0917 (what hypothesis draws)
    town: Town, cases: Any, parts: Any, moves: Any, clocks: Any, successions: Any, written: str
) -> None:
    with clock.at(NOON), transaction.atomic():
        clear_counts()
        LAST_RELOCATION.forget()
        add_history(town, cases, parts, moves, clocks)
        update_counts()
        for number, (old, new, unit, new_unit, with_unit) in enumerate(successions):
            moment = at(1, month=5) + timedelta(days=16 * number)
            past = periods.build_period(APRIL.first, (moment - timedelta(days=1)).date())
            figures, totals = read_everything(past), read_totals()
            succeed(town, moment, (old, new), (unit, new_unit) if with_unit else None)
            check_unchanged(figures, read_everything(past))
            assert read_totals() == totals
        check_equal([written])
        check_limited(town, [written])
        assert list(find_differences()) == []
        check_lists(periods.parse_period("2020H1"))
        entries, tallies = Entries(), Tallies()
        for rows in read_cases(list(Case.objects.values_list("pk", flat=True))):
            add_case(entries, rows, get_definitions())
        for (day, split, key, code, month), number in entries.items():
            tallies.setdefault(day, {}).setdefault((split, key), Tally()).add(code, number, month or None)
        assert tallies == count_days([(periods.FIRST, periods.LAST)])
        transaction.set_rollback(True)
