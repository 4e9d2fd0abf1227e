"""Due soon is one working day ahead: Monday's first hours count on Sunday, in figures and lists alike."""

from datetime import datetime, timedelta

import pytest
from django.http import QueryDict

from jiedao.cases.selectors.filters import CaseFilters, find_end_of_soon
from jiedao.cases.selectors.home import count_open_cases
from jiedao.cases.selectors.lists import read_case_page
from jiedao.kernel import clock
from jiedao.testing.cast import Town, make_cases

pytestmark = pytest.mark.django_db


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment in the town, counted from the 1st of November 2026; the 30th is a Monday."""
    return datetime(2026, 11, 1, hour, minute, tzinfo=clock.TOWN_TZ) + timedelta(days=day - 1)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (at(26, 15), at(27, 15)),
        (at(27, 15), at(30, 15)),
        (at(28, 11), at(31, 9)),
        (at(29, 22), at(31, 9)),
        (at(30, 8), at(31, 9)),
    ],
)
def test_soon_ends_one_working_day_ahead(db: None, now: datetime, end: datetime) -> None:
    assert find_end_of_soon(now) == end


def test_on_a_sunday_the_figure_and_its_list_hold_all_of_monday(town: Town) -> None:
    with clock.at(at(29, 10)):
        due = [at(30, 9, 30), at(30, 17), at(31, 10), at(29, 9)]
        make_cases(town, [{"due_at": moment} for moment in due])
        actor = town.actor("shift")
        counts = count_open_cases(actor)
        filters, _faults = CaseFilters.read(QueryDict("due=soon&group=open&order=urgency"))
        rows = read_case_page(actor, filters).rows
    assert [row.due_at for row in rows] == due[:2]
    assert counts["soon"] == len(rows)
    assert counts["overdue"] == 1
