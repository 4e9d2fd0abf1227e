"""The return visit: each call is recorded, a dissatisfied reporter requires a decision, the case states the end."""

from datetime import timedelta

import pytest

from jiedao.audit.models import Entry
from jiedao.cases.actions.history import History, Visit, file_histories
from jiedao.cases.actions.intake import NewCase
from jiedao.cases.flow import State, get_state_label, get_state_tone
from jiedao.cases.models import Case, Clock, ReturnVisit
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.scripts import build_visit_script
from jiedao.cases.selectors.home import list_waiting
from jiedao.cases.selectors.lists import read_rows_by_id
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.notices.models import Notice
from jiedao.testing.cast import Town, make_move, walk

pytestmark = pytest.mark.django_db

UNSATISFIED = {"reached": "yes", "solved": "no", "satisfaction": 2}


def propose_to_keep(town: Town, case: Case) -> Case:
    return make_move(town, "visitor", case, "VISIT", **UNSATISFIED, keep="UNREASONABLE", note="要求赔偿")


def list_codes(town: Town, who: str, case: Case) -> set[str]:
    return {move.code for move in list_allowed_moves(town.actor(who), case)}


def test_an_untouched_form_is_no_call(town: Town) -> None:
    case = walk(town, to="CLOSED")
    with pytest.raises(UserError, match="请选择“通话结果”") as fault:
        make_move(town, "visitor", case, "VISIT", note="")
    assert fault.value.field == "reached"
    assert not ReturnVisit.objects.exists()


def test_a_reached_reporter_states_whether_it_is_solved(town: Town) -> None:
    case = walk(town, to="CLOSED")
    with pytest.raises(UserError, match="是否已解决") as fault:
        make_move(town, "visitor", case, "VISIT", reached="yes", satisfaction=4)
    assert fault.value.field == "solved"


def test_a_satisfied_visit_ends_green(town: Town) -> None:
    case = make_move(
        town, "visitor", walk(town, to="CLOSED"), "VISIT", reached="yes", solved="yes", satisfaction=3
    )
    assert (case.state, case.visit_outcome) == (State.DONE, "SATISFIED")
    assert (get_state_label(case.state, case.visit_outcome), get_state_tone(case.state)) == ("已办结", "good")


@pytest.mark.parametrize(("solved", "satisfaction"), [("no", 2), ("no", 5), ("yes", 2), ("yes", 1)], ids=str)
def test_an_unsatisfied_visit_without_a_decision_is_refused(
    town: Town, solved: str, satisfaction: int
) -> None:
    case = walk(town, to="CLOSED")
    with pytest.raises(UserError, match="决定怎么办") as fault:
        make_move(town, "visitor", case, "VISIT", reached="yes", solved=solved, satisfaction=satisfaction)
    assert fault.value.field == "cause"
    case.refresh_from_db()
    assert (case.state, case.visited_at) == (State.CLOSED, None)


def test_the_score_that_counts_as_unsatisfied_is_policy(town: Town) -> None:
    Policy.objects.create(key="unsatisfied_score", value=3)
    forget_all()
    with pytest.raises(UserError, match="决定怎么办"):
        make_move(
            town, "visitor", walk(town, to="CLOSED"), "VISIT", reached="yes", solved="yes", satisfaction=3
        )


def test_a_cause_that_can_be_mended_reopens_the_case_by_default(town: Town) -> None:
    case = make_move(town, "visitor", walk(town, to="CLOSED"), "VISIT", **UNSATISFIED, cause="NOT_DONE")
    assert (case.state, case.reopens, case.visit_outcome) == (State.DISPATCHED, 1, "")
    assert case.moves.get(move="VISIT").data["cause"] == "NOT_DONE"
    assert Notice.objects.filter(user=town.users["handler"], kind="cases.case:reopened").exists()


@pytest.mark.parametrize(
    ("decision", "message"),
    [
        ({"redo": "no", "cause": "NOT_DONE"}, "请选择不再办理的理由"),
        ({"redo": "yes", "keep": "UNREASONABLE"}, "又选了不再办理的理由"),
        ({"keep": "NO_SUCH"}, "请从列表中选择原因"),
        ({"keep": "NOT_DONE"}, "请从列表中选择原因"),
    ],
)
def test_a_decision_that_contradicts_itself_is_refused(
    town: Town, decision: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message) as fault:
        make_move(town, "visitor", walk(town, to="CLOSED"), "VISIT", **UNSATISFIED, **decision)
    assert fault.value.field == "keep"


def test_a_reason_why_not_waits_for_another_person(town: Town) -> None:
    case = propose_to_keep(town, walk(town, to="CLOSED"))
    assert (case.state, case.stage, case.ended_at) == (State.TO_CONFIRM, "CONFIRM", None)
    assert case.due_at is not None
    waiting = {row.code: row.total for row in list_waiting(town.actor("shift"))}
    assert waiting["CONFIRM"] == 1
    assert Notice.objects.filter(user=town.users["shift"], kind="cases.case:to_confirm").exists()


def test_a_confirmed_reason_ends_the_case_as_unsatisfied(town: Town) -> None:
    case = make_move(town, "shift", propose_to_keep(town, walk(town, to="CLOSED")), "CONFIRM_KEEP")
    assert (case.state, case.visit_outcome, case.due_at) == (State.DONE, "UNSATISFIED", None)
    assert not Clock.objects.filter(case=case, stopped_at=None).exists()
    row = read_rows_by_id(town.actor("shift"), [case.pk])[0]
    assert (row.state_label, row.tone) == ("已办结 · 不满意", "warn")


