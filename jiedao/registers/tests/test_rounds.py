"""Planning rounds from grade and interval, notices of missed inspections, and the figures of both."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.utils.translation import override

from jiedao.kernel import clock, figures, periods
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.registers.actions.inspections import Answer
from jiedao.registers.actions.past import PastRound, import_past_rounds
from jiedao.registers.actions.planning import drop_inspection, plan_rounds, round_window
from jiedao.registers.actions.records import change_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.jobs import mark_missed_inspections, plan_all_rounds
from jiedao.registers.models import Inspection
from jiedao.registers.rows import RecordInput
from jiedao.registers.selectors.inspection_filters import FINDING_COUNTS, INSPECTION_COUNTS, InspectionFilters
from jiedao.registers.selectors.inspections import InspectionCounts, count_inspections, read_inspection_page
from jiedao.registers.tests.inspecting import (
    FIRE,
    INSPECTED,
    JULY,
    TODAY,
    add_house,
    answer_all,
    answer_inspection,
    close_case,
    upload_photo,
)
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town

HILL = "990001001002001"


def days(n: int) -> timedelta:
    return timedelta(days=n)


@pytest.fixture(autouse=True)
def _july() -> Any:
    with clock.at(JULY):
        yield


@pytest.mark.parametrize(
    ("ago", "every", "first", "last"),
    [
        (10, 30, 10, 20),  # may be made in the last third
        (30, 30, -10, 0),
        (31, 30, 0, 30),  # not in arrears on its first day
        (0, 1, 1, 1),
    ],
)
def test_round_window_is_the_last_third_of_the_interval(ago: int, every: int, first: int, last: int) -> None:
    assert round_window(TODAY - days(ago), every, TODAY) == (TODAY + days(first), TODAY + days(last))


def test_rounds_are_planned_once_and_follow_their_record(
    town: Town, inspected: RegisterInfo, django_assert_max_num_queries: Any
) -> None:
    strict = add_house(town, inspected)
    sound = add_house(town, inspected, "H2", storeys=2)
    with django_assert_max_num_queries(40):
        assert plan_all_rounds() == 2
    assert plan_all_rounds() == 0
    assert set(Inspection.objects.values_list("version", flat=True)) == {1}
    assert [
        (inspection.record_id, inspection.due_date) for inspection in Inspection.objects.order_by("record_id")
    ] == [
        (strict.pk, TODAY + days(30)),
        (sound.pk, TODAY + days(360)),
    ]
    data = RecordInput(code="H2", name="H2号楼", area=HILL, values={"storeys": 9, "second_exit": False})
    change_record(actor=town.actor("handler"), record_id=sound.pk, data=data, why="加建")
    assert plan_all_rounds() == 0
    moved_round = Inspection.objects.get(record=sound)
    assert (moved_round.due_date, moved_round.area_path) == (TODAY + days(30), town.areas["G3"].path)
    without_rounds = declare(
        replace(INSPECTED, every_days=0, grades=(replace(INSPECTED.grades[0], every_days=0),))
    )
    plan_rounds(without_rounds, TODAY)
    assert set(Inspection.objects.values_list("state", flat=True)) == {"DROPPED"}


def test_next_round_is_planned_from_the_last_one(town: Town, inspected: RegisterInfo) -> None:
    add_house(town, inspected, on=TODAY - days(30))
    plan_rounds(inspected, TODAY)
    answer_inspection(town, Inspection.objects.get(), on=TODAY - days(2))
    second = Inspection.objects.get(state="DUE")
    assert second.due_date == TODAY + days(28)
    drop_inspection(actor=town.actor("shift"), inspection_id=second.pk, why="停业装修")
    assert Inspection.objects.get(state="DUE").due_date == TODAY + days(30)
    assert plan_all_rounds() == 0


def test_past_rounds_are_imported_and_the_next_is_planned_from_them(
    town: Town, inspected: RegisterInfo
) -> None:
    record = add_house(town, inspected, on=TODAY - days(90))
    inspector, shift = town.actor("grid1"), town.actor("shift")

    def past_round(ago: int) -> list[PastRound]:
        return [PastRound(record.pk, "fire", JULY - days(ago), inspector)]

    for ago in (91, -1):
        with pytest.raises(UserError):
            import_past_rounds(actor=shift, info=inspected, rounds=[*past_round(12), *past_round(ago)])
    with pytest.raises(NotAllowed):
        import_past_rounds(actor=inspector, info=inspected, rounds=past_round(12))
    assert not Inspection.objects.exists()
    assert import_past_rounds(actor=shift, info=inspected, rounds=[*past_round(42), *past_round(12)]) == 2
    plan_rounds(inspected, TODAY)
    assert Inspection.objects.get(state="DUE").due_date == TODAY + days(18)
    newest = Inspection.objects.filter(state="DONE").latest("done_at")
    assert (newest.done_label, newest.passed, newest.answers["exit"]["value"]) == (
        inspector.label,
        True,
        "OK",
    )


def test_missed_inspection_is_notified_once_and_planned_again(town: Town, inspected: RegisterInfo) -> None:
    town.posts["grid1"].superior = town.posts["leader"]
    town.posts["grid1"].save()
    for code in ("H1", "H2"):
        add_house(town, inspected, code, on=TODAY - days(30))
    plan_rounds(inspected, TODAY)
    with clock.at(JULY + days(1)):
        assert mark_missed_inspections() == 2
        assert mark_missed_inspections() == 0
        notices = list(Notice.objects.order_by("user__username").select_related("user"))
        # the grid worker and the superior are notified, not other users who may inspect
        assert [(notice.user.username, notice.tone) for notice in notices] == [
            ("grid1", "ALARM"),
            ("leader", "ALARM"),
        ]
        assert {describe_notice(notice) for notice in notices} == {"漏检 2 项，逐级提醒：临江社区 · 第1网格"}
        assert {(notice.object_type, notice.object_id) for notice in notices} == {
            ("registers.register", inspected.id)
        }
        with override("en"):
            assert describe_notice(notices[0]) == (
                "2 inspections missed, reported to the posts above: Riverside Community · Grid 1"
            )
        missed, next_round = Inspection.objects.filter(record__code="H1").order_by("id")
        assert (missed.state, next_round.planned_date, next_round.due_date) == (
            "MISSED",
            TODAY + days(1),
            TODAY + days(30),
        )
        assert plan_all_rounds() == 0
        with pytest.raises(Stale):
            answer_inspection(town, missed)
        # made on the last day, but sent later, when the phone had a network again
        late_inspection = answer_inspection(town, missed, on=TODAY)
        next_round.refresh_from_db()
        assert (late_inspection.state, next_round.due_date) == ("DONE", TODAY + days(30))


def make_year(town: Town, info: RegisterInfo) -> None:
    """Make two inspections with three findings, one of them resolved, and one missed, one waiting and one dropped."""
    first = add_house(town, info, on=TODAY - days(30))
    add_house(town, info, "H2", on=TODAY - days(30), area=HILL)
    plan_rounds(info, TODAY)
    failed_answers = answer_all(exit=Answer("FAIL", "堆物", [upload_photo(town)]), wiring="FAIL")
    inspection = answer_inspection(town, Inspection.objects.get(record=first), answers=failed_answers)
    close_case(town, inspection.findings.get(item="exit").case)
    answer_inspection(town, record_id=first.pk, checklist="fire", answers=answer_all(alarm="FAIL"))
    with clock.at(JULY + days(1)):
        mark_missed_inspections()
    drop_inspection(
        actor=town.actor("shift"), inspection_id=Inspection.objects.get(kind="RECHECK").pk, why="已随例行检查"
    )


def test_figure_equals_the_number_of_rows_in_its_list(town: Town, inspected: RegisterInfo) -> None:
    make_year(town, inspected)
    actor, week = town.actor("leader"), periods.build_period(TODAY - days(3), TODAY + days(3))
    filters = InspectionFilters(register=inspected.key, start=week.first, end=week.last)
    counts = count_inspections(actor, filters)
    assert counts == InspectionCounts(due=3, done=2, missed=1, failed=2, items=3, open=2, right=1)
    communities = {town.areas[name].path for name in ("RIVER", "HILL")}
    for name in (*INSPECTION_COUNTS, *FINDING_COUNTS):
        page = read_inspection_page(actor, replace(filters, show=name))
        assert page.total == getattr(counts, name)
        for split, keys in (
            ("area", [row.area_path[:12] for row in page.rows]),
            ("unit", [row.unit.code if row.unit else "" for row in page.rows]),
            ("register", [inspected.key for _row in page.rows]),
        ):
            spec = {"source": "inspections", "count": name}
            reading = figures.read(spec, period=week, splits=(split,), viewer=actor)
            assert reading.by(split) == {key: keys.count(key) for key in keys}, (name, split)
            assert split != "area" or set(keys) <= communities
    assert count_inspections(town.actor("grid3"), InspectionFilters(end=TODAY)).missed == 1
    assert count_inspections(town.actor("registrar"), InspectionFilters()) == InspectionCounts()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"count": "moon"}, "no count 'moon'; known: due, done"),
        ({"count": "due", "register": "ships"}, "no register ships"),
        ({"count": "due", "date": "x"}, "'inspections' has no 'date'"),
    ],
)
def test_unreadable_spec_of_inspections_is_explained(
    inspected: RegisterInfo, english: None, spec: dict[str, str], words: str
) -> None:
    assert words in "; ".join(figures.check({"source": "inspections", **spec}))


def test_list_of_inspections_has_pages_and_reads_its_query(town: Town, inspected: RegisterInfo) -> None:
    for n in range(5):
        add_house(town, inspected, f"H{n}", on=TODAY - days(n))
    plan_rounds(inspected, TODAY)
    actor, waiting = town.actor("leader"), InspectionFilters(show="waiting")
    codes, cursor = [], ""
    for _page in range(3):
        page = read_inspection_page(actor, waiting, cursor, size=2)
        codes += [row.record.code for row in page.rows]
        cursor = page.next
    assert (codes, page.next, page.total) == (["H4", "H3", "H2", "H1", "H0"], "", 5)
    previous_page = read_inspection_page(actor, waiting, page.previous, size=2)
    assert [row.record.code for row in previous_page.rows] == ["H2", "H1"]
    query = {"show": "right", "register": "houses", "area": str(town.areas["G1"].pk), "from": "2020-07-01"}
    params = QueryDict(urlencode({**query, "to": "morgen", "unit": "999"}))
    filters, faults = InspectionFilters.read(actor, params)
    assert (filters.start, [fault.field for fault in faults]) == (date(2020, 7, 1), ["unit", "to"])
    assert InspectionFilters.read(actor, QueryDict(filters.query()))[0] == filters


def test_answer_keeps_the_question_as_it_was_asked(town: Town, inspected: RegisterInfo) -> None:
    add_house(town, inspected, on=TODAY - days(30))
    plan_rounds(inspected, TODAY)
    inspection = answer_inspection(town, Inspection.objects.get())
    items = (replace(FIRE.items[0], name="通道无杂物"), *FIRE.items[1:])
    declare(replace(INSPECTED, checklists=(replace(FIRE, items=items),)))
    inspection.refresh_from_db()
    assert inspection.answers["exit"]["ask"] == "疏散通道畅通"
