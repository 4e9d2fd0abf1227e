"""The board: every number is the number of rows that a click lists."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiedao.cases.flow import State
from jiedao.cases.models import Assignment, CaseMove, Clock
from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors.board import find_board_cases, read_board, read_totals, read_trend
from jiedao.cases.selectors.counting import NO_VALUE
from jiedao.cases.selectors.measures import MEASURES, RATES
from jiedao.cases.selectors.splits import SPLITS
from jiedao.cases.tests.slow_board import SlowBoard
from jiedao.kernel import clock, periods
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.testing.cast import Town, make_case, make_cases, make_town, walk

pytestmark = pytest.mark.django_db
NOON = datetime(2020, 6, 15, 12, tzinfo=clock.TOWN_TZ)
MAY = periods.parse_period("2020-05")
JUNE = periods.parse_period("2020-06")


def at(day: int, hour: int = 10, month: int = 5) -> datetime:
    return datetime(2020, month, day, hour, tzinfo=clock.TOWN_TZ)


def count_checked(
    measure: str, actor: Actor | None = None, period: periods.Period = MAY, by: str = "unit"
) -> int:
    """Return the total of a measure after checking it against its list."""
    who = actor or make_system_actor()
    counted = read_board(who, period, by).total.counts[measure]
    assert counted == find_board_cases(who, measure, period).count()
    return counted


def add_case(town: Town, **columns: Any) -> Any:
    return make_case(town, index=False, **{"reported_at": at(3), "unit": "URBAN", **columns})


def test_due_counts_by_the_deadline_and_not_by_the_day_of_handling() -> None:
    town = make_town()
    add_case(town, handle_due_at=at(2, month=6), handled_at=at(30), handled_on_time=True, state="HANDLED")
    with clock.at(NOON):
        assert count_checked("due") == 0
        assert count_checked("due", period=JUNE) == count_checked("on_time", period=JUNE) == 1


def test_a_deadline_that_is_still_to_come_is_due_only_once_it_is_handled() -> None:
    town = make_town()
    add_case(town, handle_due_at=at(20, month=6), state="HANDLING")
    add_case(
        town, handle_due_at=at(20, month=6), handled_at=at(14, month=6), handled_on_time=True, state="HANDLED"
    )
    with clock.at(NOON):
        assert count_checked("due", period=JUNE) == count_checked("handled", period=JUNE) == 1
    with clock.at(at(21, month=6)):
        assert count_checked("due", period=JUNE) == 2
        assert count_checked("overdue", period=JUNE) == count_checked("pending", period=JUNE) == 1


@pytest.mark.parametrize("state", ["SUSPENDED", "VOIDED", "REJECTED"])
def test_a_suspended_voided_or_refused_case_is_not_due(state: str) -> None:
    town = make_town()
    add_case(town, handle_due_at=at(4), close_due_at=at(9), state=state)
    with clock.at(NOON):
        assert count_checked("due") == count_checked("due_close") == 0


def test_overdue_is_due_minus_on_time() -> None:
    town = make_town()
    due = {"handle_due_at": at(4)}
    add_case(town, **due, handled_at=at(4, 9), handled_on_time=True, state="HANDLED")
    add_case(town, **due, handled_at=at(5), handled_on_time=False, state="HANDLED", reworks=1)
    add_case(town, **due, state="HANDLING", extensions=1)
    with clock.at(NOON):
        total = read_board(make_system_actor(), MAY, "unit").total
    assert [total.counts[code] for code in ("due", "handled", "on_time", "overdue", "pending")] == [
        3,
        2,
        1,
        2,
        1,
    ]
    assert total.counts["rework"] == total.counts["extended"] == 1
    assert (total.rates["handling_rate"], total.rates["rework_rate"]) == (0.6667, 0.5)


def test_a_return_counts_for_the_unit_that_returned() -> None:
    town = make_town()
    case = add_case(town, unit="CLEAN", state="DISPATCHED")
    common = {"case": case, "role": "LEAD"}
    ended = {"ended_at": at(5), "outcome": "RETURNED", "wrong": True}
    Assignment.objects.create(**common, unit=town.units["WATER"], dispatched_at=at(4), **ended)
    Assignment.objects.create(**common, unit=town.units["CLEAN"], dispatched_at=at(6), round=2)
    rows = {row.key: row.counts for row in read_board(make_system_actor(), MAY, "unit").rows}
    assert (rows["WATER"]["returned"], rows["WATER"]["right"]) == (1, 0)
    assert (rows["CLEAN"]["returned"], rows["CLEAN"]["right"]) == (0, 1)
    assert count_checked("dispatched") == count_checked("wrong") == 1
    assert count_checked("right") == 0


def test_response_and_visit_are_measured_by_their_clocks() -> None:
    town = make_town()
    quick, slow = add_case(town, has_reporter=True), add_case(town, has_reporter=True, visited_at=at(20))
    base = {"limit": "2wh", "started_at": at(3), "warn_at": at(3)}
    Clock.objects.create(case=quick, stage="ACCEPT", due_at=at(3, 12), stopped_at=at(3, 11), **base)
    Clock.objects.create(case=slow, stage="ACCEPT", due_at=at(3, 12), stopped_at=at(3, 15), **base)
    for case in (quick, slow):
        CaseMove.objects.create(case=case, move="CLOSE", at=at(18), to_state="CLOSED", actor_label="x")
    with clock.at(NOON):
        rates = read_board(make_system_actor(), MAY, "area").total.rates
    assert (rates["response_rate"], rates["visit_rate"]) == (0.5, 0.5)


def test_a_repeated_call_counts_as_to_visit_only_in_the_month_of_closing() -> None:
    town = make_town()
    with clock.at(at(28)):
        case = walk(town, to="CLOSED")
    with clock.at(at(2, month=6)):
        perform(town.actor("visitor"), case.pk, "VISIT", data={"reached": "no", "note": "无人接听"})
    with clock.at(at(3, month=6)):
        perform(
            town.actor("visitor"), case.pk, "VISIT", data={"reached": True, "solved": True, "satisfaction": 5}
        )
    with clock.at(NOON):
        assert count_checked("to_visit") == count_checked("visited") == 1
        assert count_checked("to_visit", period=JUNE) == 0
        assert count_checked("reached", period=JUNE) == 1


def test_pending_and_extension_rates_are_shares_of_the_due_cases() -> None:
    town = make_town()
    for extra in ({}, {"extensions": 2}, {"handled_at": at(6), "handled_on_time": False}, {"extensions": 1}):
        add_case(town, handle_due_at=at(5), state="HANDLING", **extra)
    with clock.at(NOON):
        rates = read_board(make_system_actor(), MAY, "unit").total.rates
    assert (rates["pending_rate"], rates["extension_rate"]) == (0.75, 0.5)


def test_a_case_of_an_area_that_is_no_community_is_listed_as_it_is_counted() -> None:
    town = make_town()
    lost = town.areas["STREET"].path + "ZZZZ0001"  # under the sub-district, in no community that is known
    add_case(town, area_path=lost)
    assert [
        (row.key, row.counts["reported"]) for row in read_board(make_system_actor(), MAY, "area").rows
    ] == [(NO_VALUE, 1)]
    assert find_board_cases(make_system_actor(), "reported", MAY, [("area", NO_VALUE)]).count() == 1


def test_solved_and_satisfied_count_only_callers_who_were_reached() -> None:
    town = make_town()
    add_case(town, visited_at=at(9), solved=True, satisfaction=5, state="DONE")
    add_case(town, visited_at=at(9), solved=False, satisfaction=3, state="DONE")
    add_case(town, state="CLOSED")
    rates = read_board(make_system_actor(), MAY, "channel").total.rates
    assert (rates["solved_rate"], rates["satisfaction_rate"]) == (0.5, 0.5)


def test_a_rate_without_a_denominator_is_unknown_and_not_zero() -> None:
    make_town()
    assert set(read_totals(make_system_actor(), MAY).rates.values()) == {None}


def test_a_month_ends_at_local_midnight() -> None:
    town = make_town()
    add_case(town, accepted_at=datetime(2020, 5, 31, 23, 59, tzinfo=clock.TOWN_TZ))
    add_case(town, accepted_at=datetime(2020, 6, 1, 0, 0, tzinfo=clock.TOWN_TZ))
    assert count_checked("accepted") == count_checked("accepted", period=JUNE) == 1


def test_a_leader_of_one_community_counts_only_its_cases() -> None:
    town = make_town()
    add_case(town, grid="G1")
    add_case(town, grid="G3")
    post = town.posts["grid3"]
    post.permissions = ["cases.case:view", "cases.board:view"]
    post.save()
    assert count_checked("reported", town.actor("grid3")) == 1
    assert count_checked("reported", town.actor("leader")) == 2


def test_the_board_needs_its_right() -> None:
    town = make_town()
    with pytest.raises(NotAllowed):
        read_board(town.actor("handler"), MAY, "unit")
    with pytest.raises(NotAllowed):
        find_board_cases(town.actor("handler"), "due", MAY)


def test_unknown_measures_splits_and_keys_are_refused() -> None:
    make_town()
    for measure, by, key in [("nonsense", "", ""), ("due", "moon", "x"), ("due", "unit", "NOBODY")]:
        with pytest.raises(UserError):
            find_board_cases(make_system_actor(), measure, MAY, [(by, key)] if by else [])


def test_a_key_that_repeats_counts_once_and_too_many_keys_are_refused() -> None:
    town = make_town()
    add_case(town, handle_due_at=at(4), state="HANDLING")
    system = make_system_actor()
    for where in ([("unit", ",".join(["URBAN"] * 3000))], [("unit", "URBAN")] * 3000):
        assert find_board_cases(system, "due", MAY, where).count() == 1
    for where in (
        [("unit", ",".join(f"U{n}" for n in range(3000)))],
        [("unit", "URBAN" + ",URBAN,-" * n) for n in range(3000)],
    ):
        with pytest.raises(UserError, match="500"):
            find_board_cases(system, "due", MAY, where)


def test_areas_in_use_are_found_without_a_query() -> None:
    town = make_town()
    add_case(town, handle_due_at=at(4), state="HANDLING")
    grids = [town.areas[name].code for name in ("G1", "G2", "G3")]
    find_board_cases(make_system_actor(), "due", MAY, [("area", grids[0])])
    with CaptureQueriesContext(connection) as statements:
        find_board_cases(make_system_actor(), "due", MAY, [("area", ",".join(grids))])
    assert len(statements) == 0


# -- number == rows, for every measure and split ------------------------------------------------------------

MOMENTS = st.integers(0, 70).map(lambda days: at(1, month=4) + timedelta(days=days, hours=days % 24))
MAYBE = st.none() | MOMENTS
CASES = st.fixed_dictionaries(
    {
        "grid": st.sampled_from(["G1", "G2", "G3", "STREET", "NONE"]),
        "unit": st.sampled_from(["URBAN", "CLEAN", "WATER", ""]),
        "kind": st.sampled_from(["RUBBISH", "STALL", "COVER", "CITY", "NONE"]),
        "channel": st.sampled_from(["HOTLINE", "PATROL"]),
        "state": st.sampled_from([s.value for s in State if s != State.MERGED]),
        "reported_at": MOMENTS,
        **dict.fromkeys(
            (
                "accepted_at",
                "filed_at",
                "handled_at",
                "checked_at",
                "closed_at",
                "dispatched_at",
                "visited_at",
                "ended_at",
                "handle_due_at",
            ),
            MAYBE,
        ),
        "close_due_at": MAYBE,
        **dict.fromkeys(("handled_on_time", "closed_on_time", "solved"), st.none() | st.booleans()),
        **dict.fromkeys(("self_handled", "has_reporter"), st.booleans()),
        "satisfaction": st.none() | st.integers(1, 5),
        **dict.fromkeys(("reworks", "extensions"), st.integers(0, 2)),
    }
)
PARTS = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.sampled_from(["URBAN", "CLEAN", "WATER"]),
        MOMENTS,
        MOMENTS,
        st.sampled_from(["DONE", "RETURNED"]),
        st.booleans(),
    ),
    max_size=8,
)
MOVES = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.sampled_from(["VERIFY", "SUSPEND", "COMMENT", "CLOSE"]),
        MOMENTS,
        st.sampled_from(["CLOSED", "DONE"]),
    ),
    max_size=8,
)
CLOCKS = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["ACCEPT", "VISIT", "HANDLE"]), MOMENTS, MOMENTS, MAYBE),
    max_size=8,
)


def add_history(town: Town, cases: Any, parts: Any, moves: Any, clocks: Any) -> None:
    rows = make_cases(town, cases, index=False)

    def case(index: int) -> Any:
        return rows[index % len(rows)]

    for index, unit, given_at, ended_at, outcome, wrong in parts:
        Assignment.objects.create(
            case=case(index),
            unit=town.units[unit],
            role="LEAD",
            dispatched_at=given_at,
            ended_at=ended_at,
            outcome=outcome,
            wrong=wrong,
        )
    for index, code, moment, to in moves:
        CaseMove.objects.create(case=case(index), move=code, at=moment, to_state=to, actor_label="x")
    for index, stage, started_at, due_at, stopped_at in clocks:
        Clock.objects.create(
            case=case(index),
            stage=stage,
            limit="1wd",
            started_at=started_at,
            due_at=due_at,
            warn_at=started_at,
            stopped_at=stopped_at or due_at + timedelta(hours=1),
        )


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(st.lists(CASES, min_size=1, max_size=8), PARTS, MOVES, CLOCKS)
def test_every_number_is_that_of_its_list_and_of_a_slow_count(
    town: Town, cases: Any, parts: Any, moves: Any, clocks: Any
) -> None:
    with clock.at(NOON), transaction.atomic():
        add_history(town, cases, parts, moves, clocks)
        slow = SlowBoard(NOON)
        for actor, splits in ((make_system_actor(), SPLITS), (town.actor("leader"), ("area",))):
            for by in splits:
                board = read_board(actor, MAY, by)
                for code in MEASURES:
                    listed = set(find_board_cases(actor, code, MAY).values_list("pk", flat=True))
                    assert board.total.counts[code] == len(listed), code
                    assert listed == slow.find_ids(code, MAY.first, MAY.last), code
                    for row in board.rows:
                        where = [(by, row.key)]
                        cases_of_cell = find_board_cases(actor, code, MAY, where).values_list("pk", flat=True)
                        assert row.counts[code] == len(cases_of_cell), (code, by, row.key)
                        assert set(cases_of_cell) == slow.find_ids(code, MAY.first, MAY.last, where), (
                            code,
                            where,
                        )
                for rate in RATES.values():
                    shares = [row.rates[rate.code] for row in [*board.rows, board.total]]
                    assert all(share is None or 0 <= share <= 1 for share in shares), rate.code
        assert (
            read_totals(make_system_actor(), MAY).counts
            == read_board(make_system_actor(), MAY, "area").total.counts
        )
        transaction.set_rollback(True)


def test_months_add_up_to_the_quarter() -> None:
    town = make_town()
    for day in range(1, 28, 3):
        for month in (4, 5, 6):
            add_case(
                town,
                handle_due_at=at(day, month=month),
                handled_at=at(day, month=month),
                handled_on_time=True,
            )
    with clock.at(at(1, month=8)):
        months = [
            count_checked("due", period=periods.parse_period(f"2020-{month:02d}")) for month in (4, 5, 6)
        ]
        assert sum(months) == count_checked("due", period=periods.parse_period("2020Q2")) == 27


def test_the_board_costs_the_same_statements_for_many_cases() -> None:
    town = make_town()

    def count_statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            read_board(make_system_actor(), MAY, "unit")
        return len(queries)

    make_cases(town, [{"reported_at": at(3), "unit": "URBAN"}] * 2, index=False)
    count_statements()  # fills the caches of the process
    few = count_statements()
    make_cases(
        town, [{"reported_at": at(4), "unit": u} for u in ("CLEAN", "WATER", "RIVER")] * 20, index=False
    )
    assert count_statements() == few <= 6


def test_a_period_is_found_by_indexes_and_not_by_reading_every_case() -> None:
    make_town()
    measures = [measure for measure in MEASURES.values() if measure.minus is None]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # it reads a small table completely unless a setting forbids it
            cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as queries:
        read_board(make_system_actor(), MAY, "area")
    counting = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert len(counting) == len({measure.table for measure in measures})
    for sql in counting:
        with connection.cursor() as cursor:
            cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + sql)
            plan = "\n".join(str(row) for row in cursor.fetchall())
        assert "Seq Scan" not in plan, plan
        assert "SCAN cases_" not in plan, plan


def test_the_trend_counts_each_month() -> None:
    town = make_town()
    make_cases(town, [{"reported_at": at(3, month=month)} for month in (3, 4, 4, 5)], index=False)
    points = read_trend(make_system_actor(), periods.list_months(periods.parse_period("2020-03..2020-05")))
    assert [(p.period.text, p.counts["reported"]) for p in points] == [
        ("2020-03", 1),
        ("2020-04", 2),
        ("2020-05", 1),
    ]


def test_cases_without_a_unit_are_the_last_row_with_its_own_key() -> None:
    town = make_town()
    make_cases(town, [{"reported_at": at(3)}, {"reported_at": at(3), "unit": "WATER"}], index=False)
    rows = read_board(make_system_actor(), MAY, "unit").rows
    assert [row.key for row in rows] == ["WATER", NO_VALUE]
