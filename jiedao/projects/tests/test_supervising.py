"""A leader supervises a pledge: a demand with a day, the answer that the unit owes, and how late it came."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import UNREAD, Notice
from jiedao.projects.actions.pledges import report_pledge_done, withdraw_pledge
from jiedao.projects.actions.supervising import answer_supervision, supervise_pledge
from jiedao.projects.jobs import monitor_pledges, monitor_supervisions
from jiedao.projects.models.promises import Pledge, Supervision
from jiedao.projects.selectors.pledges import PledgeFilters, count_pledges, find_pledges, read_pledge_detail
from jiedao.projects.tests.promise_parts import JULY, add_item, promise_town
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Iterator[Town]:
    with clock.at(JULY):
        yield promise_town()


def at(month: int, day: int, hour: int = 10) -> Any:
    return clock.at(datetime(2020, month, day, hour, tzinfo=clock.TOWN_TZ))


def list_unread(town: Town, username: str) -> list[str]:
    rows = Notice.objects.filter(UNREAD, user=town.users[username]).order_by("id")
    return [describe_notice(notice) for notice in rows]


def list_moves(town: Town, username: str, pledge: Pledge) -> list[str]:
    return read_pledge_detail(town.actor(username), Pledge.objects.get(pk=pledge.pk)).may


def supervise(town: Town, pledge: Pledge, due: date, username: str = "supervisor") -> Pledge:
    return supervise_pledge(
        actor=town.actor(username), pledge_id=pledge.pk, demand="说明原因，限期清疏", due_date=due
    )


def test_overdue_pledge_is_supervised_and_answered_late(town: Town) -> None:
    pledge = add_item(town)
    with at(7, 11):
        monitor_pledges()
        supervise(town, pledge, date(2020, 7, 15))
        assert list_unread(town, "handler") == ["新的任务", "督办：2020-07-15 前办完或答复"]
        assert list_moves(town, "handler", pledge) == ["REPORT", "ANSWER"]
        pledge.refresh_from_db()
        assert (pledge.deadline, pledge.is_late, pledge.days_late) == (date(2020, 7, 10), True, 1)
    with at(7, 15, 23):
        assert monitor_supervisions() == 0
    with at(7, 16):
        assert (monitor_supervisions(), monitor_supervisions()) == (1, 0)
        assert "督办逾期未答复（2020-07-15）" in list_unread(town, "handler")
        assert "督办逾期未答复（2020-07-15）" in list_unread(town, "supervisor")
        assert not any("前办完或答复" in text for text in list_unread(town, "handler"))
    with at(7, 17):
        answer_supervision(
            actor=town.actor("handler"),
            pledge_id=pledge.pk,
            answer="管网塌陷，等抢修",
            promised_date=date(2020, 7, 30),
        )
        assert not any("督办" in text for text in list_unread(town, "handler"))
        assert "督办已答复" in list_unread(town, "supervisor")
    demand = Supervision.objects.get()
    assert (demand.outcome, demand.days_late, demand.promised_date) == ("ANSWERED", 2, date(2020, 7, 30))
    moves = list(pledge.moves.values_list("move", flat=True))
    assert moves == ["ANSWER", "UNANSWERED", "SUPERVISE", "LATE", "ADD"]
    assert pledge.moves.get(move="ANSWER").data == {
        "due": "2020-07-15",
        "days_late": 2,
        "promised": "2020-07-30",
    }
    assert Entry.objects.filter(action="projects.pledge:supervise", object_id=pledge.pk).count() == 1
    assert Pledge.objects.get().state == "OPEN"


def test_answers_owed_are_counted_and_listed(town: Town) -> None:
    owing, free = add_item(town, "R01"), add_item(town, "R02")
    supervise(town, owing, date(2020, 7, 2))
    leader = town.actor("leader")
    assert count_pledges(leader).owed == 1
    assert find_pledges(leader, PledgeFilters(owed=True)) == [owing]
    assert count_pledges(town.actor("grid3")).owed == 0
    report_pledge_done(actor=town.actor("handler"), pledge_id=owing.pk, evidence="已清疏 12 公里")
    demand = Supervision.objects.get()
    assert (demand.outcome, demand.answer, demand.days_late) == ("REPORTED", "已清疏 12 公里", 0)
    assert (count_pledges(leader).owed, free.is_late) == (0, False)


def test_second_demand_replaces_the_first_and_withdrawing_ends_it(town: Town) -> None:
    pledge = add_item(town)
    supervise(town, pledge, date(2020, 7, 2))
    with at(7, 5):
        supervise(town, pledge, date(2020, 7, 8), username="shift")
        withdraw_pledge(actor=town.actor("shift"), pledge_id=pledge.pk, why="并入专项")
    second, first = Supervision.objects.all()
    assert (first.outcome, first.days_late) == ("REPLACED", 3)
    assert (second.outcome, second.days_late) == ("WITHDRAWN", 0)
    with at(7, 20):
        assert monitor_supervisions() == 0
        with pytest.raises(Stale):
            supervise(town, pledge, date(2020, 7, 30))


def test_demand_requires_right_text_and_day_and_an_answer_a_demand(town: Town) -> None:
    pledge = add_item(town)
    with pytest.raises(NotAllowed):
        supervise(town, pledge, date(2020, 7, 3), username="handler")
    with pytest.raises(UserError, match="答复期限已过"):
        supervise(town, pledge, date(2020, 6, 30))
    with pytest.raises(UserError, match="没有填写"):
        supervise_pledge(
            actor=town.actor("shift"), pledge_id=pledge.pk, demand=" ", due_date=date(2020, 7, 3)
        )
    handler = town.actor("handler")
    with pytest.raises(Stale, match="没有待答复的督办"):
        answer_supervision(actor=handler, pledge_id=pledge.pk, answer="在办")
    supervise(town, pledge, date(2020, 7, 1))
    with pytest.raises(NotAllowed):
        answer_supervision(actor=town.actor("supervisor"), pledge_id=pledge.pk, answer="在办")
    with pytest.raises(UserError, match="没有填写"):
        answer_supervision(actor=handler, pledge_id=pledge.pk, answer="")
    with pytest.raises(UserError, match="预计完成日期已过"):
        answer_supervision(actor=handler, pledge_id=pledge.pk, answer="在办", promised_date=date(2020, 6, 30))
    with pytest.raises(IntegrityError), transaction.atomic():
        Supervision.objects.create(pledge=pledge, demand="?", due_date=date(2020, 7, 3), asker_label="?")
    assert Supervision.objects.get().outcome == ""
