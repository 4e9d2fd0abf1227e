"""Answering an inspection, the cases it opens, and the rechecks of their findings."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from jiedao.audit.models import Entry
from jiedao.cases.access import get_case
from jiedao.cases.models import Case
from jiedao.cases.moves.perform import perform
from jiedao.cases.origins import find_origin
from jiedao.files.models import Attachment
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale
from jiedao.registers.access import get_inspection, sees_inspection
from jiedao.registers.actions.inspections import Answer
from jiedao.registers.actions.planning import drop_inspection, plan_extra_inspection, plan_rounds
from jiedao.registers.actions.records import RowRefused, end_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.jobs import mark_missed_inspections
from jiedao.registers.models import Finding, Inspection
from jiedao.registers.selectors.inspection_filters import InspectionFilters
from jiedao.registers.selectors.inspections import (
    count_inspections,
    find_waiting_inspections,
    read_chain,
    read_inspections,
)
from jiedao.registers.tests.inspecting import (
    JULY,
    TODAY,
    add_house,
    answer_all,
    answer_inspection,
    close_case,
    upload_photo,
)
from jiedao.testing.cast import Town, walk


@pytest.fixture(autouse=True)
def _july() -> Any:
    with clock.at(JULY):
        yield


def make_due_round(town: Town, info: RegisterInfo, code: str = "H1") -> Inspection:
    """Add a building that has been in the register for a month, and return its waiting round."""
    record = add_house(town, info, code, on=TODAY - timedelta(days=30))
    plan_rounds(info, TODAY)
    return Inspection.objects.get(record=record)


def make_finding(town: Town, info: RegisterInfo) -> Finding:
    """Fail the item `exit` in an inspection, and return the finding with its case."""
    inspection = make_due_round(town, info)
    answer_inspection(
        town, inspection, answers=answer_all(exit=Answer("FAIL", "堆放电动车", [upload_photo(town)]))
    )
    return Finding.objects.select_related("case").get()


def test_failed_item_becomes_a_case_whose_closing_resolves_the_finding(
    town: Town, inspected: RegisterInfo
) -> None:
    inspection = make_due_round(town, inspected)
    assert find_waiting_inspections(town.actor("grid1"), TODAY) == ([inspection], 1)
    photo_id = upload_photo(town)
    done = answer_inspection(
        town,
        inspection,
        answers=answer_all(exit=Answer("FAIL", "堆放电动车", [photo_id]), alarm="NA"),
        note="业主在场",
    )
    assert (done.state, done.passed, done.answers["exit"]["ask"]) == ("DONE", False, "疏散通道畅通")
    finding = Finding.objects.select_related("case").get()
    case = finding.case
    assert (case.channel, case.urgent, case.category_id) == (
        "INSPECTION",
        True,
        town.categories["RUBBISH"].pk,
    )
    assert case.subject == "H1号楼：疏散通道畅通，不合格"
    assert case.detail.splitlines()[0::3] == ["台账：出租屋", "情况：堆放电动车"]
    assert (case.area_path, case.place_text) == (town.areas["G1"].path, "H1号楼")
    photos = Attachment.objects.order_by("id").values_list("object_type", "object_id")
    assert list(photos) == [("registers.visit", inspection.pk), ("cases.case", case.pk)]
    assert find_origin(case) == ("registers.finding", finding.pk)

    close_case(town, case)
    finding.refresh_from_db()
    assert (finding.state, finding.right_date) == ("RIGHT", TODAY)
    recheck = Inspection.objects.get(kind="RECHECK")
    assert (recheck.planned_date, recheck.due_date) == (TODAY, TODAY + timedelta(days=10))
    answer_inspection(town, recheck, answers={"exit": Answer("OK")})
    chain = read_chain(finding.pk)
    assert (chain.record, chain.inspection, chain.finding.case, chain.rechecks) == (
        inspection.record,
        inspection,
        case,
        [recheck],
    )
    assert [inspection.kind for inspection in read_inspections(inspection.record)] == [
        "ROUND",
        "RECHECK",
        "ROUND",
    ]
    actions = Entry.objects.filter(action__startswith="registers.").values_list("action", flat=True)
    assert {"registers.visit:make", "registers.visit:plan", "registers.finding:right"} <= set(actions)


def test_failed_recheck_starts_a_new_finding(town: Town, inspected: RegisterInfo) -> None:
    first = make_finding(town, inspected)
    close_case(town, first.case)
    recheck = Inspection.objects.get(kind="RECHECK")
    answer_inspection(town, recheck, answers={"exit": Answer("FAIL", "又堆上了", [upload_photo(town)])})
    again = Finding.objects.get(state="OPEN")
    assert read_chain(first.pk).after == [again]
    assert read_chain(again.pk).before == first


def recheck_states(finding: Finding) -> list[str]:
    """Return the states of the rechecks of a finding, the oldest first."""
    return [inspection.state for inspection in read_chain(finding.pk).rechecks]


def test_missed_recheck_is_planned_again_until_the_item_is_inspected(
    town: Town, inspected: RegisterInfo
) -> None:
    finding = make_finding(town, inspected)
    close_case(town, finding.case)
    with clock.at(JULY + timedelta(days=11)):
        assert mark_missed_inspections() == 1
        assert mark_missed_inspections() == 0
        first, again = read_chain(finding.pk).rechecks
        day = TODAY + timedelta(days=11)
        assert (first.state, again.state) == ("MISSED", "DUE")
        assert (again.planned_date, again.due_date) == (day, day + timedelta(days=10))
        filters = InspectionFilters(register=inspected.key, start=TODAY, end=again.due_date)
        counts = count_inspections(town.actor("leader"), filters)
        assert (counts.due, counts.missed, counts.waiting) == (3, 1, 1)
        # sent after the last day, but made before it
        late_inspection = answer_inspection(
            town, first, on=TODAY + timedelta(days=9), answers={"exit": Answer("OK")}
        )
        assert (late_inspection.state, recheck_states(finding)) == ("DONE", ["DONE", "DROPPED"])


@pytest.mark.parametrize("why", ["the item was looked at", "the record has left", "the case began again"])
def test_missed_recheck_is_not_planned_again_without_need(
    town: Town, inspected: RegisterInfo, why: str
) -> None:
    finding = make_finding(town, inspected)
    case = close_case(town, finding.case)
    with clock.at(JULY + timedelta(days=9)):
        match why:
            case "the item was looked at":
                answer_inspection(town, record_id=finding.record_id, checklist="fire")
            case "the record has left":
                end_record(
                    actor=town.actor("handler"), record_id=finding.record_id, on=clock.today(), why="已拆除"
                )
            case _:
                perform(town.actor("shift"), case.pk, "REOPEN", data={"note": "没有清理干净"})
    with clock.at(JULY + timedelta(days=11)):
        mark_missed_inspections()
        assert recheck_states(finding) == ["DROPPED" if why == "the case began again" else "MISSED"]


def test_item_with_an_open_finding_opens_no_second_case(town: Town, inspected: RegisterInfo) -> None:
    finding = make_finding(town, inspected)
    failed_answers = answer_all(exit=Answer("FAIL", "还在", [upload_photo(town)]), wiring="FAIL")
    extra = answer_inspection(town, record_id=finding.record_id, checklist="fire", answers=failed_answers)
    assert (extra.kind, Finding.objects.count(), Case.objects.count()) == ("EXTRA", 2, 2)
    assert Finding.objects.get(inspection=extra).item == "wiring"
    with pytest.raises(IntegrityError), transaction.atomic():
        Finding.objects.filter(item="wiring").update(item="exit")


@pytest.mark.parametrize(
    ("moves", "states"),
    [
        ([("REJECT", "registrar", {"reason": "COURT", "reply": "请走诉讼"})], ["REFUSED"]),
        ([("VOID", "shift", {"reason": "MISTAKE", "note": "看错了楼"})], ["WAIVED"]),
        (
            [("MERGE", "registrar", {"into": "MAIN"}), ("UNMERGE", "registrar", {"note": "不是一件事"})],
            ["RIGHT", "OPEN"],
        ),
    ],
)
def test_end_of_the_case_sets_the_state_of_the_finding(
    town: Town, inspected: RegisterInfo, moves: list[tuple[str, str, dict[str, Any]]], states: list[str]
) -> None:
    main = walk(town, to="DONE")
    finding = make_finding(town, inspected)
    for (code, who, data), state in zip(moves, states, strict=True):
        move_data = {name: main.number if value == "MAIN" else value for name, value in data.items()}
        perform(town.actor(who), finding.case_id, code, data=move_data)
        finding.refresh_from_db()
        assert finding.state == state


def test_merged_case_is_closed_and_reopened_with_the_main_case(town: Town, inspected: RegisterInfo) -> None:
    main = walk(town, to="CHECKED", reporter_name="", reporter_phone="")
    finding = make_finding(town, inspected)
    perform(town.actor("registrar"), finding.case_id, "MERGE", data={"into": main.number})
    finding.refresh_from_db()
    assert finding.state == "OPEN"
    perform(town.actor("shift"), main.pk, "CLOSE")
    finding.refresh_from_db()
    assert finding.state == "RIGHT"
    perform(town.actor("shift"), main.pk, "REOPEN", data={"note": "没有清理干净"})
    finding.refresh_from_db()
    assert (finding.state, finding.right_date) == ("OPEN", None)
    assert Inspection.objects.get(kind="RECHECK").state == "DROPPED"


def test_case_without_origin_queries_origins_only_when_it_ends(
    town: Town,
) -> None:
    case = walk(town, to="HANDLED", reporter_name="", reporter_phone="")
    for code, who, expected in (("CHECK_PASS", "supervisor", 0), ("CLOSE", "shift", 1)):
        actor = town.actor(who)
        with CaptureQueriesContext(connection) as queries:
            perform(actor, case.pk, code, data={"note": "已看过现场"})
        assert sum("cases_caseorigin" in row["sql"] for row in queries) == expected
    assert get_case(town.actor("shift"), case.pk).state == "DONE"


def test_inspection_sent_twice_is_stored_once(town: Town, inspected: RegisterInfo) -> None:
    inspection, key = make_due_round(town, inspected), uuid.UUID(int=7)
    failed_answers = answer_all(wiring="FAIL")
    first = answer_inspection(town, inspection, client_uuid=key, answers=failed_answers)
    assert answer_inspection(town, inspection, client_uuid=key, answers=failed_answers) == first
    assert Case.objects.count() == 1
    with pytest.raises(Stale, match="赵青"):
        answer_inspection(town, inspection, who="handler")


def test_every_invalid_answer_is_reported(town: Town, inspected: RegisterInfo) -> None:
    inspection = make_due_round(town, inspected)
    wrong_answers = {"exit": Answer("FAIL"), "wiring": Answer("MAYBE"), "roof": Answer("OK")}
    with pytest.raises(RowRefused) as refused:
        answer_inspection(town, inspection, answers=wrong_answers, on=TODAY + timedelta(days=1))
    assert {fault.field for fault in refused.value.faults} == {"exit", "wiring", "alarm", "roof", "on"}
    assert not Case.objects.exists()


def test_inspection_needs_right_and_scope(town: Town, inspected: RegisterInfo) -> None:
    inspection = make_due_round(town, inspected)
    with pytest.raises(NotAllowed):
        answer_inspection(town, inspection, who="leader")
    for who in ("grid3", "registrar"):
        with pytest.raises(NotFoundError):
            get_inspection(town.actor(who), inspection.pk)
    assert sees_inspection(town.actor("leader"), inspection.pk)
    assert find_waiting_inspections(town.actor("leader"), TODAY) == ([], 0)
    assert find_waiting_inspections(town.actor("grid3"), TODAY) == ([], 0)


def test_ended_record_is_not_inspected(town: Town, inspected: RegisterInfo) -> None:
    inspection = make_due_round(town, inspected)
    end_record(actor=town.actor("handler"), record_id=inspection.record_id, on=TODAY, why="已拆除")
    with pytest.raises(Stale, match="已不在册"):
        answer_inspection(town, inspection)
    plan_rounds(inspected, TODAY)
    inspection.refresh_from_db()
    assert (inspection.state, inspection.note) == ("DROPPED", "已不在册")


def test_extra_inspection_is_planned_and_dropped_with_a_reason(town: Town, inspected: RegisterInfo) -> None:
    record, actor = add_house(town, inspected), town.actor("shift")
    extra = plan_extra_inspection(
        actor=actor, record_id=record.pk, checklist="fire", due=date(2020, 7, 12), why="群众反映"
    )
    assert answer_inspection(town, record_id=record.pk, checklist="fire") == extra
    other = plan_extra_inspection(actor=actor, record_id=record.pk, checklist="fire", due=date(2020, 7, 12))
    dropped = drop_inspection(actor=actor, inspection_id=other.pk, why="与专项检查重复")
    assert (dropped.state, dropped.note) == ("DROPPED", "与专项检查重复")
    with pytest.raises(NotAllowed):
        drop_inspection(actor=town.actor("grid1"), inspection_id=other.pk, why="忙")
