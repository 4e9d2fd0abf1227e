"""What notices about a case ask users to do, and what a move settles."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils.translation import override

from jiedao.cases import jobs, notices
from jiedao.cases.models import Case, Clock, ExtensionRequest
from jiedao.kernel import clock
from jiedao.notices.kinds import NoticeKind, describe_notice
from jiedao.notices.models import UNREAD, Notice
from jiedao.testing.cast import Town, make_move, walk

pytestmark = pytest.mark.django_db


def list_unread(town: Town, who: str) -> list[str]:
    """Return what the unread notices of a user are about, oldest first, without the type of the object."""
    kinds = Notice.objects.filter(UNREAD, user=town.users[who]).order_by("id").values_list("kind", flat=True)
    return [kind.removeprefix("cases.case:") for kind in kinds]


def find_running_clock(case: Case, stage: str) -> Clock:
    return Clock.objects.get(case=case, stage=stage, stopped_at__isnull=True)


def watch_clocks_at(at: datetime) -> None:
    with clock.at(at):
        jobs.watch_clocks()


def test_a_notice_names_the_case(town: Town) -> None:
    case = walk(town, to="DISPATCHED")
    notice = Notice.objects.get(user=town.users["handler"])
    assert (notice.kind, notice.object_type, notice.object_id) == (
        "cases.case:assigned",
        "cases.case",
        case.pk,
    )
    assert notice.object_name == f"{case.number} {case.subject}"


def test_each_step_of_the_loop_asks_the_next_users_and_settles_what_was_asked(town: Town) -> None:
    case = walk(town, to="FILED")
    assert list_unread(town, "dispatcher") == ["to_dispatch"]
    case = make_move(town, "shift", case, "DISPATCH", unit=town.units["URBAN"].pk)
    assert (list_unread(town, "dispatcher"), list_unread(town, "handler")) == ([], ["assigned"])
    case = make_move(town, "handler", case, "TAKE")
    case = make_move(town, "handler", case, "HANDLE", result="已清运")
    assert (list_unread(town, "handler"), list_unread(town, "supervisor")) == ([], ["to_check"])
    case = make_move(town, "grid1", case, "CHECK_PASS")
    assert (list_unread(town, "supervisor"), list_unread(town, "shift")) == ([], ["to_close"])
    case = make_move(town, "shift", case, "CLOSE", reply="已清运")
    assert (list_unread(town, "shift"), list_unread(town, "visitor")) == ([], ["to_visit"])
    make_move(town, "visitor", case, "VISIT", reached=True, solved=True, satisfaction=5)
    assert list_unread(town, "visitor") == []


def test_a_move_by_one_user_settles_the_notices_of_colleagues(town: Town) -> None:
    case = walk(town, to="HANDLED")
    assert list_unread(town, "grid1") == list_unread(town, "supervisor") == ["to_check"]
    make_move(town, "grid1", case, "REWORK", note="还有残留")
    assert list_unread(town, "supervisor") == []
    assert list_unread(town, "handler") == ["rework"]


def test_a_note_settles_nothing(town: Town) -> None:
    case = walk(town, to="DISPATCHED")
    make_move(town, "dispatcher", case, "COMMENT", note="请先联系物业")
    assert list_unread(town, "handler") == ["assigned"]


def test_news_stays_unread_when_the_case_moves_on(town: Town) -> None:
    case = walk(town, to="DISPATCHED")
    case = make_move(town, "dispatcher", case, "REDISPATCH", unit=town.units["WATER"].pk, note="归水务")
    case = make_move(town, "water", case, "TAKE")
    make_move(town, "water", case, "HANDLE", result="已处理")
    assert list_unread(town, "handler") == ["reassigned"]


def test_supervision_is_settled_by_the_next_step(town: Town) -> None:
    case = make_move(town, "leader", walk(town, to="HANDLING"), "SUPERVISE", note="今天办结")
    assert list_unread(town, "handler") == ["supervised"]
    make_move(town, "handler", case, "HANDLE", result="已清运")
    assert list_unread(town, "handler") == []
    assert "supervised" not in list_unread(town, "shift")


def test_the_alarm_of_handling_outlasts_acceptance_and_ends_with_the_clock(town: Town) -> None:
    case = walk(town, to="DISPATCHED")
    watch_clocks_at(find_running_clock(case, "HANDLE").warn_at + timedelta(minutes=1))
    case = make_move(town, "handler", case, "TAKE")
    assert list_unread(town, "handler") == ["warned"]
    make_move(town, "handler", case, "HANDLE", result="已清运")
    assert list_unread(town, "handler") == []


def test_a_new_alarm_replaces_the_one_before(town: Town) -> None:
    row = find_running_clock(walk(town, to="HANDLING"), "HANDLE")
    watch_clocks_at(row.warn_at + timedelta(minutes=1))
    watch_clocks_at(row.due_at + timedelta(minutes=1))
    assert list_unread(town, "handler") == ["overdue"]
    assert list_unread(town, "shift") == ["overdue"]
    watch_clocks_at(row.due_at + timedelta(days=9))
    assert list_unread(town, "handler") == ["escalated"]


def test_a_helper_is_asked_until_its_part_ends(town: Town) -> None:
    case = walk(town, to="DISPATCHED")
    units = [town.units["WATER"].pk, town.units["CLEAN"].pk]
    case = make_move(town, "handler", case, "TAKE")
    case = make_move(town, "handler", case, "CALL_HELP", helpers=units, note="需停水")
    watch_clocks_at(Clock.objects.filter(case=case, stage="HELP")[0].warn_at + timedelta(minutes=1))
    assert list_unread(town, "water") == list_unread(town, "cleaner") == ["help_asked", "warned"]
    make_move(town, "water", case, "HELPED", result="已停水")
    assert list_unread(town, "water") == []
    assert list_unread(town, "cleaner") == ["help_asked", "warned"]


def test_returning_the_case_settles_what_was_asked_of_helpers_and_deciders(town: Town) -> None:
    case = walk(town, to="HANDLING")
    case = make_move(town, "handler", case, "CALL_HELP", helpers=[town.units["WATER"].pk], note="需停水")
    case = make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")
    assert "extension_asked" in list_unread(town, "leader")
    make_move(town, "handler", case, "RETURN", reason="NOT_OURS", note="不归我们")
    assert list_unread(town, "water") == ["help_released"]
    assert list_unread(town, "leader") == []
    assert list_unread(town, "dispatcher") == ["returned"]


@pytest.mark.parametrize(("move", "remaining"), [("GRANT_EXTENSION", []), ("REFUSE_EXTENSION", ["warned"])])
def test_a_decision_settles_the_request_and_more_time_the_alarm(
    town: Town, move: str, remaining: list[str]
) -> None:
    case = walk(town, to="HANDLING")
    row = find_running_clock(case, "HANDLE")
    watch_clocks_at(row.warn_at + timedelta(minutes=1))
    with clock.at(row.warn_at + timedelta(minutes=2)):
        case = make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")
        make_move(town, "leader", case, move, request=ExtensionRequest.objects.get().pk, note="可以理解")
    assert list_unread(town, "leader") == []
    assert "extension_asked" not in list_unread(town, "shift")
    answer = {"GRANT_EXTENSION": "extension_granted", "REFUSE_EXTENSION": "extension_refused"}[move]
    assert list_unread(town, "handler") == [*remaining, answer]


def test_suspension_settles_the_alarms(town: Town) -> None:
    case = walk(town, to="HANDLING")
    watch_clocks_at(find_running_clock(case, "HANDLE").warn_at + timedelta(minutes=1))
    fields: dict[str, Any] = {"reason": "BUDGET", "review_date": clock.today() + timedelta(days=9)}
    make_move(town, "dispatcher", case, "SUSPEND", note="等资金", **fields)
    assert list_unread(town, "handler") == ["suspended"]


def test_a_review_date_asks_until_the_case_is_resumed(town: Town) -> None:
    case = walk(town, to="HANDLING")
    day = clock.today() + timedelta(days=2)
    case = make_move(town, "dispatcher", case, "SUSPEND", reason="BUDGET", review_date=day, note="等资金")
    with clock.at(clock.now() + timedelta(days=3)):
        jobs.review_suspended()
        assert list_unread(town, "dispatcher") == ["review_due"]
        make_move(town, "shift", case, "RESUME")
    assert list_unread(town, "dispatcher") == []


@pytest.mark.parametrize(
    ("move", "fields", "remaining"),
    [("VOID", {"reason": "MISTAKE", "note": "误报"}, ["voided"]), ("MERGE", {}, ["merged"])],
)
def test_a_case_that_ends_asks_nothing_more(
    town: Town, move: str, fields: dict[str, str], remaining: list[str]
) -> None:
    case = walk(town, to="HANDLING")
    make_move(town, "leader", case, "SUPERVISE", note="今天办结")
    watch_clocks_at(find_running_clock(case, "HANDLE").warn_at + timedelta(minutes=1))
    if move == "MERGE":
        fields = {"into": walk(town, to="FILED", subject="同一堆垃圾").number}
    make_move(town, "shift", Case.objects.get(pk=case.pk), move, **fields)
    open_requests = Notice.objects.filter(UNREAD, object_id=case.pk, asks=True)
    assert not open_requests.exists()
    assert list_unread(town, "handler") == remaining


@pytest.mark.parametrize(
    ("kind", "data", "chinese", "english"),
    [
        (notices.ASSIGNED, {}, "新派案件", "New case"),
        (notices.WARNED, {"stage": "HANDLE"}, "处置即将到期", "Handling is nearly due"),
        (notices.SUPERVISED, {"note": "今天办结"}, "督办：今天办结", "Supervised: 今天办结"),
        (notices.REMINDED, {"note": ""}, "催办", "Reminder"),
        (notices.MERGED, {"number": "2020-1"}, "已并入 2020-1", "Merged into 2020-1"),
    ],
)
def test_a_notice_is_in_the_readers_language(
    kind: NoticeKind, data: dict[str, str], chinese: str, english: str
) -> None:
    notice = Notice(kind=kind.code, data=data)
    assert describe_notice(notice) == chinese
    with override("en"):
        assert describe_notice(notice) == english
