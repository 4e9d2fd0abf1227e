"""A page reads all of its figures from one state of the database, what they share once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.selectors.board import read_board, read_totals, read_trend
from jiedao.cases.selectors.counting import count_measures
from jiedao.cases.selectors.measures import MEASURES
from jiedao.cases.stored_counts.updating import update_counts
from jiedao.cases.stored_counts.verifying import find_differences
from jiedao.cases.tests.test_board import JUNE, MAY, NOON, at
from jiedao.kernel import clock, periods
from jiedao.kernel.snapshots import read_snapshot
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import make_cases, make_town

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_page_reads_what_waits_once_and_shows_what_the_rows_count() -> None:
    town, actor = make_town(), make_system_actor()
    with clock.at(NOON):
        due = {"handle_due_at": at(20, month=6), "state": "HANDLING"}
        rows = [{"reported_at": at(day), "unit": "URBAN", **due} for day in (3, 4, 20)]
        make_cases(town, rows, index=False)
        update_counts()
        new = NewCase(channel="HOTLINE", subject="垃圾", detail="有垃圾", reported_at=at(4))
        file_case(new, actor=town.actor("registrar"))
        with CaptureQueriesContext(connection) as queries, read_snapshot():
            boards = [read_board(actor, period, "unit") for period in (MAY, JUNE)]
            totals = read_totals(actor, MAY)
            trend = read_trend(actor, periods.list_months(periods.parse_period("2020H1")))
        for board, period in zip(boards, (MAY, JUNE), strict=True):
            counted = count_measures(actor, MEASURES, period).cells
            assert board.total.counts == {code: counted[code].get((), 0) for code in MEASURES}
        assert totals.counts["reported"] == trend[4].counts["reported"] == 4
        assert sum("cases_countchange" in query["sql"] for query in queries) == 1
        assert list(find_differences()) == []
