"""Who handled may not check: not under another post, not for the unit above or below, not two rounds later."""

import pytest

from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors.todo import build_todo_filter
from jiedao.kernel.errors import NotAllowed
from jiedao.orgs.actor import Actor, find_actor
from jiedao.orgs.models import Holding
from jiedao.testing.cast import Town, make_move, walk

pytestmark = pytest.mark.django_db


def make_supervisor(town: Town, who: str) -> Actor:
    """Give the person the supervisor's post too, and let them act as it."""
    Holding.objects.create(user=town.users[who], post=town.posts["supervisor"])
    actor = find_actor(town.users[who], town.posts["supervisor"].pk)
    assert actor is not None
    return actor


def assert_check_is_refused(actor: Actor, case: Case) -> None:
    """Assert that the actor is not offered the moves of checking, has no such work to do, and cannot make them."""
    assert not {move.code for move in list_allowed_moves(actor, case)} & {"CHECK_PASS", "REWORK"}
    assert not Case.objects.filter(build_todo_filter("CHECK", actor), pk=case.pk).exists()
    for code in ("CHECK_PASS", "REWORK"):
        with pytest.raises(NotAllowed, match="不能自己核查"):
            perform(actor, case.pk, code, data={"note": "看过"})


def dispatch_case(town: Town, unit: str, helpers: tuple[str, ...] = ()) -> Case:
    case = walk(town, to="FILED")
    fields = {"unit": town.units[unit].pk, "helpers": [town.units[name].pk for name in helpers]}
    return make_move(town, "dispatcher", case, "DISPATCH", **fields)


def test_a_second_post_does_not_allow_checking_ones_own_work(town: Town) -> None:
    case = walk(town, to="HANDLED")
    assert_check_is_refused(make_supervisor(town, "handler"), case)
    perform(town.actor("supervisor"), case.pk, "CHECK_PASS", data={"note": "已看过现场"})


def test_a_second_post_does_not_allow_checking_a_colleagues_work(town: Town) -> None:
    case = walk(town, to="HANDLED")
    Holding.objects.create(user=town.users["supervisor"], post=town.posts["handler"])
    both = find_actor(town.users["supervisor"], town.posts["supervisor"].pk)
    assert both is not None
    assert_check_is_refused(both, case)


def test_a_helper_may_not_check_under_another_post(town: Town) -> None:
    case = dispatch_case(town, "URBAN", ("WATER",))
    make_move(town, "water", case, "HELPED", result="已停水")
    case = make_move(town, "handler", case, "HANDLE", result="清了")
    assert_check_is_refused(make_supervisor(town, "water"), case)


def test_who_handled_an_earlier_round_may_not_check_a_later_one(town: Town) -> None:
    case = walk(town, to="HANDLED")
    make_move(town, "supervisor", case, "REWORK", note="还有残留")
    make_move(town, "dispatcher", case, "REDISPATCH", unit=town.units["WATER"].pk, note="换一家")
    case = make_move(town, "water", case, "HANDLE", result="清了")
    assert_check_is_refused(make_supervisor(town, "handler"), case)


def test_a_unit_whose_head_acted_for_its_contractor_may_not_check(town: Town) -> None:
    case = dispatch_case(town, "CLEAN")
    case = make_move(town, "handler", case, "HANDLE", result="派人清了")  # of URBAN, above CLEAN
    post = town.posts["cleaner"]
    post.permissions, post.unit = [*post.permissions, "cases.case:check"], town.units["URBAN"]
    post.save()
    assert_check_is_refused(town.actor("cleaner"), case)


def test_a_contractor_may_not_check_the_department_it_works_for(town: Town) -> None:
    case = dispatch_case(town, "URBAN", ("CLEAN",))
    make_move(town, "handler", case, "RELEASE_HELP", unit=town.units["CLEAN"].pk, note="不用了")
    case = make_move(town, "handler", case, "HANDLE", result="清了")
    post = town.posts["cleaner"]
    post.permissions = [*post.permissions, "cases.case:check"]
    post.save()
    assert_check_is_refused(town.actor("cleaner"), case)


def test_a_department_may_check_what_its_contractor_did_alone(town: Town) -> None:
    case = dispatch_case(town, "CLEAN")
    case = make_move(town, "cleaner", case, "HANDLE", result="清了")
    post = town.posts["handler"]
    post.permissions = [*post.permissions, "cases.case:check"]
    post.save()
    assert make_move(town, "handler", case, "CHECK_PASS").state == State.CHECKED
