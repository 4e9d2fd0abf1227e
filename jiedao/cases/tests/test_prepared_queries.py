"""Queries that the ORM writes once: same rows as the query set, never a stored row, one statement."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from jiedao.accounts.models import User
from jiedao.cases.models import Case, CaseMove, get_sight
from jiedao.kernel.prepared import SOME_ID, SOME_TEXT, CountRows, PreparedQuery
from jiedao.orgs.models import Holding
from jiedao.testing.cast import Town, walk

pytestmark = pytest.mark.django_db
EARLY = datetime(2000, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_rows_are_those_of_the_query_set(town: Town) -> None:
    case, other = walk(town, to="HANDLING"), walk(town, to="FILED")
    moves = PreparedQuery(lambda pk: CaseMove.objects.filter(case_id=pk).order_by("id"), SOME_ID)
    for wanted in (case, other, case):
        expected = list(CaseMove.objects.filter(case=wanted).order_by("id"))
        rows = moves.fetch(wanted.pk)
        assert rows == expected
        names = [field.attname for field in CaseMove._meta.concrete_fields]
        assert [[getattr(row, name) for name in names] for row in rows] == [
            [getattr(row, name) for name in names] for row in expected
        ]
    assert moves.fetch(0) == []


def test_related_rows_are_read_in_the_same_statement(town: Town) -> None:
    case = walk(town, to="HANDLING")
    with_reporter = PreparedQuery(
        lambda number: Case.objects.filter(number=number).select_related("reporter", "lead_unit"), SOME_TEXT
    )
    with_reporter.fetch_first("none")
    with CaptureQueriesContext(connection) as captured:
        row = with_reporter.fetch_first(case.number)
        assert row == case
        assert row.lead_unit == case.lead_unit
        assert hasattr(row, "reporter") == hasattr(case, "reporter")
    assert len(captured) <= 3  # the prepared statement, and what the comparison reads of `case`
    assert sum("cases_reporter" in query["sql"] for query in captured) >= 1


def test_a_later_call_reads_what_was_written_meanwhile(town: Town) -> None:
    case = walk(town, to="FILED")
    subjects = PreparedQuery(lambda pk: Case.objects.filter(pk=pk).values_list("subject"), SOME_ID)
    assert subjects.fetch(case.pk) == [(case.subject,)]
    Case.objects.filter(pk=case.pk).update(subject="路灯不亮，已换人跟进")
    assert subjects.fetch(case.pk) == [("路灯不亮，已换人跟进",)]


def test_days_and_times_are_passed_as_the_database_stores_them(town: Town) -> None:
    case = walk(town, to="FILED")
    since = PreparedQuery(lambda at: Case.objects.filter(reported_at__gte=at).values_list("pk"), EARLY)
    assert (case.pk,) in since.fetch(case.reported_at)
    assert since.fetch(datetime(2100, 1, 1, tzinfo=UTC)) == []
    in_force = PreparedQuery(
        lambda day: Holding.objects.on(day).order_by("id").values_list("pk"), date(1971, 2, 3)
    )
    today = case.reported_date
    expected = list(Holding.objects.on(today).order_by("id").values_list("pk"))
    assert in_force.fetch(today) == expected
    assert expected


def test_counting_needs_no_group(town: Town) -> None:
    count = PreparedQuery(
        lambda name: User.objects.exclude(username=name).values_list(CountRows()), SOME_TEXT
    )
    assert count.fetch_first("none") == (User.objects.count(),)


def test_a_shape_has_a_statement_of_its_own(town: Town) -> None:
    case = walk(town, to="FILED")
    cases = PreparedQuery(
        lambda number, *, context: Case.objects.visible_to(context).filter(number=number), SOME_TEXT
    )
    for name in ("dispatcher", "handler", "dispatcher"):
        actor = town.actor(name)
        expected = list(Case.objects.visible_to(actor).filter(number=case.number))
        assert cases.fetch(case.number, shape=get_sight(actor), context=actor) == expected


def test_a_query_that_can_have_no_row_sends_no_statement(town: Town) -> None:
    nothing = PreparedQuery(lambda pk: Case.objects.none().filter(pk=pk), SOME_ID)
    with CaptureQueriesContext(connection) as captured:
        assert nothing.fetch(1) == []
    assert len(captured) == 0


def test_a_value_that_is_no_parameter_is_refused() -> None:
    query = PreparedQuery(lambda pk, name: Case.objects.filter(pk=pk), SOME_ID, SOME_TEXT)
    with pytest.raises(ValueError, match="stand-in"):
        query.fetch(1, "x")
    annotated = PreparedQuery(lambda pk: Case.objects.filter(pk=pk).annotate(n=CountRows()), SOME_ID)
    with pytest.raises(ValueError, match="annotations"):
        annotated.fetch(1)


@pytest.mark.django_db(transaction=True)
def test_each_thread_has_a_statement_on_its_own_connection() -> None:
    User.objects.create(username="first", full_name="一")
    names = PreparedQuery(lambda name: User.objects.filter(username=name).values_list("full_name"), SOME_TEXT)

    def read() -> list[tuple[str]]:
        try:
            return names.fetch("first")
        finally:
            connections.close_all()

    assert names.fetch("first") == [("一",)]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(read).result() == [("一",)]
    User.objects.update(full_name="二")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(read).result() == [("二",)]
