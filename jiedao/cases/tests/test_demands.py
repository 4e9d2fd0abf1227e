"""Supervising and reminding ask for an answer by a day; the answer is recorded, and the user who asked is notified."""

from datetime import timedelta

import pytest

from jiedao.cases.models import Case, Demand
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.notices.models import Notice
from jiedao.testing.cast import Town, make_move, walk

pytestmark = pytest.mark.django_db


def offers_answer(town: Town, who: str, case: Case) -> bool:
    return "ANSWER" in {move.code for move in list_allowed_moves(town.actor(who), case)}


def test_supervising_asks_for_an_answer_until_a_day(town: Town) -> None:
    case = walk(town, to="HANDLING")
    with pytest.raises(UserError, match="答复期限"):
        make_move(town, "leader", case, "SUPERVISE", note="今天办结", answer_date=None)
    case = make_move(town, "leader", case, "SUPERVISE", note="今天办结", answer_date=clock.today())
    demand = Demand.objects.get(case=case)
    assert (demand.text, demand.answer_date, demand.answered_at) == ("今天办结", clock.today(), None)


@pytest.mark.parametrize("days", [-1, 93])
def test_an_answer_is_owed_from_today_to_three_months_ahead(town: Town, days: int) -> None:
    day = clock.today() + timedelta(days=days)
    with pytest.raises(UserError, match="答复期限"):
        make_move(town, "leader", walk(town, to="HANDLING"), "SUPERVISE", note="尽快", answer_date=day)


def test_a_reminder_without_a_day_asks_for_no_answer(town: Town) -> None:
    case = make_move(town, "dispatcher", walk(town, to="HANDLING"), "REMIND")
    assert not Demand.objects.exists()
    assert not offers_answer(town, "handler", case)


def test_the_handler_of_the_case_answers_every_demand(town: Town) -> None:
    case = make_move(town, "leader", walk(town, to="HANDLING"), "SUPERVISE", note="尽快")
    day = clock.today() + timedelta(days=2)
    case = make_move(town, "dispatcher", case, "REMIND", answer_date=day)
    assert offers_answer(town, "handler", case)
    assert not offers_answer(town, "leader", case)
    with pytest.raises(NotAllowed):
        make_move(town, "leader", case, "ANSWER", answer="我自己答")
    case = make_move(town, "handler", case, "ANSWER", answer="吊车明早到，明天中午办完")
    answers = Demand.objects.filter(case=case).values_list("answer", "answered_label")
    assert set(answers) == {("吊车明早到，明天中午办完", town.actor("handler").label)}
    asked = {town.users["leader"].pk, town.users["dispatcher"].pk}
    assert (
        set(Notice.objects.filter(kind="cases.case:demand_answered").values_list("user_id", flat=True))
        == asked
    )
    assert not offers_answer(town, "handler", case)
    with pytest.raises(UserError, match="没有等您答复"):
        make_move(town, "handler", case, "ANSWER", answer="再答一次")
