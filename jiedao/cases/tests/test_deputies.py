"""A deputy acts in the posts of an absent person, for a time, and both count as one where a second person is needed."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.cases.access import get_case_by_number
from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.flow import State
from jiedao.cases.models import Case, CaseMove, ExtensionRequest
from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.home import list_waiting
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.notices.deputies import end_deputy, name_deputy
from jiedao.notices.models import Notice
from jiedao.orgs.actions import give_post, set_user_active, take_post
from jiedao.orgs.actor import Actor, find_actor
from jiedao.orgs.deputizing import NewDeputy, list_candidates, list_own_holdings
from jiedao.orgs.models import Deputation, Holding
from jiedao.orgs.people import find_holders_in_units
from jiedao.testing.cast import Town, make_move, walk

pytestmark = pytest.mark.django_db


def name(
    town: Town, person: str, deputy: str, *, by: str = "", days: int = 5, start: int = 0, **more: Any
) -> Deputation:
    """Name a deputy from `start` days after today, for some days; the person themselves does it by default."""
    first = clock.today() + timedelta(days=start)
    new = NewDeputy(
        person_id=town.users[person].pk,
        deputy_id=town.users[deputy].pk,
        from_date=first,
        to_date=first + timedelta(days=days - 1),
        **more,
    )
    return name_deputy(actor=town.actor(by or person), new=new)


def seat(town: Town, deputy: str, person: str) -> Actor:
    """Return the actor of a deputy in the post of the person."""
    actor = find_actor(town.users[deputy], town.posts[person].pk, represents_id=town.users[person].pk)
    assert actor is not None
    assert actor.represents_id == town.users[person].pk
    return actor


def at_noon(days: int) -> datetime:
    day = clock.today() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, 12, tzinfo=clock.TOWN_TZ)


def test_a_deputy_sees_the_queue_acts_and_is_named_in_history_and_audit(town: Town) -> None:
    case = walk(town, to="DISPATCHED")
    name(town, "handler", "dispatcher", reason="LEAVE")
    deputy = seat(town, "dispatcher", "handler")
    waiting = CaseFilters(todo="TAKE").apply(Case.objects.visible_to(deputy), deputy)
    assert list(waiting.values_list("pk", flat=True)) == [case.pk]
    perform(deputy, case.pk, "TAKE")
    move = CaseMove.objects.get(case=case, move="TAKE")
    assert (move.actor_label, move.user_id) == ("孙伟 代 李强 · 处置人员", town.users["dispatcher"].pk)
    assert Entry.objects.filter(action="cases.case:take").get().actor_label == move.actor_label
    assert deputy.post_title == "代 李强 · 处置人员"
    # The deputy's own post stays the first one.
    own = town.actor("dispatcher")
    assert (own.represents_id, own.label) == (None, "孙伟 · 派遣员")


def test_notices_of_the_absent_person_reach_the_deputy_too(town: Town) -> None:
    name(town, "handler", "dispatcher")
    case = walk(town, to="HANDLING")
    Notice.objects.all().delete()
    make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")
    Notice.objects.all().delete()
    request = ExtensionRequest.objects.get(case=case)
    make_move(town, "shift", case, "REFUSE_EXTENSION", request=request.pk, note="抓紧办")
    receivers = set(Notice.objects.values_list("user__username", flat=True))
    assert receivers == {"handler", "dispatcher"}


def test_the_author_of_a_step_gets_no_notice_of_it_as_a_deputy(town: Town) -> None:
    name(town, "supervisor", "dispatcher")
    case = walk(town, to="FILED")
    Notice.objects.all().delete()
    make_move(town, "dispatcher", case, "DISPATCH", unit=town.units["URBAN"].pk)
    assert not Notice.objects.filter(user=town.users["dispatcher"]).exists()


def test_a_deputy_for_one_post_gets_the_work_of_that_post_alone(town: Town) -> None:
    Holding.objects.create(user=town.users["handler"], post=town.posts["visitor"])
    first = Holding.objects.get(user=town.users["handler"], post=town.posts["handler"])
    name(town, "handler", "dispatcher", holding_id=first.pk)
    held = Holding.objects.filter(user=town.users["dispatcher"], represents__isnull=False)
    assert [row.post for row in held] == [town.posts["handler"]]


def test_it_begins_and_ends_by_itself(town: Town) -> None:
    name(town, "handler", "dispatcher", start=2, days=2)
    user, units = town.users["dispatcher"], [town.units["URBAN"].pk]

    def is_deputy() -> bool:
        return user.pk in find_holders_in_units(units, "cases.case:handle")

    assert not is_deputy()
    for days, expected in ((1, False), (2, True), (3, True), (4, False)):
        with clock.at(at_noon(days)):
            assert is_deputy() is expected, days


@pytest.mark.parametrize("who", ["handler", "dispatcher", "shift", "admin"])
def test_the_person_the_deputy_the_superior_or_an_administrator_ends_it_early(town: Town, who: str) -> None:
    row = name(town, "handler", "dispatcher")
    ended = end_deputy(actor=town.actor(who), deputation_id=row.pk)
    assert ended.ended_at is not None
    assert not Holding.objects.filter(deputation=row).exists()
    actor = find_actor(
        town.users["dispatcher"], town.posts["handler"].pk, represents_id=town.users["handler"].pk
    )
    assert actor is not None
    assert actor.represents_id is None
    entry = Entry.objects.get(action="orgs.deputy:end")
    assert entry.before["posts"] == [town.posts["handler"].code]
    end_deputy(actor=town.actor(who), deputation_id=row.pk)
    assert Entry.objects.filter(action="orgs.deputy:end").count() == 1


def test_a_stranger_neither_names_nor_ends(town: Town) -> None:
    with pytest.raises(NotAllowed, match="不能替"):
        name(town, "handler", "supervisor", by="registrar")
    row = name(town, "handler", "dispatcher")
    with pytest.raises(NotAllowed, match="不能结束"):
        end_deputy(actor=town.actor("visitor"), deputation_id=row.pk)


def test_a_superior_and_an_administrator_name_a_deputy_but_never_themselves(town: Town) -> None:
    with pytest.raises(NotAllowed, match="自己代"):
        name(town, "handler", "shift", by="shift")
    with pytest.raises(NotAllowed, match="自己代"):
        name(town, "handler", "admin", by="admin")
    assert name(town, "handler", "registrar", by="shift").named_label == "王磊 · 值班长"
    assert name(town, "water", "grid3", by="admin").deputy == town.users["grid3"]


def test_a_colleague_of_another_unit_needs_an_administrator(town: Town) -> None:
    with pytest.raises(NotAllowed, match="上下级单位"):
        name(town, "handler", "grid3")
    with pytest.raises(NotAllowed, match="上下级单位"):
        name(town, "handler", "cleaner")  # a contractor
    handler = town.users["handler"]
    holdings = list_own_holdings(handler.pk, clock.today(), clock.today())
    offered = {user.username for user in list_candidates(town.actor("handler"), handler.pk, holdings)}
    assert {"dispatcher", "shift"} <= offered
    assert not {"handler", "grid3", "cleaner", "water", "admin"} & offered


def test_administrative_rights_never_pass_without_an_administrator_who_may_give_them(town: Town) -> None:
    with pytest.raises(NotAllowed, match="管理权限"):
        name(town, "admin", "dispatcher")
    with pytest.raises(NotAllowed, match="管理权限"):
        name(town, "dispatcher", "admin")  # an administrator would get casework
    auditor = User.objects.create_user("auditor", None, "沈计")
    post = town.posts["visitor"]
    post.pk, post.code, post.permissions = None, "OFFICE.AUDIT", ["audit.entry:view"]
    post.save()
    Holding.objects.create(user=auditor, post=post)
    town.users["auditor"] = auditor
    with pytest.raises(NotAllowed, match="不能授予"):
        name(town, "auditor", "dispatcher", by="admin")
    with pytest.raises(NotAllowed, match="不能让其代班"):
        name(town, "dispatcher", "auditor", by="admin")


def test_a_deputy_cannot_delegate_further(town: Town) -> None:
    name(town, "handler", "dispatcher")
    deputy, today = seat(town, "dispatcher", "handler"), clock.today()
    for person in ("handler", "dispatcher"):
        new = NewDeputy(town.users[person].pk, town.users["registrar"].pk, today, today)
        with pytest.raises(NotAllowed, match="不能再委托"):
            name_deputy(actor=deputy, new=new)
    # The deputy's own leave covers their own posts alone.
    name(town, "dispatcher", "registrar", start=6)
    held = Holding.objects.filter(user=town.users["registrar"], represents__isnull=False)
    assert [row.post for row in held] == [town.posts["dispatcher"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"deputy": "handler"}, "deputy"),
        ({"start": -1}, "from_date"),
        ({"days": 0}, "to_date"),
        ({"days": 93}, "to_date"),
        ({"holding_id": 999999}, "holding"),
    ],
)
def test_a_wrong_value_is_named_at_its_field(town: Town, change: dict[str, Any], field: str) -> None:
    values = {"deputy": "dispatcher", **change}
    with pytest.raises(UserError) as caught:
        name(town, "handler", **values)
    assert caught.value.field == field
    assert caught.value.hint
    assert not Deputation.objects.exists()


def test_the_longest_time_is_policy_of_the_town(town: Town) -> None:
    Policy.objects.create(key="deputy_days", value=3)
    with pytest.raises(UserError, match="最多 3 天"):
        name(town, "handler", "dispatcher", days=4)
    assert name(town, "handler", "dispatcher", days=3).pk


def test_two_deputies_at_a_time_and_an_absent_deputy_are_refused(town: Town) -> None:
    name(town, "handler", "dispatcher", days=5)
    with pytest.raises(Stale, match="已由 孙伟 代班"):
        name(town, "handler", "registrar", start=4)
    name(town, "handler", "registrar", start=5)
    name(town, "visitor", "supervisor", days=3)
    with pytest.raises(Stale, match="自己也由别人代班"):
        name(town, "registrar", "visitor", start=2)


def test_a_deputy_of_the_same_post_gets_a_seat_of_its_own_with_the_areas_of_the_absent(town: Town) -> None:
    post = town.posts["grid1"]
    colleague = User.objects.create_user("grid2", None, "秦雨")
    town.users["grid2"], town.posts["grid2"] = colleague, post
    holding = Holding.objects.create(user=colleague, post=post)
    holding.areas.set([town.areas["G2"]])
    name(town, "grid1", "grid2")
    assert seat(town, "grid2", "grid1").area_paths == (town.areas["G1"].path,)
    assert town.actor("grid2").area_paths == (town.areas["G2"].path,)
    give_post(
        actor=town.actor("admin"),
        user_id=town.users["grid1"].pk,
        post_id=post.pk,
        area_ids=[town.areas["G1"].pk, town.areas["G2"].pk],
    )
    assert len(seat(town, "grid2", "grid1").area_paths) == 2


def test_it_ends_with_the_post_or_the_account_that_it_represents(town: Town) -> None:
    row = name(town, "handler", "dispatcher")
    own = Holding.objects.get(user=town.users["handler"])
    take_post(actor=town.actor("admin"), holding_id=own.pk)
    row.refresh_from_db()
    assert row.ended_at is not None
    assert not Holding.objects.filter(user=town.users["dispatcher"], represents__isnull=False).exists()
    other = name(town, "visitor", "supervisor")
    set_user_active(actor=town.actor("admin"), user_id=town.users["visitor"].pk, active=False)
    other.refresh_from_db()
    assert other.ended_at is not None


def test_the_seat_of_a_deputy_is_not_taken_away_as_a_post(town: Town) -> None:
    name(town, "handler", "dispatcher")
    copy = Holding.objects.get(user=town.users["dispatcher"], represents__isnull=False)
    with pytest.raises(UserError, match="没有找到"):
        take_post(actor=town.actor("admin"), holding_id=copy.pk)


# Where a second person is needed


def test_a_deputy_decides_no_request_of_the_absent_nor_the_absent_of_the_deputy(town: Town) -> None:
    case = walk(town, to="HANDLING")
    make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")
    request = ExtensionRequest.objects.get(case=case)
    row = name(town, "handler", "shift", by="admin")
    shift = town.actor("shift")
    assert not CaseFilters(todo="EXTENSION").apply(Case.objects.all(), shift).exists()
    with pytest.raises(NotAllowed, match="不能自己批准"):
        make_move(town, "shift", case, "GRANT_EXTENSION", request=request.pk)
    # Afterwards what the handler asked before the absence is decided as ever, if it was not asked on these days.
    ExtensionRequest.objects.filter(pk=request.pk).update(asked_at=clock.now() - timedelta(days=2))
    end_deputy(actor=town.actor("handler"), deputation_id=row.pk)
    make_move(town, "shift", case, "GRANT_EXTENSION", request=request.pk)


def test_what_a_deputy_asked_in_that_time_is_decided_by_neither(town: Town) -> None:
    case = walk(town, to="HANDLING")
    name(town, "handler", "shift", by="admin", days=2)
    perform(seat(town, "shift", "handler"), case.pk, "ASK_EXTENSION", data={"limit": "5wd", "note": "等材料"})
    request = ExtensionRequest.objects.get(case=case)
    assert request.asked_by == town.users["handler"]
    with clock.at(at_noon(3)), pytest.raises(NotAllowed, match="不能自己批准"):
        make_move(town, "shift", case, "GRANT_EXTENSION", request=request.pk)
    post = town.posts["handler"]
    post.permissions = [*post.permissions, "cases.case:decide_extension"]
    post.save()
    with clock.at(at_noon(3)), pytest.raises(NotAllowed, match="不能自己批准"):
        make_move(town, "handler", case, "GRANT_EXTENSION", request=request.pk)
    with clock.at(at_noon(3)):
        make_move(town, "leader", case, "GRANT_EXTENSION", request=request.pk)


def test_nobody_checks_what_the_person_did_for_whom_they_are_a_deputy(town: Town) -> None:
    earlier = walk(town, to="HANDLED")
    row = name(town, "handler", "supervisor", by="admin", days=2)
    supervisor = town.actor("supervisor")
    assert not CaseFilters(todo="CHECK").apply(Case.objects.all(), supervisor).exists()
    with pytest.raises(NotAllowed, match="不能自己核查"):
        make_move(town, "supervisor", earlier, "CHECK_PASS")
    case = walk(town, to="HANDLING", subject="望山村路口垃圾")
    perform(seat(town, "supervisor", "handler"), case.pk, "HANDLE", data={"result": "已清运。"})
    with clock.at(at_noon(3)):
        assert row.is_over(clock.today())
        with pytest.raises(NotAllowed, match="不能自己核查"):
            make_move(town, "supervisor", case, "CHECK_PASS")
        assert make_move(town, "shift", case, "CHECK_PASS").state == State.CHECKED


def test_after_the_absence_work_from_before_it_is_checked_again(town: Town) -> None:
    start = clock.now()
    case = walk(town, to="HANDLED")
    CaseMove.objects.filter(case=case).update(at=start - timedelta(days=3))
    Case.objects.filter(pk=case.pk).update(handled_at=start - timedelta(days=3))
    name(town, "handler", "supervisor", by="admin", days=2)
    with clock.at(at_noon(3)):
        case.refresh_from_db()
        assert make_move(town, "supervisor", case, "CHECK_PASS").state == State.CHECKED


def test_the_deputy_of_one_who_proposed_to_keep_a_case_does_not_confirm_it(town: Town) -> None:
    case = walk(town, to="CLOSED")
    make_move(
        town,
        "visitor",
        case,
        "VISIT",
        reached="yes",
        solved="no",
        satisfaction=1,
        redo="no",
        keep="UNREASONABLE",
        note="要求赔偿",
    )
    name(town, "visitor", "leader", by="admin")
    leader = town.actor("leader")
    assert not CaseFilters(todo="CONFIRM").apply(Case.objects.all(), leader).exists()
    assert CaseFilters(todo="CONFIRM").apply(Case.objects.all(), town.actor("shift")).exists()


def test_a_report_made_by_a_deputy_belongs_to_the_absent_person(town: Town) -> None:
    name(town, "grid1", "registrar", days=1)
    new = NewCase(channel="PATROL", subject="井盖破损", detail="路口井盖破损，车过有响声。")
    filed = file_case(new, actor=seat(town, "registrar", "grid1"))
    with clock.at(at_noon(2)):
        grid = town.actor("grid1")
        assert Case.objects.visible_to(grid).filter(pk=filed.id).exists()
        assert CaseFilters(todo="REPORTED").apply(Case.objects.all(), grid).exists()


def test_a_seat_sees_the_cases_of_the_absent_person_and_no_statement_is_shared_with_another(
    town: Town,
) -> None:
    case = walk(town, to="FILED")
    Case.objects.filter(pk=case.pk).update(
        reported_by=town.users["grid1"], area=None, area_path="", lead_unit=None
    )
    town.posts["grid3"].unit = town.units["RIVER"]
    town.posts["grid3"].save()
    Holding.objects.get(user=town.users["grid3"]).areas.set(
        Holding.objects.get(user=town.users["grid1"]).areas.all()
    )
    forget_all()
    name(town, "grid1", "dispatcher")
    name(town, "grid3", "dispatcher")
    for person, sees in (("grid3", False), ("grid1", True), ("grid3", False)):
        actor = seat(town, "dispatcher", person)
        waiting = [row.id for kind in list_waiting(actor) for row in kind.rows]
        assert (case.pk in waiting) == sees
        if sees:
            assert get_case_by_number(actor, case.number, with_parts=True).pk == case.pk
        else:
            with pytest.raises(NotFoundError):
                get_case_by_number(actor, case.number, with_parts=True)
