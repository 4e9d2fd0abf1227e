"""Items of phones: carried out once, dated by the town's clock, refused with a reason; visits without a person."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.cases.flow import State
from jiedao.cases.models import Assignment, Case, CaseMove
from jiedao.cases.moves.work_time import read_work_time
from jiedao.fieldwork.actions import taking
from jiedao.fieldwork.actions.photos import PhotosMissingError
from jiedao.fieldwork.actions.taking import take_item
from jiedao.fieldwork.items import compute_wait, read_item
from jiedao.fieldwork.jobs import erase_old_items
from jiedao.fieldwork.models import PlaceVisit, ReceivedItem
from jiedao.fieldwork.selectors import count_place_visits, describe_present, list_place_visits, read_month
from jiedao.fieldwork.tests.parts import REPORT, make_item, make_raw, send_photo
from jiedao.files.models import Attachment, Kind
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.notices.models import Notice
from jiedao.registers.models import Inspection
from jiedao.registers.tests.inspecting import INSPECTED, add_house, grant_rights
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town, make_move, make_town, walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return make_town()


def to_verify(town: Town) -> Case:
    """Return a case that grid1 has to verify on site."""
    case = walk(town, to="REPORTED")
    case = make_move(town, "registrar", case, "ACCEPT", category=town.categories["COVER"].pk)
    assert case.state == State.TO_VERIFY
    return case


def verify(case: Case, **fields: Any) -> dict[str, Any]:
    return {
        "case": case.number,
        "move": "VERIFY",
        "version": case.version,
        "fields": {"note": "属实", **fields},
    }


def test_report_is_filed_once_however_often_it_arrives(town: Town) -> None:
    item = make_item(town, "REPORT", REPORT, photos={"photos": [send_photo(town)]})
    first, second = (take_item(town.actor("grid1"), item) for _attempt in range(2))
    assert (first.created, second.created) == (True, False)
    assert first.result == second.result
    case = Case.objects.get(number=first.result["case"])
    assert (case.channel, case.accuracy_m, case.reported_by) == ("PATROL", 12, town.users["grid1"])
    photos = Attachment.objects.of("cases.case", case.pk)
    assert [photo.kind for photo in photos] == [Kind.PHOTO_BEFORE]
    assert Case.objects.count() == 1


def test_time_of_a_report_is_that_of_the_town_whatever_the_clock_of_the_phone_shows(town: Town) -> None:
    receipt = take_item(town.actor("grid1"), make_item(town, "REPORT", REPORT, waited=90))
    case = Case.objects.get(number=receipt.result["case"])
    assert abs(clock.now() - case.reported_at - timedelta(minutes=90)) < timedelta(minutes=1)
    assert receipt.result["warnings"] == []


@pytest.mark.parametrize(
    ("made", "sent", "seconds"),
    [
        (0, 5000, 5),
        (5000, 0, None),
        (0, 40 * 86_400_000, None),
        ("x", 1, None),
        (float("nan"), 1, None),
        (True, 1, None),
    ],
)
def test_wait_is_unknown_where_the_clock_was_changed(made: Any, sent: Any, seconds: int | None) -> None:
    assert compute_wait(made, sent) == (None if seconds is None else timedelta(seconds=seconds))


def test_report_whose_clock_was_changed_is_filed_with_a_warning(town: Town) -> None:
    item = make_item(town, "REPORT", REPORT, sent_at=0)
    receipt = take_item(town.actor("grid1"), item)
    assert "时钟" in receipt.result["warnings"][0]


def test_matter_handled_on_the_spot_is_filed_and_handled_together(town: Town) -> None:
    data = {**REPORT, "handled": True, "category": str(town.categories["RUBBISH"].pk), "result": "已清扫。"}
    photos = {"photos": [send_photo(town)], "photos_after": [send_photo(town, kind="PHOTO_AFTER")]}
    receipt = take_item(town.actor("grid1"), make_item(town, "REPORT", data, photos=photos))
    case = Case.objects.get(number=receipt.result["case"])
    assert (case.state, case.self_handled) == (State.HANDLED, True)
    assert {photo.kind for photo in Attachment.objects.of("cases.case", case.pk)} == {
        "PHOTO_BEFORE",
        "PHOTO_AFTER",
    }


def test_refused_handling_files_nothing_and_may_be_sent_again(town: Town) -> None:
    data = {**REPORT, "handled": True, "category": str(town.categories["RUBBISH"].pk), "result": ""}
    raw = make_raw(town, "REPORT", data)
    with pytest.raises(UserError, match="处置结果"):
        take_item(town.actor("grid1"), read_item(raw))
    assert Case.objects.count() == ReceivedItem.objects.count() == 0
    raw["data"] = {**data, "result": "已清扫。"}
    assert take_item(town.actor("grid1"), read_item(raw)).created


def test_move_that_arrives_late_states_when_the_worker_was_on_site(town: Town) -> None:
    with clock.at(clock.now() - timedelta(hours=2)):
        case = to_verify(town)
    take_item(town.actor("grid1"), make_item(town, "MOVE", verify(case), waited=60))
    case.refresh_from_db()
    assert case.state == State.FILED
    entry = CaseMove.objects.get(case=case, move="VERIFY")
    work_at = read_work_time(entry.data)
    assert work_at is not None
    assert abs(entry.at - work_at - timedelta(hours=1)) < timedelta(minutes=1)


MONDAY = datetime(2020, 6, 15, 9, tzinfo=clock.TOWN_TZ)


@pytest.mark.parametrize(
    ("received", "waited", "in_time"),
    [
        (timedelta(hours=6), 5 * 60, True),  # on site before the deadline, a network after it
        (timedelta(hours=6), 5, False),  # too short a wait to be on site before the deadline
        (timedelta(days=3), 71 * 60, False),  # more than a working day old
        (timedelta(hours=6), 48 * 60, True),  # before the unit was given the case: from then on
    ],
)
def test_handling_is_judged_by_the_time_on_site(
    town: Town, received: timedelta, waited: int, in_time: bool
) -> None:
    with clock.at(MONDAY):
        case = walk(town, to="HANDLING")
    Case.objects.filter(pk=case.pk).update(handle_due_at=MONDAY + timedelta(hours=4))
    data = {"case": case.number, "move": "HANDLE", "version": case.version, "fields": {"result": "已修好"}}
    with clock.at(MONDAY + received):
        photos = {"photos": [send_photo(town, "handler", "PHOTO_AFTER")]}
        item = make_item(town, "MOVE", data, who="handler", waited=waited, photos=photos)
        take_item(town.actor("handler"), item)
    case.refresh_from_db()
    assert (case.handled_at, case.handled_on_time) == (MONDAY + received, in_time)
    assert Assignment.objects.get(case=case).on_time is in_time


def test_second_move_of_a_queue_is_judged_by_its_own_time(town: Town) -> None:
    with clock.at(MONDAY):
        case = walk(town, to="DISPATCHED")
    Case.objects.filter(pk=case.pk).update(handle_due_at=MONDAY + timedelta(hours=4))
    take = {"case": case.number, "move": "TAKE", "version": case.version, "fields": {}}
    handle = {"case": case.number, "move": "HANDLE", "fields": {"result": "已修好"}}
    with clock.at(MONDAY + timedelta(hours=6)):
        photos = {"photos": [send_photo(town, "handler", "PHOTO_AFTER")]}
        for data, waited, more in ((take, 5 * 60, {}), (handle, 4 * 60, {"photos": photos})):
            take_item(
                town.actor("handler"), make_item(town, "MOVE", data, who="handler", waited=waited, **more)
            )
    case.refresh_from_db()
    assert case.handled_on_time is True


def test_move_on_a_case_that_a_colleague_moved_is_stale_and_shows_what_happened(town: Town) -> None:
    case = to_verify(town)
    item = make_item(town, "MOVE", verify(case))
    make_move(town, "supervisor", case, "VERIFY", note="督查已看过")
    with pytest.raises(Stale):
        take_item(town.actor("grid1"), item)
    case.refresh_from_db()
    present = describe_present(case)
    assert (present["text"], present["version"]) == ("督查已看过", case.version)
    assert not ReceivedItem.objects.exists()


def test_matter_that_is_not_true_goes_back_to_those_who_accept(town: Town) -> None:
    case = to_verify(town)
    data = {"case": case.number, "move": "UNTRUE", "version": case.version, "fields": {"note": ""}}
    with pytest.raises(UserError, match="不属实的理由"):
        take_item(town.actor("grid1"), make_item(town, "MOVE", data))
    data["fields"] = {"note": "9:30 到路口，井盖完好。"}
    photos = {"photos": [send_photo(town)]}
    take_item(town.actor("grid1"), make_item(town, "MOVE", data, photos=photos))
    case.refresh_from_db()
    assert (case.state, case.stage) == (State.REPORTED, "ACCEPT")
    assert case.moves.get(move="UNTRUE").text == "9:30 到路口，井盖完好。"
    assert Attachment.objects.of("cases.case", case.pk).get().kind == Kind.PHOTO_BEFORE
    assert Notice.objects.filter(user=town.users["registrar"], kind="cases.case:untrue").count() == 1
    case = make_move(town, "registrar", case, "REJECT", reason="COURT", reply="到现场看过，井盖完好。")
    assert case.state == State.REJECTED


def test_photos_of_a_comment_are_attached_to_the_case(town: Town) -> None:
    case = to_verify(town)
    data = {"case": case.number, "move": "COMMENT", "version": case.version, "fields": {"note": "门锁着"}}
    item = make_item(town, "MOVE", data, photos={"photos": [send_photo(town)]})
    result = take_item(town.actor("grid1"), item).result
    assert Attachment.objects.of("cases.case", case.pk).count() == 1
    assert result["version"] == case.version + 1


def test_item_with_photos_that_did_not_arrive_names_them(town: Town) -> None:
    lost, others = str(uuid.uuid4()), send_photo(town, who="grid3")
    item = make_item(town, "REPORT", REPORT, photos={"photos": [send_photo(town), lost, others]})
    with pytest.raises(PhotosMissingError) as fault:
        take_item(town.actor("grid1"), item)
    assert {str(key) for key in fault.value.missing} == {lost, others}
    assert not Case.objects.exists()


def test_moves_that_the_app_does_not_offer_are_refused(town: Town) -> None:
    case = to_verify(town)
    with pytest.raises(UserError, match="VOID"):
        take_item(town.actor("grid1"), make_item(town, "MOVE", {"case": case.number, "move": "VOID"}))


def test_item_of_another_user_or_with_another_content_is_refused(town: Town) -> None:
    raw = make_raw(town, "REPORT", REPORT)
    with pytest.raises(NotAllowed):
        take_item(town.actor("grid3"), read_item(raw))
    take_item(town.actor("grid1"), read_item(raw))
    with pytest.raises(Stale):
        take_item(town.actor("grid1"), read_item({**raw, "data": {**REPORT, "detail": "另一件事"}}))
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"v": 99},
        {"v": "1"},
        {"kind": "DELETE"},
        {"id": "x"},
        {"id": str(uuid.UUID(int=0))},
        {"user": None},
        {"data": []},
        {"photos": {"photos": "x"}},
        {"photos": {"photos": ["x"]}},
    ],
)
def test_item_that_the_app_does_not_produce_is_refused_with_a_reason(
    town: Town, change: dict[str, Any]
) -> None:
    with pytest.raises(UserError) as fault:
        read_item({**make_raw(town, "REPORT", REPORT), **change})
    assert fault.value.hint


def test_inspection_is_stored_on_the_day_on_which_it_was_made(town: Town) -> None:
    grant_rights(town)
    info = declare(INSPECTED)
    record = add_house(town, info, on=clock.today() - timedelta(days=40))
    answers = {
        "exit": {"value": "FAIL", "note": "堆满杂物"},
        "wiring": {"value": "OK"},
        "alarm": {"value": "NA"},
    }
    data = {"record": record.pk, "checklist": "fire", "answers": answers, "note": ""}
    item = make_item(town, "INSPECT", data, photos={"answer:exit": [send_photo(town)]}, waited=26 * 60)
    first, second = (take_item(town.actor("grid1"), item) for _attempt in range(2))
    assert first.result == second.result
    inspection = Inspection.objects.get(pk=first.result["inspection"])
    assert inspection.done_date == item.day
    assert item.day < clock.today()
    assert len(first.result["cases"]) == 1
    assert read_month(town.actor("grid1"), inspection.done_date)[-1].total == 1


def test_visit_counts_at_the_place_and_leaves_no_trace_of_the_person(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "LEAST_HOLDERS", 2)
    entries = Entry.objects.count()
    for who in ("grid1", "grid1", "grid3"):
        proof = "CODE" if who == "grid1" else "SATELLITE"
        data = {"place_kind": "PREMISE", "place": "P001", "proof": proof}
        item = make_item(town, "VISIT", data, who=who)
        take_item(town.actor(who), item)
        take_item(town.actor(who), item)
    today = clock.today()
    assert count_place_visits(today, today) == {("PREMISE", "P001"): 3}
    columns = {"id", "kind", "code", "day", "post_title", "proof", "count"}
    assert {field.name for field in PlaceVisit._meta.get_fields()} == columns
    lines = [(line.post, line.proof, line.count) for line in list_place_visits("PREMISE", "P001", today)]
    assert lines == [("网格员", "", 1), ("网格员", "扫描二维码", 2)]
    assert list_place_visits("PREMISE", "P002", today) == []
    received = ReceivedItem.objects.values_list("user", "digest", "result").distinct()
    assert list(received) == [(None, "", {})]
    assert {(at.hour, at.minute) for at in ReceivedItem.objects.values_list("received_at", flat=True)} == {
        (0, 0)
    }
    assert Entry.objects.count() == entries


def test_visit_names_no_title_that_few_people_hold(town: Town) -> None:
    take_item(town.actor("grid1"), make_item(town, "VISIT", {"place_kind": "PREMISE", "place": "P001"}))
    assert PlaceVisit.objects.get().post_title == ""


def test_visit_to_an_unknown_place_or_by_a_post_that_does_not_patrol_is_refused(town: Town) -> None:
    with pytest.raises(NotFoundError):
        take_item(town.actor("grid1"), make_item(town, "VISIT", {"place_kind": "PREMISE", "place": "X"}))
    with pytest.raises(NotAllowed):
        take_item(
            town.actor("admin"),
            make_item(town, "VISIT", {"place_kind": "PREMISE", "place": "P001"}, who="admin"),
        )


def test_month_counts_own_work_and_how_it_ended(town: Town) -> None:
    take_item(town.actor("grid1"), make_item(town, "REPORT", REPORT))
    take_item(town.actor("grid1"), make_item(town, "MOVE", verify(to_verify(town))))
    lines = {line.key: line for line in read_month(town.actor("grid1"), clock.today())}
    assert (lines["reported"].total, lines["reported"].ends) == (1, [("待受理", 1)])
    assert (lines["verified"].total, lines["verified"].ends) == (1, [("待派遣", 1)])
    assert {line.total for line in read_month(town.actor("grid3"), clock.today())} == {0}


def test_received_items_are_erased_after_half_a_year(town: Town) -> None:
    take_item(town.actor("grid1"), make_item(town, "REPORT", REPORT))
    erase_old_items()
    assert ReceivedItem.objects.count() == 1
    ReceivedItem.objects.update(received_at=clock.real_now() - timedelta(days=181))
    erase_old_items()
    assert (ReceivedItem.objects.count(), Case.objects.count()) == (0, 1)
