"""Stored counts always equal counting the rows, whatever happens between two runs of the worker."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jiedao.cases.actions.intake import NewCase, file_case, file_cases
from jiedao.cases.models import Case, Clock, CountChange, CountFill, Grain, StoredCount
from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors.board import read_trend
from jiedao.cases.selectors.counting import Counts, count_measures, count_periods
from jiedao.cases.selectors.measures import MEASURES, Table
from jiedao.cases.selectors.splits import SPLITS
from jiedao.cases.stored_counts.cells import Tallies, Tally
from jiedao.cases.stored_counts.contributions import CASE_TIMES, Entries, add_case, read_cases
from jiedao.cases.stored_counts.counting import count_days
from jiedao.cases.stored_counts.definitions import get_definitions
from jiedao.cases.stored_counts.marking import mark_changes
from jiedao.cases.stored_counts.reach import REACHES
from jiedao.cases.stored_counts.reading import count_cases, count_run
from jiedao.cases.stored_counts.updating import CHUNKS, clear_counts, update_counts
from jiedao.cases.stored_counts.verifying import find_differences
from jiedao.cases.tests.test_board import CASES, CLOCKS, MOVES, NOON, PARTS, add_history, at
from jiedao.cases.tests.test_flow_machine import press
from jiedao.kernel import clock, periods
from jiedao.kernel.figures import MONTH
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.kernel.policies import POLICIES
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.orgs.models import Unit
from jiedao.testing.cast import Town, make_case, make_cases, make_move, make_town, walk

pytestmark = pytest.mark.django_db
PERIODS = (
    "2020-05",
    "2020-04..2020-06",
    "2020H1",
    "2020",
    "all",
    "2020-06",
    "2020-W20",
    "2020-05-04",
    "2020-04-10..2020-06-03",
    "2020-05-01..2020-06-03",
)
CASE_CODES = [code for code, m in MEASURES.items() if m.table is Table.CASE and m.minus is None]
LIMITED_SPLITS: tuple[tuple[str, ...], ...] = ((), (MONTH,), ("unit",))
WEEK = periods.parse_period("2020-W20")
APRIL, MAY, JUNE = (periods.parse_period(text) for text in ("2020-04", "2020-05", "2020-06"))


def list_readings() -> list[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]]:
    """Return pairs of splits and filters: some that the store answers, some that it does not."""
    river = ("area", "990001001001")
    filters = [
        ("unit", "URBAN"),
        ("unit", "URBAN,WATER"),
        ("channel", "HOTLINE,PATROL"),
        ("area", "-"),
        ("category", "MATTER:01"),
        ("category", "MATTER:01001"),
        river,
        ("flag", "urgent"),
    ]
    return [
        *(((), (pair,)) for pair in filters),
        ((MONTH,), (("channel", "HOTLINE"),)),
        ((), ()),
        ((MONTH,), ()),
        *(((split,), ()) for split in SPLITS),
    ]


def sort_counts(counts: Counts) -> dict[str, Any]:
    return {
        code: (sorted((key, n) for key, n in cells.items() if n), counts.whole.get(code))
        for code, cells in counts.cells.items()
    }


def check_equal(written: Sequence[str] = PERIODS) -> None:
    """Assert that what is read equals what is counted from the rows, for every split and many filters."""
    actor = make_system_actor()
    for text in written:
        period = periods.parse_period(text)
        for splits, where in list_readings():
            read = count_cases(actor, MEASURES, period, splits, where)
            counted = count_measures(actor, MEASURES, period, splits, where)
            assert sort_counts(read) == sort_counts(counted), (text, splits, where)


def list_limited_actors(town: Town) -> list[Actor]:
    """Return users of a unit with one below it, of one alone, of a community by their unit, and of a grid."""
    handler, worker = town.actor("handler"), town.actor("grid1")
    secretary = replace(worker, area_paths=(town.areas["RIVER"].path,))
    both = replace(worker, area_paths=(town.areas["RIVER"].path, town.areas["HILL"].path))
    return [handler, town.actor("cleaner"), town.actor("water"), secretary, both, worker, town.actor("grid3")]


def check_limited(town: Town, written: Sequence[str], actors: Sequence[Actor] = ()) -> None:
    """Assert that what limited users read equals what is counted from the rows that they see."""
    for actor in actors or list_limited_actors(town)[:4]:
        for text in written:
            period = periods.parse_period(text)
            for splits in LIMITED_SPLITS:
                read = count_cases(actor, MEASURES, period, splits)
                counted = count_measures(actor, MEASURES, period, splits)
                assert sort_counts(read) == sort_counts(counted), (actor.label, text, splits)
        for run in (periods.list_periods_up_to(MAY, 2), periods.list_periods_up_to(WEEK, 2)):
            assert count_run(actor, CASE_CODES, run) == count_periods(actor, CASE_CODES, run), actor.label


def add_own_reports(town: Town, own: Sequence[str]) -> None:
    """Let the users of these names be the reporters of the first cases, wherever those are."""
    for name, case in zip(own, Case.objects.order_by("id"), strict=False):
        Case.objects.filter(pk=case.pk).update(reported_by=town.users[name])


def count_rows_statements(period: periods.Period = MAY, by: tuple[str, ...] = ("unit",)) -> int:
    """Return how many statements of a reading count rows of cases."""
    with CaptureQueriesContext(connection) as queries:
        count_cases(make_system_actor(), MEASURES, period, by)
    return sum("COUNT(" in query["sql"] or "m_" in query["sql"] for query in queries)


@settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
@given(
    st.lists(CASES, min_size=1, max_size=8),
    PARTS,
    MOVES,
    CLOCKS,
    st.lists(st.sampled_from(PERIODS), min_size=2, max_size=2),
    st.lists(st.sampled_from(["handler", "water", "grid1", "grid3"]), max_size=4),
)
def test_stored_counts_equal_counted_rows(  # noqa: PLR0917 (what hypothesis draws)
    town: Town, cases: Any, parts: Any, moves: Any, clocks: Any, written: list[str], own: list[str]
) -> None:
    with clock.at(NOON), transaction.atomic():
        clear_counts()
        add_history(town, cases, parts, moves, clocks)
        add_own_reports(town, own)
        update_counts()
        assert CountFill.objects.get().first_date == periods.FIRST
        check_equal(written)
        check_limited(town, written[:1])
        assert list(find_differences()) == []
        transaction.set_rollback(True)


@settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
@given(st.lists(CASES, min_size=1, max_size=8), PARTS, MOVES, CLOCKS)
def test_a_case_alone_adds_what_counting_its_rows_adds(
    town: Town, cases: Any, parts: Any, moves: Any, clocks: Any
) -> None:
    with clock.at(NOON), transaction.atomic():
        add_history(town, cases, parts, moves, clocks)
        entries, tallies = Entries(), Tallies()
        for rows in read_cases(list(Case.objects.values_list("pk", flat=True))):
            add_case(entries, rows, get_definitions())
        for (day, split, key, code, month), number in entries.items():
            tallies.setdefault(day, {}).setdefault((split, key), Tally()).add(code, number, month or None)
        assert tallies == count_days([(periods.FIRST, periods.LAST)])
        transaction.set_rollback(True)


@settings(
    max_examples=6,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
@given(data=st.data())
def test_random_moves_never_make_a_stored_count_wrong(town: Town, data: st.DataObject) -> None:
    people = [name for name in town.users if name != "admin"]
    moment = at(1, month=4)
    with transaction.atomic():
        clear_counts()
        with clock.at(moment):
            cases = [walk(town, to=state) for state in ("REPORTED", "HANDLING", "CLOSED")]
        for _step in range(data.draw(st.integers(3, 14))):
            moment += timedelta(minutes=data.draw(st.integers(1, 9000)))
            with clock.at(moment):
                case = data.draw(st.sampled_from(cases))
                case.refresh_from_db()
                press(data.draw, town, people, case, cases[0])
                if data.draw(st.booleans()):
                    update_counts(steps=data.draw(st.integers(1, 4)))
                if data.draw(st.integers(0, 3)) == 0:
                    check_equal([data.draw(st.sampled_from(PERIODS))])
                    actor = data.draw(st.sampled_from(list_limited_actors(town)))
                    check_limited(town, [data.draw(st.sampled_from(PERIODS))], [actor])
                    assert list(find_differences()) == []
        with clock.at(moment + timedelta(days=data.draw(st.integers(0, 40)))):
            check_equal(["2020H1"])
            update_counts()
            check_equal(["2020H1"])
            check_limited(town, ["2020H1"])
            assert list(find_differences()) == []
        transaction.set_rollback(True)


def test_every_time_of_a_measure_is_marked() -> None:
    times = {measure.time for measure in MEASURES.values() if measure.table is Table.CASE}
    assert times == {"reported_date", *CASE_TIMES}
    assert {(m.table, m.time) for m in MEASURES.values() if m.table is not Table.CASE} == {
        (Table.ASSIGNMENT, "dispatched_at"),
        (Table.ASSIGNMENT, "ended_at"),
        (Table.MOVE, "at"),
        (Table.CLOCK, "due_at"),
    }


def fill(town: Town) -> None:
    make_cases(town, [{"reported_at": at(day), "unit": "URBAN"} for day in (3, 4, 20)], index=False)
    update_counts()


def test_a_filled_month_is_read_without_counting_rows() -> None:
    town = make_town()
    with clock.at(NOON):
        assert count_rows_statements() > 0
        fill(town)
        assert count_rows_statements() == 0
        counts = count_cases(make_system_actor(), ["reported"], MAY, ("unit",))
    assert counts.cells["reported"] == {("URBAN",): 3}


def test_a_move_is_read_at_once_and_settled_by_the_worker() -> None:
    town = make_town()
    with clock.at(at(5)):
        case = walk(town, to="HANDLING")
    with clock.at(NOON):
        update_counts()
        before = count_cases(make_system_actor(), ["due", "overdue", "on_time"], MAY, ("unit",)).cells
        make_move(town, "handler", case, "RETURN", reason="NOT_OURS", note="不归我们管")
        assert CountChange.objects.exists()
        after = count_cases(make_system_actor(), ["due", "overdue", "on_time"], MAY, ("unit",)).cells
        assert (before["due"], after["due"]) == ({("URBAN",): 1}, {})
        check_equal(["2020-05"])
        update_counts()
        assert not CountChange.objects.exists()
        assert count_rows_statements() == 0
        check_equal(["2020-05"])


def test_a_deadline_that_moves_to_another_month_leaves_the_first() -> None:
    town = make_town()
    with clock.at(at(28, month=4)):
        case = walk(town, to="HANDLING")
    with clock.at(at(29, 8, month=4)):
        case = make_move(town, "handler", case, "ASK_EXTENSION", limit="5wd", note="要等材料")
    with clock.at(at(3)):
        update_counts()
        assert count_cases(make_system_actor(), ["due"], APRIL).cells["due"] == {(): 1}
        make_move(town, "shift", case, "GRANT_EXTENSION", request=case.extension_requests.get().pk)
        assert count_cases(make_system_actor(), ["due"], APRIL).cells["due"] == {}
    with clock.at(NOON):
        update_counts()
        assert count_cases(make_system_actor(), ["due"], MAY).cells["due"] == {(): 1}
        check_equal(["2020-04", "2020-05", "2020H1"])
        assert list(find_differences()) == []


def test_a_case_that_is_filed_late_marks_its_past_day() -> None:
    town = make_town()
    with clock.at(NOON):
        fill(town)
        new = NewCase(channel="HOTLINE", subject="垃圾", detail="有垃圾", reported_at=at(4))
        file_case(new, actor=town.actor("registrar"))
        check_equal(["2020-05"])
        file_cases([new, new], actor=town.actor("registrar"))
        check_equal(["2020-05"])
        assert count_cases(make_system_actor(), ["reported"], MAY).cells["reported"] == {(): 6}
        update_counts()
        assert count_rows_statements() == 0
        check_equal(["2020-05"])


def test_a_case_of_today_is_read_at_once_and_then_from_the_store() -> None:
    town = make_town()
    with clock.at(NOON):
        fill(town)
        file_case(NewCase(channel="HOTLINE", subject="垃圾", detail="有垃圾"), actor=town.actor("registrar"))
        june = periods.parse_period("2020-06")
        assert count_cases(make_system_actor(), ["reported"], june).cells["reported"] == {(): 1}
        check_equal(["2020-06"])
        update_counts()
        assert not CountChange.objects.exists()
        check_equal(["2020-06"])
        assert list(find_differences()) == []


def test_a_deadline_counts_from_its_moment_on_without_a_run_of_the_worker() -> None:
    town = make_town()
    with clock.at(NOON):
        due = {"handle_due_at": at(15, 16, month=6), "close_due_at": at(18, month=6), "state": "HANDLING"}
        make_case(town, reported_at=at(14, month=6), unit="URBAN", index=False, **due)
        update_counts()
    counts = []
    for hour in (12, 15, 17):
        with clock.at(at(15, hour, month=6)):
            read = count_cases(make_system_actor(), ["due", "overdue", "due_close"], JUNE, ("unit",)).cells
            counts.append([sum(read[code].values()) for code in ("due", "overdue", "due_close")])
            check_equal(["2020-06"])
    assert counts == [[0, 0, 0], [0, 0, 0], [1, 1, 0]]


def test_counts_are_right_after_the_clock_was_ahead_and_behind() -> None:
    town = make_town()
    new = NewCase(channel="HOTLINE", subject="垃圾", detail="有垃圾")
    with clock.at(NOON):
        fill(town)
        before = count_cases(make_system_actor(), ["reported"], JUNE).cells["reported"].get((), 0)
    for moment in (NOON.replace(year=2030), NOON - timedelta(days=1), NOON):
        with clock.at(moment):
            file_case(new, actor=town.actor("registrar"))
            check_equal(["2020-06", "2030-06", "all"])
            update_counts()
            check_equal(["2020-06", "2030-06", "2030", "all"])
            assert list(find_differences()) == []
    with clock.at(NOON):
        assert count_cases(make_system_actor(), ["reported"], JUNE).cells["reported"][()] == before + 2
        clear_counts()
    with clock.at(NOON.replace(year=2030)):  # filled for the first time while the clock is ahead
        update_counts()
    with clock.at(NOON):
        file_case(new, actor=town.actor("registrar"))
        update_counts()
        check_equal(["2020-05", "2020-06", "2030-06", "all"])
        assert list(find_differences()) == []


def test_periods_with_complete_months_to_come_read_their_deadlines() -> None:
    town = make_town()
    with clock.at(NOON):
        due = {"handle_due_at": at(20, month=8), "close_due_at": at(25, month=8), "state": "HANDLING"}
        make_case(town, reported_at=at(14, month=6), unit="URBAN", index=False, **due)
        update_counts()
        check_equal(["2020-08", "2020Q3", "2020", "all"])
        assert count_cases(make_system_actor(), ["due"], periods.parse_period("2020")).cells["due"] == {}
        assert list(find_differences()) == []
    with clock.at(at(21, month=8)):
        check_equal(["2020-08", "2020Q3"])


def test_a_step_that_fills_more_than_a_year_adds_every_month_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHUNKS, connection.vendor, timedelta(days=800))
    town = make_town()
    with clock.at(NOON):
        past = [{"reported_at": at(3, month=month).replace(year=2019)} for month in range(1, 13)]
        make_cases(town, [*past, {"reported_at": at(3, month=2)}], index=False)
        update_counts(steps=1)
        assert count_cases(make_system_actor(), ["reported"], periods.parse_period("2019")).cells[
            "reported"
        ] == {(): 12}
        check_equal(["2019-01", "2019", "all"])


def test_a_month_that_was_never_added_up_is_named() -> None:
    town = make_town()
    with clock.at(NOON):
        fill(town)
        StoredCount.objects.filter(grain=Grain.MONTH).delete()
        assert {difference.period for difference in find_differences()} == {"2020-05"}


def test_a_case_with_two_deadlines_of_accepting_counts_once() -> None:
    town = make_town()
    with clock.at(NOON):
        case = make_case(town, reported_at=at(1, month=6), has_reporter=True, index=False)
        for due_at, stopped_at in ((at(1, 12, month=6), at(1, 11, month=6)), (at(20, month=6), None)):
            Clock.objects.create(
                case=case,
                stage="ACCEPT",
                limit="2wh",
                started_at=at(1, month=6),
                warn_at=at(1, month=6),
                due_at=due_at,
                stopped_at=stopped_at,
            )
        update_counts()
        assert count_cases(make_system_actor(), ["to_respond"], JUNE).cells["to_respond"] == {(): 1}
        check_equal(["2020-06"])


def test_a_change_by_other_definitions_is_counted_from_the_rows() -> None:
    town = make_town()
    with clock.at(at(5)):
        case = walk(town, to="HANDLING")
    with clock.at(NOON):
        update_counts()
        make_move(town, "handler", case, "RETURN", reason="NOT_OURS", note="不归我们管")
        CountChange.objects.update(
            digest="of another process", entries=[["2020-05-05", "", "", "due", "", 7]]
        )
        assert count_rows_statements() > 0
        check_equal(["2020-05"])
        assert list(find_differences()) == []
        update_counts()
        assert count_rows_statements() == 0
        check_equal(["2020-05"])
        assert list(find_differences()) == []


def test_a_split_report_counts_with_the_reporter_that_its_parts_inherit() -> None:
    town = make_town()
    with clock.at(NOON):
        update_counts()
        new = NewCase(channel="HOTLINE", subject="两件事", detail="垃圾和路灯", reporter_phone="13800000001")
        filed = file_case(new, actor=town.actor("registrar"))
        perform(town.actor("dispatcher"), filed.id, "SPLIT", data={"parts": ["垃圾没人收", "路灯不亮"]})
    with clock.at(at(20, month=6)):
        assert count_cases(make_system_actor(), ["to_respond"], JUNE).cells["to_respond"] == {(): 3}
        check_equal(["2020-06"])


def test_limited_posts_read_the_store_where_it_holds_what_they_see() -> None:
    town = make_town()
    with clock.at(NOON):
        fill(town)
        handler, cleaner, _water, secretary, both, worker, _other = list_limited_actors(town)
        roots = [REACHES.get().find_root(actor) for actor in (handler, cleaner, secretary)]
        assert roots == [
            f"u{town.units['URBAN'].pk}", f"u{town.units['CLEAN'].pk}", f"a{town.units['RIVER'].pk}"
        ]  # fmt: skip
        # two communities, a grid: no cells, and neither for a user who may see no cases
        assert [REACHES.get().find_root(actor) for actor in (both, worker)] == [None, None]
        for actor in (handler, cleaner, secretary):
            for splits in LIMITED_SPLITS:
                assert read_of_store(actor, splits), (actor.label, splits)
            assert not read_of_store(actor, ("area",))
        assert not read_of_store(worker, ())
        blind = replace(handler, permissions=frozenset())
        assert count_cases(blind, ["reported"], MAY).cells["reported"] == {}


def read_of_store(actor: Actor, splits: tuple[str, ...]) -> bool:
    """Return whether a reading reads stored cells."""
    with CaptureQueriesContext(connection) as queries:
        count_cases(actor, MEASURES, MAY, splits)
    return any("cases_storedcount" in query["sql"] for query in queries)


def test_a_case_that_moves_between_units_and_communities_stays_with_those_that_had_it() -> None:
    town = make_town()
    with clock.at(at(5)):
        case = walk(town, to="HANDLING")
    with clock.at(NOON):
        update_counts()
        handler, cleaner, water, secretary, *_others = list_limited_actors(town)
        make_move(town, "handler", case, "RETURN", reason="NOT_OURS", note="不归我们管")
        check_limited(town, ["2020-05", "2020"])
        make_move(town, "dispatcher", case, "DISPATCH", unit=town.units["WATER"].pk)
        counts = {
            actor.label: count_cases(actor, ["reported", "dispatched"], periods.parse_period("2020")).cells
            for actor in (handler, cleaner, water, secretary)
        }
        assert counts[handler.label] == counts[water.label] == {"reported": {(): 1}, "dispatched": {(): 1}}
        assert counts[cleaner.label] == {"reported": {}, "dispatched": {}}
        by_unit = count_cases(handler, ["reported"], MAY, ("unit",)).cells["reported"]
        assert by_unit == {("WATER",): 1}  # its present unit, although the reader's unit had it before
        with transaction.atomic(), mark_changes([case.pk]):
            Case.objects.filter(pk=case.pk).update(area_path=town.areas["G3"].path)
        check_limited(town, ["2020-05", "2020"])
        update_counts()
        check_limited(town, ["2020-05", "2020"])
        assert list(find_differences()) == []


def test_a_unit_that_moves_below_another_makes_every_count_again() -> None:
    town = make_town()
    with clock.at(NOON):
        fill(town)
        Unit.objects.filter(code="WATER").update(parent=town.units["URBAN"])
        forget_all()
        check_limited(town, ["2020-05"])
        assert not read_of_store(town.actor("handler"), ())
        update_counts()
        assert read_of_store(town.actor("handler"), ())
        check_limited(town, ["2020-05"])


def test_a_wrong_month_of_what_a_limited_post_sees_is_named() -> None:
    town = make_town()
    with clock.at(NOON):
        fill(town)
        row = StoredCount.objects.get(grain=Grain.MONTH, split="reach", key=f"u{town.units['URBAN'].pk}")
        row.counts["reported"] += 2
        row.save()
        assert [(d.period, d.measure, d.stored - d.counted) for d in find_differences()] == [
            ("2020-05", "reported", 2)
        ]


def test_other_definitions_are_not_answered_by_old_counts() -> None:
    town = make_town()
    with clock.at(NOON):
        make_case(town, reported_at=at(3), visited_at=at(9), satisfaction=3, index=False)
        update_counts()
        Policy.objects.create(key="unsatisfied_score", value=3)
        POLICIES.forget()
        check_equal(["2020-05"])
        assert count_rows_statements() > 0
        update_counts()
        assert count_rows_statements() == 0
        assert count_cases(make_system_actor(), ["unsatisfied"], MAY).cells["unsatisfied"] == {(): 1}


@pytest.mark.parametrize("grain", [Grain.MONTH, Grain.DAY])
def test_a_wrong_stored_count_is_named(grain: Grain) -> None:
    town = make_town()
    with clock.at(NOON):
        fill(town)
        row = (
            StoredCount.objects.filter(grain=grain, split="unit", key="URBAN").order_by("first_date").first()
        )
        assert row is not None
        row.counts["reported"] += 5
        row.save()
        differences = list(find_differences())
    assert [(d.measure, d.split, d.key, d.stored - d.counted) for d in differences] == [
        ("reported", "unit", "URBAN", 5)
    ]
    assert differences[0].period == ("2020-05" if grain == Grain.MONTH else "2020-05-03")


def test_a_stored_day_that_has_no_rows_is_named() -> None:
    town = make_town()
    with clock.at(NOON):
        fill(town)
        StoredCount.objects.create(
            grain=Grain.DAY, first_date=date(2020, 5, 30), split="", key="", counts={"filed": 2}
        )
        assert [(d.period, d.stored, d.counted) for d in find_differences()] == [("2020-05-30", 2, 0)]


def test_the_trend_reads_what_is_stored() -> None:
    town = make_town()
    with clock.at(NOON):
        make_cases(town, [{"reported_at": at(3, month=month)} for month in (3, 4, 4, 5, 6)], index=False)
        run = periods.list_months(periods.parse_period("2020-03..2020-06"))
        counted = read_trend(make_system_actor(), run)
        update_counts()
        assert read_trend(make_system_actor(), run) == counted
        assert [point.counts["reported"] for point in counted] == [1, 2, 1, 1]


def test_the_trend_of_weeks_and_days_reads_what_is_stored() -> None:
    town = make_town()
    with clock.at(NOON):
        due = [(3, 9), (4, 12), (12, 15), (25, 18)]  # day of May, day of June
        rows = [
            {"reported_at": at(day), "handle_due_at": at(to, 14, month=6), "state": "HANDLING"}
            for day, to in due
        ]
        make_cases(town, rows, index=False)
        for text in ("2020-W25", "2020-06-15", "2020-06-09..2020-06-18"):
            run = periods.list_periods_up_to(periods.parse_period(text))
            counted = read_trend(make_system_actor(), run)
            update_counts()
            file_case(
                NewCase(channel="HOTLINE", subject="灯", detail="灯灭了"), actor=town.actor("registrar")
            )
            read = read_trend(make_system_actor(), run)
            assert [point.counts["due"] for point in read] == [point.counts["due"] for point in counted]
            assert read[-1].counts["reported"] == counted[-1].counts["reported"] + 1
            clear_counts()
            assert read_trend(make_system_actor(), run) == read


def list_days(pk: int) -> set[date]:
    return read_cases([pk])[0].list_days()


def test_a_move_in_the_small_hours_marks_its_local_day() -> None:
    town = make_town()
    with clock.at(at(1, month=4)):
        case = walk(town, to="CLOSED")
    with clock.at(at(10, 5, month=4)):  # the day before in UTC
        case = make_move(town, "supervisor", case, "REOPEN", note="没有解决")
    assert date(2020, 4, 10) in list_days(case.pk)
    assert date(2020, 4, 9) not in list_days(case.pk)


def test_the_days_of_a_case_contain_those_of_all_its_events() -> None:
    town = make_town()
    with clock.at(at(4)):
        case = walk(town, to="CLOSED")
    days = list_days(case.pk)
    assert date(2020, 5, 4) in days
    case = Case.objects.get(pk=case.pk)
    assert {case.handle_due_at.astimezone(clock.TOWN_TZ).date()} <= days
    with clock.at(at(9)):
        perform(town.actor("visitor"), case.pk, "VISIT", data={"reached": "no", "note": "无人接听"})
    assert date(2020, 5, 9) in list_days(case.pk)