def test_a_refused_reason_sends_the_case_back_to_its_unit(town: Town) -> None:
    case = propose_to_keep(town, walk(town, to="CLOSED"))
    with pytest.raises(UserError):
        make_move(town, "shift", case, "REFUSE_KEEP")
    case = make_move(town, "shift", case, "REFUSE_KEEP", note="要求合理")
    assert (case.state, case.reopens, case.visit_outcome) == (State.DISPATCHED, 1, "")
    assert case.lead_unit == town.units["URBAN"]


def test_the_proposer_and_the_handler_may_not_confirm(town: Town) -> None:
    for who in ("visitor", "handler"):
        town.posts[who].permissions = [*town.posts[who].permissions, "cases.case:confirm_visit"]
        town.posts[who].save()
    case = propose_to_keep(town, walk(town, to="CLOSED"))
    for who, message in (("visitor", "不能自己确认"), ("handler", "处置的人")):
        assert not {"CONFIRM_KEEP", "REFUSE_KEEP"} & list_codes(town, who, case)
        assert "CONFIRM" not in {row.code for row in list_waiting(town.actor(who))}
        with pytest.raises(NotAllowed, match=message):
            make_move(town, who, case, "CONFIRM_KEEP")
    assert "CONFIRM_KEEP" in list_codes(town, "shift", case)


def test_without_the_right_nobody_confirms(town: Town) -> None:
    case = propose_to_keep(town, walk(town, to="CLOSED"))
    with pytest.raises(NotAllowed):
        make_move(town, "registrar", case, "CONFIRM_KEEP")
    with pytest.raises(Stale):
        make_move(town, "visitor", case, "VISIT", **UNSATISFIED, cause="NOT_DONE")


def test_each_call_is_in_history_and_audit(town: Town) -> None:
    case = walk(town, to="CLOSED")
    for minute, call in enumerate(("no", "wrong")):
        with clock.at(clock.now() + timedelta(minutes=minute)):
            make_move(town, "visitor", case, "VISIT", reached=call, note=f"第{minute}次")
    calls = ReturnVisit.objects.order_by("id").values_list("reached", "wrong_number", "note", "by__username")
    assert list(calls) == [(False, False, "第0次", "visitor"), (False, True, "第1次", "visitor")]
    moves = case.moves.filter(move="VISIT").order_by("id")
    assert [move.data.get("wrong_number", False) for move in moves] == [False, True]
    entries = Entry.objects.filter(action="cases.case:visit").order_by("id")
    assert [(entry.after["reached"], entry.after["wrong_number"]) for entry in entries] == [
        (False, False),
        (False, True),
    ]


def test_a_wrong_number_lets_the_visit_end_at_once(town: Town) -> None:
    case = make_move(town, "visitor", walk(town, to="CLOSED"), "VISIT", reached="wrong")
    assert "END_VISIT" in list_codes(town, "visitor", case)
    with pytest.raises(UserError):
        make_move(town, "visitor", case, "END_VISIT")
    case = make_move(town, "visitor", case, "END_VISIT", note="号码是别人的")
    row = read_rows_by_id(town.actor("shift"), [case.pk])[0]
    assert (case.state, row.state_label, row.tone) == (State.DONE, "已办结 · 未联系上", "neutral")


def test_words_and_boxes_of_earlier_forms_are_understood(town: Town) -> None:
    case = make_move(
        town, "visitor", walk(town, to="CLOSED"), "VISIT", reached="on", satisfaction="1", redo="on"
    )
    assert (case.state, case.solved) == (State.DISPATCHED, False)
    case = make_move(
        town, "visitor", walk(town, to="CLOSED"), "VISIT", reached=True, solved=True, satisfaction=5
    )
    assert case.state == State.DONE
    with pytest.raises(UserError, match="已接通、未接通、号码有误"):
        make_move(town, "visitor", walk(town, to="CLOSED"), "VISIT", reached="vielleicht")


@pytest.mark.parametrize(
    ("visit", "outcome", "codes"),
    [
        ({"reached": True, "solved": True, "satisfaction": 4}, "SATISFIED", ["VISIT"]),
        ({"reached": True, "solved": False, "satisfaction": 4}, "UNSATISFIED", ["VISIT"]),
        ({"reached": False}, "UNREACHED", ["VISIT", "END_VISIT"]),
    ],
)
def test_a_case_with_a_past_states_how_its_visit_ended(town: Town, visit, outcome, codes) -> None:
    at = clock.now() - timedelta(days=9)
    new = NewCase(channel="HOTLINE", subject="垃圾", detail="垃圾", reporter_name="李四", reported_at=at)
    done = History(new, State.DONE, closed_at=at, visits=[Visit(at + timedelta(days=1), **visit)])
    filed = file_histories([done], actor=town.actor("registrar"))[0]
    case = Case.objects.get(pk=filed.id)
    assert (case.state, case.visit_outcome) == (State.DONE, outcome)
    last = case.moves.order_by("id").values_list("move", flat=True)
    assert list(last)[-len(codes) :] == codes


def test_the_script_is_that_of_the_category_else_of_the_town(town: Town) -> None:
    case = walk(town, to="CLOSED")
    assert "临江花园门口堆放垃圾" in build_visit_script(case)[1]
    Policy.objects.create(
        key="visit_scripts",
        value={"": ["您好"], "MATTER 01": ["关于{subject}，{number}"], "MATTER 04": ["不对"]},
    )
    forget_all()
    assert build_visit_script(case) == [f"关于临江花园门口堆放垃圾，{case.number}"]
    case.category = town.categories["COVER"]
    assert build_visit_script(case) == ["您好"]
