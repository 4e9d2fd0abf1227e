"""Who is notified of which move: those whose turn it is, those who lose the case, and their leaders."""

from datetime import timedelta

import pytest

from jiedao.cases import jobs
from jiedao.cases.flow import State
from jiedao.cases.models import Case, Clock
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.orgs.models import Post
from jiedao.testing.cast import Town, make_move, walk

pytestmark = pytest.mark.django_db


def list_notified(word: str) -> set[str]:
    """Return the names of the users with a notice that begins with the word."""
    notices = Notice.objects.select_related("user")
    return {notice.user.username for notice in notices if describe_notice(notice).startswith(word)}


def suspend(town: Town, case: Case) -> Case:
    review = clock.today() + timedelta(days=9)
    return make_move(town, "dispatcher", case, "SUSPEND", reason="BUDGET", review_date=review, note="等资金")


@pytest.mark.parametrize(
    ("state", "people"),
    [
        ("FILED", {"dispatcher", "shift"}),
        ("HANDLING", {"handler", "shift"}),  # and the post above the handler's
        ("HANDLED", {"grid1", "supervisor", "shift"}),
        ("CHECKED", {"shift"}),
    ],
)
def test_supervision_reaches_those_whose_turn_it_is(town: Town, state: str, people: set[str]) -> None:
    make_move(town, "leader", walk(town, to=state), "SUPERVISE", note="今天办结")
    assert list_notified("督办") == people


def test_supervision_reaches_the_leader_of_the_unit(town: Town) -> None:
    head = town.posts["leader"]
    Post.objects.filter(pk=town.posts["handler"].pk).update(superior=head)
    make_move(town, "supervisor", walk(town, to="HANDLING"), "SUPERVISE", note="今天办结")
    assert list_notified("督办") == {"handler", "leader"}


def test_a_reminder_before_acceptance_reaches_the_registrars(town: Town) -> None:
    make_move(town, "supervisor", walk(town, to="REPORTED"), "REMIND")
    assert list_notified("催办") == {"registrar", "dispatcher", "shift"}


def test_the_unit_is_notified_of_suspension_and_resumption(town: Town) -> None:
    case = suspend(town, walk(town, to="HANDLING"))
    assert list_notified("已挂账") == {"handler"}
    make_move(town, "dispatcher", case, "RESUME")
    assert list_notified("恢复办理") == {"handler"}


def test_helpers_are_notified_when_they_are_released_with_the_lead(town: Town) -> None:
    case = walk(town, to="HANDLING")
    make_move(town, "handler", case, "CALL_HELP", helpers=[town.units["WATER"].pk], note="需停水")
    make_move(town, "handler", case, "RETURN", reason="NOT_OURS", note="不归我们")
    assert list_notified("撤回协办") == {"water"}


def test_both_units_are_notified_of_a_merge_and_its_undo(town: Town) -> None:
    first, second = walk(town, to="HANDLING"), walk(town, to="FILED", subject="同一堆垃圾")
    second = make_move(town, "dispatcher", second, "DISPATCH", unit=town.units["WATER"].pk)
    second = make_move(town, "dispatcher", second, "MERGE", into=first.number)
    assert list_notified(f"已并入 {first.number}") == {"water"}
    assert list_notified("又有反映并入") == {"handler"}
    assert Notice.objects.get(kind="cases.case:merged_here").object_id == first.pk
    make_move(town, "dispatcher", second, "UNMERGE", note="并错了")
    assert list_notified("已撤销并案") == {"water"}
    assert list_notified("并入的案件已撤出") == {"handler"}


def test_a_reopened_case_without_a_unit_reaches_the_dispatchers(town: Town) -> None:
    case = walk(town, to="DONE")
    town.units["URBAN"].active = False
    town.units["URBAN"].save()
    forget_all()
    case = make_move(town, "visitor", case, "REOPEN", note="又来了")
    assert (case.state, case.lead_unit_id) == (State.FILED, None)
    assert list_notified("重新办理，待派遣") == {"dispatcher", "shift"}


@pytest.mark.parametrize(
    ("state", "stage"), [("HANDLED", "CHECK"), ("CHECKED", "FINISH"), ("CLOSED", "VISIT")]
)
def test_a_late_stage_escalates_to_the_posts_above_the_responsible_ones(
    town: Town, state: str, stage: str
) -> None:
    leader = town.posts["leader"]
    for name in ("grid1", "supervisor", "shift", "visitor"):
        Post.objects.filter(pk=town.posts[name].pk).update(superior=leader)
    secretary = town.posts["registrar"]
    Post.objects.filter(pk=town.posts["grid3"].pk).update(superior=secretary)  # of the other community
    case = walk(town, to=state)
    row = Clock.objects.get(case=case, stage=stage, stopped_at__isnull=True)
    with clock.at(row.due_at + timedelta(minutes=1)):
        jobs.watch_clocks()
    late = Notice.objects.filter(kind="cases.case:overdue", key__startswith=f"clock:{row.pk}:")
    people = set(late.values_list("user__username", flat=True))
    assert "leader" in people
    assert not people & {"grid3", "registrar"}
