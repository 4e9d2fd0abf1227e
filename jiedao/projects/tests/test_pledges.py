"""Responsibility items: reported with evidence, confirmed by another user, escalated when late."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from jiedao.audit.models import Entry
from jiedao.files.access import get_attachment
from jiedao.files.actions import store_file
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import UNREAD, Notice
from jiedao.projects.actions.pledges import (
    add_pledge,
    confirm_pledge,
    extend_pledge,
    report_pledge_done,
    send_pledge_back,
    withdraw_pledge,
)
from jiedao.projects.jobs import monitor_pledges
from jiedao.projects.models.promises import Pledge
from jiedao.projects.promise_access import get_pledge
from jiedao.projects.selectors.pledges import PledgeFilters, count_pledges, find_pledges, read_pledge_detail
from jiedao.projects.tests.promise_parts import JULY, add_item, promise_town
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def town() -> Iterator[Town]:
    with clock.at(JULY):
        yield promise_town()


def list_notices(town: Town, username: str) -> list[str]:
    rows = Notice.objects.filter(user=town.users[username]).order_by("id")
    return [describe_notice(notice) for notice in rows]


def list_unread(town: Town, username: str) -> list[str]:
    rows = Notice.objects.filter(UNREAD, user=town.users[username]).order_by("id")
    return [describe_notice(notice) for notice in rows]


def at(year: int, month: int, day: int, hour: int = 10) -> Any:
    return clock.at(datetime(year, month, day, hour, tzinfo=clock.TOWN_TZ))


def test_item_is_done_after_another_user_confirmed_it(town: Town) -> None:
    pledge = add_item(town, helpers=[town.units["CLEAN"]])
    handler, supervisor = town.actor("handler"), town.actor("supervisor")
    paper = store_file(handler, ContentFile(PDF, name="验收单.pdf"))
    with pytest.raises(UserError, match="没有填写"):
        report_pledge_done(actor=handler, pledge_id=pledge.pk, evidence=" ")
    with pytest.raises(NotAllowed, match="别的单位"):
        report_pledge_done(actor=supervisor, pledge_id=pledge.pk, evidence="已清疏")
    report_pledge_done(actor=handler, pledge_id=pledge.pk, evidence="已清疏 12 公里", attachments=[paper.pk])
    with pytest.raises(Stale):
        report_pledge_done(actor=handler, pledge_id=pledge.pk, evidence="再报")
    with pytest.raises(NotAllowed):
        confirm_pledge(actor=handler, pledge_id=pledge.pk)
    send_pledge_back(actor=supervisor, pledge_id=pledge.pk, why="缺少前后对比照片")
    report_pledge_done(actor=handler, pledge_id=pledge.pk, evidence="已补照片")
    done = confirm_pledge(actor=town.actor("shift"), pledge_id=pledge.pk, note="现场看过")
    assert (done.state, done.confirmed_by_id) == ("CONFIRMED", town.users["shift"].pk)
    detail = read_pledge_detail(supervisor, done)
    assert [move.move for move in detail.moves] == ["CONFIRM", "REPORT", "BACK", "REPORT", "ADD"]
    assert ([row.name for row in detail.attachments], detail.may) == (["验收单.pdf"], [])
    assert get_attachment(town.actor("leader"), paper.pk)
    with pytest.raises(NotFoundError):
        get_attachment(town.actor("grid3"), paper.pk)
    assert Entry.objects.filter(object_type="projects.pledge", object_id=pledge.pk).count() == 6
    assert list_notices(town, "handler") == ["新的任务", "已退回，请补办", "已确认完成"]
    assert list_notices(town, "shift") == ["报告完成，待确认"] * 2
    about = set(Notice.objects.values_list("object_type", "object_id", "object_name"))
    assert about == {("projects.pledge", pledge.pk, f"{pledge.code} {pledge.text}")}


def test_each_move_settles_what_was_asked_before_it(town: Town) -> None:
    pledge = add_item(town)
    handler, supervisor = town.actor("handler"), town.actor("supervisor")
    report_pledge_done(actor=handler, pledge_id=pledge.pk, evidence="已完成")
    assert (list_unread(town, "handler"), list_unread(town, "shift")) == ([], ["报告完成，待确认"])
    send_pledge_back(actor=supervisor, pledge_id=pledge.pk, why="缺材料")
    assert (list_unread(town, "handler"), list_unread(town, "shift")) == (["已退回，请补办"], [])
    report_pledge_done(actor=handler, pledge_id=pledge.pk, evidence="已补齐")
    confirm_pledge(actor=supervisor, pledge_id=pledge.pk)
    assert (list_unread(town, "handler"), list_unread(town, "shift")) == (["已确认完成"], [])


def test_new_alarm_replaces_the_one_before_and_an_extension_settles_it(town: Town) -> None:
    pledge = add_item(town)
    with at(2020, 7, 8):
        monitor_pledges()
    assert list_unread(town, "handler") == ["新的任务", "即将到期（2020-07-10）"]
    with at(2020, 7, 11):
        monitor_pledges()
        assert list_unread(town, "handler") == ["新的任务", "已逾期（2020-07-10）"]
        extend_pledge(
            actor=town.actor("supervisor"), pledge_id=pledge.pk, until=date(2020, 7, 31), why="等验收"
        )
    assert list_unread(town, "handler") == ["新的任务", "已延期"]


def test_alarm_stays_with_a_superior_who_gets_no_newer_one(town: Town) -> None:
    shift = town.posts["shift"]
    shift.permissions = [right for right in shift.permissions if right != "projects.promise:confirm"]
    shift.save()
    add_item(town)
    with at(2020, 7, 11):
        monitor_pledges()
    with at(2020, 7, 20, 19):
        monitor_pledges()
    assert list_unread(town, "shift") == ["已逾期（2020-07-10）"]
    assert list_unread(town, "leader") == ["逾期未办，逐级督办（2020-07-10）"]


def test_reporter_cannot_confirm(town: Town) -> None:
    pledge, actor = add_item(town, unit="OFFICE"), town.actor("supervisor")
    report_pledge_done(actor=actor, pledge_id=pledge.pk, evidence="已办")
    assert read_pledge_detail(actor, get_pledge(actor, pledge.pk)).may == ["WITHDRAW"]
    for move in (
        lambda: confirm_pledge(actor=actor, pledge_id=pledge.pk),
        lambda: send_pledge_back(actor=actor, pledge_id=pledge.pk, why="?"),
    ):
        with pytest.raises(NotAllowed, match="由您报告"):
            move()
    with pytest.raises(IntegrityError), transaction.atomic():
        Pledge.objects.filter(pk=pledge.pk).update(confirmed_by=town.users["supervisor"])


def test_invalid_pledge_is_refused(town: Town) -> None:
    add_item(town)
    for change, words in (
        ({"code": "R01"}, "编号 R01 已经有了"),
        ({"text": ""}, "没有填写"),
        ({"code": "X" * 41}, "文字过长"),
        ({"due": date(2020, 6, 30)}, "期限已过"),
        ({"kind": "WISH"}, "没有这个种类"),
        ({"helpers": [town.units["URBAN"]]}, "不能同时是配合单位"),
    ):
        with pytest.raises(UserError, match=words):
            add_item(town, **{"code": "R02", **change})
    columns: dict[str, Any] = {
        "kind": "DECISION",
        "text": "办",
        "source": "例会",
        "due_date": date(2020, 8, 1),
    }
    with pytest.raises(NotAllowed, match="不能给这个单位"):
        add_pledge(actor=town.actor("handler"), code="R03", unit=town.units["WATER"], **columns)
    assert Pledge.objects.count() == 1


def test_extend_and_withdraw_require_reason_and_right(town: Town) -> None:
    pledge, shift = add_item(town), town.actor("shift")
    with pytest.raises(UserError, match="晚于今天和原期限"):
        extend_pledge(actor=shift, pledge_id=pledge.pk, until=date(2020, 7, 10), why="汛期")
    extended = extend_pledge(actor=shift, pledge_id=pledge.pk, until=date(2020, 7, 20), why="汛期")
    assert (extended.due_date, extended.deadline) == (date(2020, 7, 10), date(2020, 7, 20))
    with pytest.raises(NotAllowed):
        withdraw_pledge(actor=town.actor("handler"), pledge_id=pledge.pk, why="不想办")
    withdraw_pledge(actor=shift, pledge_id=pledge.pk, why="并入专项")
    with pytest.raises(Stale):
        extend_pledge(actor=shift, pledge_id=pledge.pk, until=date(2020, 8, 20), why="再延")
    counts = count_pledges(shift)
    assert (counts.total, counts.open) == (1, 0)  # the list of all has the withdrawn one too


def test_late_item_is_warned_marked_and_escalated_once_each(town: Town) -> None:
    pledge = add_item(town)
    monitor_pledges()  # seven working days are left
    assert not any("到期" in text for text in list_notices(town, "handler"))
    for day in range(3, 11):
        with at(2020, 7, day):
            monitor_pledges()
            monitor_pledges()
    assert sum("即将到期" in text for text in list_notices(town, "handler")) == 1
    with at(2020, 7, 11):
        monitor_pledges()
        monitor_pledges()
        assert [row.code for row in find_pledges(town.actor("leader"), PledgeFilters(late=True))] == ["R01"]
        assert count_pledges(town.actor("leader")).late == 1
    for username in ("handler", "shift", "supervisor"):
        assert sum("已逾期" in text for text in list_notices(town, username)) == 1, username
    for day in range(12, 31):
        with at(2020, 7, day, 19):
            monitor_pledges()
    assert sum("逐级督办" in text for text in list_notices(town, "leader")) == 3
    pledge.refresh_from_db()
    assert (pledge.late_for, pledge.escalated, pledge.next_rung_at) == (date(2020, 7, 10), 3, None)
    assert list(pledge.moves.values_list("move", flat=True)) == ["ESCALATED"] * 3 + ["LATE", "WARNED", "ADD"]
    with at(2020, 7, 31):
        extend_pledge(actor=town.actor("shift"), pledge_id=pledge.pk, until=date(2020, 9, 1), why="汛期")
        assert monitor_pledges() == 0
    with at(2020, 9, 2):
        monitor_pledges()
    assert sum("已逾期" in text for text in list_notices(town, "handler")) == 2


def test_reported_item_is_not_late(town: Town) -> None:
    pledge = add_item(town)
    report_pledge_done(actor=town.actor("handler"), pledge_id=pledge.pk, evidence="已办")
    with clock.at(JULY + timedelta(days=60)):
        assert monitor_pledges() == 0
        assert not get_pledge(town.actor("handler"), pledge.pk).is_late


def test_item_is_visible_to_owner_helpers_and_town(town: Town) -> None:
    pledge = add_item(town, unit="RIVER", helpers=[town.units["CLEAN"]])
    people = ("grid1", "grid3", "handler", "cleaner", "leader", "water")
    usernames = {username for username in people if pledge in find_pledges(town.actor(username))}
    assert usernames == {"grid1", "handler", "cleaner", "leader"}
