"""The loop from the report to the return visit, and each refusal on the way."""

from datetime import timedelta
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.cases.flow import State
from jiedao.cases.models import Assignment, Case, Choice, Clock, ExtensionRequest, ReturnVisit
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.table import FLOW
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.notices.models import Notice
from jiedao.testing.cast import Town, make_move, walk

pytestmark = pytest.mark.django_db


def test_a_case_passes_through_the_complete_loop(town: Town) -> None:
    case = walk(town, to="DONE")
    assert case.satisfaction == 5
    assert case.solved is True
    assert case.handled_on_time is True
    assert case.closed_on_time is True
    assert [row.move for row in case.moves.order_by("id")] == [
        "REPORT",
        "ACCEPT",
        "DISPATCH",
        "TAKE",
        "HANDLE",
        "CHECK_PASS",
        "CLOSE",
        "VISIT",
    ]
    assert not Clock.objects.filter(case=case, stopped_at__isnull=True).exists()


def test_every_move_leaves_an_audit_entry(town: Town) -> None:
    case = walk(town, to="DONE")
    actions = list(
        Entry.objects.filter(object_type="cases.case", object_id=case.pk)
        .order_by("id")
        .values_list("action", flat=True)
    )
    assert actions == [
        f"cases.case:{code}"
        for code in ("report", "accept", "dispatch", "take", "handle", "check_pass", "close", "visit")
    ]


def test_accepting_records_suggestions_and_choice(town: Town) -> None:
    case = walk(town, to="FILED")
    choice = Choice.objects.get(case=case)
    assert choice.category == town.categories["RUBBISH"]
    assert choice.rank == 1


def test_accepting_requires_a_small_class(town: Town) -> None:
    case = walk(town, to="REPORTED")
    with pytest.raises(UserError) as fault:
        make_move(town, "registrar", case, "ACCEPT", category=town.categories["CITY"].pk)
    assert fault.value.field == "category"


def test_a_category_may_require_verification_before_filing(town: Town) -> None:
    case = walk(town, to="REPORTED")
    case = make_move(town, "registrar", case, "ACCEPT", category=town.categories["COVER"].pk)
    assert case.state == State.TO_VERIFY
    assert case.filed_at is None
    case = make_move(town, "grid1", case, "VERIFY", note="到场属实")
    assert case.state == State.FILED
    assert case.filed_at is not None


def test_a_patrol_report_of_that_category_is_filed_at_once(town: Town) -> None:
    case = walk(town, to="REPORTED", channel="PATROL")
    case = make_move(town, "registrar", case, "ACCEPT", category=town.categories["COVER"].pk)
    assert case.state == State.FILED


def test_refusing_requires_a_reason_of_the_pack_and_a_reply(town: Town) -> None:
    case = walk(town, to="REPORTED")
    with pytest.raises(UserError, match="答复"):
        make_move(town, "registrar", case, "REJECT", reason="COURT")
    with pytest.raises(UserError, match="依据"):
        make_move(town, "registrar", case, "REJECT", reason="BORED", reply="不")
    case = make_move(town, "registrar", case, "REJECT", reason="COURT", reply="请通过法院解决。")
    assert case.state == State.REJECTED
    assert "信访工作条例" in case.moves.get(move="REJECT").text


@pytest.mark.parametrize(
    ("state", "who", "code", "data"),
    [
        ("REPORTED", "handler", "ACCEPT", {}),
        ("FILED", "registrar", "DISPATCH", {}),
        ("DISPATCHED", "dispatcher", "TAKE", {}),
        ("HANDLED", "handler", "CHECK_PASS", {}),
        ("CHECKED", "supervisor", "CLOSE", {}),
        ("CLOSED", "shift", "VISIT", {}),
    ],
)
def test_a_move_without_the_right_is_refused(town: Town, state: str, who: str, code: str, data: Any) -> None:
    case = walk(town, to=state)
    with pytest.raises((NotAllowed, NotFoundError)):
        make_move(town, who, case, code, **data)
    assert Case.objects.get(pk=case.pk).state == state


def test_a_case_out_of_scope_does_not_exist_for_a_move(town: Town) -> None:
    case = walk(town, to="HANDLING")
    with pytest.raises(NotFoundError):
        make_move(town, "water", case, "HANDLE", result="好了")


def test_only_the_lead_unit_may_handle(town: Town) -> None:
    case = walk(town, to="FILED")
    helpers = [town.units["WATER"].pk]
    case = make_move(town, "dispatcher", case, "DISPATCH", unit=town.units["URBAN"].pk, helpers=helpers)
    with pytest.raises(NotAllowed):
        make_move(town, "water", case, "HANDLE", result="好了")


def test_handling_requires_a_result(town: Town) -> None:
    case = walk(town, to="HANDLING")
    with pytest.raises(UserError) as fault:
        make_move(town, "handler", case, "HANDLE", result="   ")
    assert fault.value.field == "result"


def test_who_handled_may_not_check(town: Town) -> None:
    post = town.posts["handler"]
    post.permissions = [*post.permissions, "cases.case:check"]
    post.save()
    case = walk(town, to="HANDLED")
    with pytest.raises(NotAllowed, match="不能自己核查"):
        make_move(town, "handler", case, "CHECK_PASS")


def test_a_failed_check_starts_another_round(town: Town) -> None:
    case = walk(town, to="HANDLED")
    case = make_move(town, "supervisor", case, "REWORK", note="还有残留")
    assert case.state == State.HANDLING
    assert case.reworks == 1
    assert case.handled_at is None
    rounds = list(Assignment.objects.filter(case=case).order_by("id").values_list("round", "outcome"))
    assert rounds == [(1, "DONE"), (2, "")]
    case = make_move(town, "handler", case, "HANDLE", result="再次清理")
    assert case.state == State.HANDLED


def test_a_self_handled_case_is_checked_by_another_user(town: Town) -> None:
    case = walk(town, to="REPORTED", channel="PATROL", reporter_name="", reporter_phone="")
    case = make_move(
        town, "grid1", case, "SELF_HANDLE", category=town.categories["RUBBISH"].pk, result="当场清走"
    )
    assert case.state == State.HANDLED
    assert case.self_handled
    with pytest.raises(NotAllowed):
        make_move(town, "grid1", case, "CHECK_PASS")
    case = make_move(town, "supervisor", case, "CHECK_PASS")
    case = make_move(town, "shift", case, "CLOSE")
    assert case.state == State.DONE  # it has no reporter to call back


def test_closing_requires_a_reply_to_the_reporter(town: Town) -> None:
    case = walk(town, to="CHECKED")
    with pytest.raises(UserError) as fault:
        make_move(town, "shift", case, "CLOSE")
    assert fault.value.field == "reply"
    case = make_move(town, "shift", case, "REPLY", reply="已清理")
    assert make_move(town, "shift", case, "CLOSE").state == State.CLOSED


def test_returning_is_counted_limited_and_gives_the_case_back(town: Town) -> None:
    Policy.objects.create(key="max_returns", value=1)
    forget_all()
    case = walk(town, to="DISPATCHED")
    case = make_move(town, "handler", case, "RETURN", reason="NOT_OURS", note="属水务")
    assert (case.state, case.returns, case.lead_unit_id) == (State.FILED, 1, None)
    part = Assignment.objects.get(case=case)
    assert (part.outcome, part.wrong) == ("RETURNED", True)
    case = make_move(town, "dispatcher", case, "DISPATCH", unit=town.units["URBAN"].pk)
    with pytest.raises(UserError, match="上限"):
        make_move(town, "handler", case, "RETURN", reason="NO_PLACE", note="找不到")


def test_redispatching_gives_the_case_to_another_unit_with_a_new_clock(town: Town) -> None:
    case = walk(town, to="HANDLING")
    with pytest.raises(UserError, match="已经由该单位主办"):
        make_move(town, "dispatcher", case, "REDISPATCH", unit=town.units["URBAN"].pk, note="换")
    case = make_move(
        town, "dispatcher", case, "REDISPATCH", unit=town.units["WATER"].pk, note="换", limit="4wh"
    )
    assert case.state == State.DISPATCHED
    assert Clock.objects.get(case=case, stage="HANDLE", stopped_at__isnull=True).limit == "4wh"


def test_each_helper_has_a_clock_and_the_lead_waits_for_them(town: Town) -> None:
    case = walk(town, to="FILED")
    case = make_move(
        town, "dispatcher", case, "DISPATCH", unit=town.units["URBAN"].pk, helpers=[town.units["WATER"].pk]
    )
    assert Clock.objects.filter(case=case, stage="HELP", stopped_at__isnull=True).count() == 1
    with pytest.raises(UserError, match="协办单位还没有完成"):
        make_move(town, "handler", case, "HANDLE", result="清了")
    case = make_move(town, "water", case, "HELPED", result="管道已修")
    case = make_move(town, "handler", case, "HANDLE", result="清了")
    helper = Assignment.objects.get(case=case, role="HELPER")
    assert (helper.outcome, helper.on_time) == ("DONE", True)


@pytest.mark.parametrize("who", ["handler", "dispatcher"])
def test_the_lead_or_the_dispatcher_calls_and_releases_a_helper(town: Town, who: str) -> None:
    post = town.posts["dispatcher"]
    post.permissions = [*post.permissions, "cases.case:help"]
    post.save()
    case = walk(town, to="HANDLING")
    case = make_move(town, who, case, "CALL_HELP", helpers=[town.units["WATER"].pk], note="需停水")
    assert "RELEASE_HELP" in {move.code for move in list_allowed_moves(town.actor(who), case)}
    case = make_move(town, who, case, "RELEASE_HELP", unit=town.units["WATER"].pk, note="不用了")
    assert not Assignment.objects.filter(case=case, role="HELPER", ended_at__isnull=True).exists()


def test_a_helper_may_not_release_itself_nor_call_others(town: Town) -> None:
    case = walk(town, to="HANDLING")
    water, hill = town.units["WATER"].pk, town.units["URBAN"].pk
    case = make_move(town, "handler", case, "CALL_HELP", helpers=[water], note="需停水")
    for code, data in (("RELEASE_HELP", {"unit": water}), ("CALL_HELP", {"helpers": [hill]})):
        with pytest.raises(NotAllowed, match="主办单位的人或派遣员"):
            make_move(town, "water", case, code, note="不是我们的事", **data)


def test_an_unreached_reporter_is_called_until_the_visit_is_ended_by_decision(town: Town) -> None:
    case = walk(town, to="CLOSED")
    for _attempt in range(3):
        assert "END_VISIT" not in {move.code for move in list_allowed_moves(town.actor("visitor"), case)}
        with pytest.raises(UserError, match="还不能按未联系上结束"):
            make_move(town, "visitor", case, "END_VISIT", note="打不通")
        case = make_move(town, "visitor", case, "VISIT", reached="no")
        assert (case.state, case.stage) == (State.CLOSED, "VISIT")
    case = make_move(town, "visitor", case, "END_VISIT", note="三次无人接听")
    assert (case.state, case.visit_outcome, case.satisfaction) == (State.DONE, "UNREACHED", None)
    assert ReturnVisit.objects.filter(case=case, reached=False).count() == 3


def test_a_reached_reporter_gives_a_score(town: Town) -> None:
    case = walk(town, to="CLOSED")
    with pytest.raises(UserError) as fault:
        make_move(town, "visitor", case, "VISIT", reached=True, solved=True)
    assert fault.value.field == "satisfaction"
    with pytest.raises(UserError):
        make_move(town, "visitor", case, "VISIT", reached=True, satisfaction=6)


def test_an_unsatisfied_visit_reopens_the_case_for_its_handler(town: Town) -> None:
    case = walk(town, to="CLOSED")
    case = make_move(town, "visitor", case, "VISIT", reached=True, solved=False, satisfaction=1, redo=True)
    assert (case.state, case.reopens) == (State.DISPATCHED, 1)
    assert case.lead_unit == town.units["URBAN"]
    assert Notice.objects.filter(user=town.users["handler"], kind="cases.case:reopened").exists()
    assert case.closed_at is None
    assert Clock.objects.filter(case=case, stage="CLOSE", stopped_at__isnull=True).count() == 1


def test_reopening_is_limited_in_time(town: Town) -> None:
    case = walk(town, to="DONE")
    with clock.at(clock.now() + timedelta(days=31)), pytest.raises(UserError, match="30 天"):
        make_move(town, "shift", case, "REOPEN", note="又来了")
    assert make_move(town, "shift", case, "REOPEN", note="又来了").state == State.DISPATCHED


def test_an_extension_is_requested_before_expiry_and_granted_by_another_person(town: Town) -> None:
    case = walk(town, to="HANDLING")
    before = case.handle_due_at
    case = make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")
    request = ExtensionRequest.objects.get(case=case)
    with pytest.raises(UserError, match="等待答复"):
        make_move(town, "handler", case, "ASK_EXTENSION", limit="1wd", note="再问")
    case = make_move(town, "shift", case, "GRANT_EXTENSION", request=request.pk)
    assert case.handle_due_at > before
    assert case.extensions == 1
    assert Assignment.objects.get(case=case).due_at == case.handle_due_at
    assert case.due_at == case.handle_due_at


def test_a_user_may_not_grant_their_own_extension(town: Town) -> None:
    post = town.posts["handler"]
    post.permissions = [*post.permissions, "cases.case:decide_extension"]
    post.save()
    case = walk(town, to="HANDLING")
    case = make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")
    request = ExtensionRequest.objects.get(case=case)
    with pytest.raises(NotAllowed, match="不能自己批准"):
        make_move(town, "handler", case, "GRANT_EXTENSION", request=request.pk)


def test_an_expired_case_gets_no_extension(town: Town) -> None:
    case = walk(town, to="HANDLING")
    with clock.at(case.handle_due_at + timedelta(minutes=1)), pytest.raises(UserError, match="已经超期"):
        make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")


def test_an_extension_that_would_be_refused_is_not_offered(town: Town) -> None:
    case = walk(town, to="HANDLING")
    with clock.at(case.handle_due_at + timedelta(minutes=1)):
        offered = {move.code for move in list_allowed_moves(town.actor("handler"), case)}
    assert ("ASK_EXTENSION" in offered, "COMMENT" in offered) == (False, True)
    case.extensions = 99
    assert "ASK_EXTENSION" not in {move.code for move in list_allowed_moves(town.actor("handler"), case)}


def test_a_refused_extension_leaves_the_clock_unchanged(town: Town) -> None:
    case = walk(town, to="HANDLING")
    case = make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")
    request = ExtensionRequest.objects.get(case=case)
    after = make_move(town, "shift", case, "REFUSE_EXTENSION", request=request.pk, note="不充分")
    assert after.handle_due_at == case.handle_due_at
    assert ExtensionRequest.objects.get(pk=request.pk).granted is False


def test_suspending_pauses_the_clocks_and_resuming_restores_the_time_left(town: Town) -> None:
    case = walk(town, to="HANDLING")
    review = (clock.now() + timedelta(days=20)).date()
    calendar = clock.get_town_calendar()
    time_left = calendar.between(clock.now(), case.handle_due_at)
    case = make_move(town, "shift", case, "SUSPEND", reason="BUDGET", review_date=review, note="等资金")
    assert case.state == State.SUSPENDED
    later = clock.now() + timedelta(days=15)
    with clock.at(later):
        case = make_move(town, "shift", case, "RESUME")
        assert case.state == State.HANDLING
        assert abs(calendar.between(later, case.handle_due_at) - time_left) < 60
    assert Assignment.objects.get(case=case, role="LEAD").due_at == case.handle_due_at == case.due_at
    assert not Clock.objects.filter(case=case, paused_at__isnull=False).exists()


def test_suspending_requires_a_review_date_in_the_future(town: Town) -> None:
    case = walk(town, to="HANDLING")
    with pytest.raises(UserError) as fault:
        make_move(
            town, "shift", case, "SUSPEND", reason="BUDGET", review_date=clock.now().date(), note="等资金"
        )
    assert fault.value.field == "review_date"


def test_a_merge_can_be_undone(town: Town) -> None:
    first, second = walk(town, to="FILED"), walk(town, to="REPORTED", subject="同一堆垃圾")
    merged = make_move(town, "registrar", second, "MERGE", into=first.number)
    assert merged.state == State.MERGED
    assert merged.merged_into == first
    assert first.moves.filter(move="MERGED_HERE").exists()
    back = make_move(town, "registrar", merged, "UNMERGE", note="并错了")
    assert (back.state, back.merged_into) == (State.REPORTED, None)
    assert back.due_at is not None


def test_merging_refuses_the_case_itself_chains_and_ended_cases(town: Town) -> None:
    first, second, third = (walk(town, to="REPORTED", subject=name) for name in ("甲", "乙", "丙"))
    with pytest.raises(UserError, match="不能并入自己"):
        make_move(town, "registrar", first, "MERGE", into=first.number)
    with pytest.raises(NotFoundError):
        make_move(town, "registrar", first, "MERGE", into="2026-99999999")
    make_move(town, "registrar", second, "MERGE", into=first.number)
    with pytest.raises(UserError, match="不能作为主案件"):
        make_move(town, "registrar", third, "MERGE", into=second.number)
    with pytest.raises(UserError, match="已有别的案件并入"):
        make_move(town, "registrar", first, "MERGE", into=third.number)


def test_merged_reporters_receive_the_reply_too(town: Town) -> None:
    first, second = walk(town, to="CHECKED"), walk(town, to="REPORTED", subject="同一堆垃圾")
    make_move(town, "registrar", second, "MERGE", into=first.number)
    make_move(town, "shift", first, "CLOSE", reply="已清理")
    second.refresh_from_db()
    assert second.replied_at is not None
    assert second.moves.get(move="REPLY").text == "已清理"


def test_split_files_each_part_as_its_own_case(town: Town) -> None:
    case = walk(town, to="FILED")
    make_move(town, "dispatcher", case, "SPLIT", parts="路灯不亮\n井盖松动")
    parts = Case.objects.filter(split_from=case).order_by("id")
    assert [part.subject for part in parts] == ["路灯不亮", "井盖松动"]
    assert case.moves.get(move="SPLIT").data["into"] == [part.number for part in parts]


def test_supervising_and_reminding_notify_the_unit(town: Town) -> None:
    case = walk(town, to="HANDLING")
    case = make_move(town, "leader", case, "SUPERVISE", note="今天办结")
    case = make_move(town, "supervisor", case, "REMIND")
    assert (case.supervised, case.reminders) == (True, 1)
    kinds = Notice.objects.filter(user=town.users["handler"]).values_list("kind", flat=True)
    assert {"cases.case:supervised", "cases.case:reminded"} <= set(kinds)


def test_voiding_requires_a_reason_and_ends_the_case(town: Town) -> None:
    case = walk(town, to="HANDLING")
    case = make_move(town, "shift", case, "VOID", reason="MISTAKE", note="重复")
    assert case.state == State.VOIDED
    assert not Assignment.objects.filter(case=case, ended_at__isnull=True).exists()
    assert not Clock.objects.filter(case=case, stopped_at__isnull=True).exists()


def test_a_correction_stores_what_was_written_before(town: Town) -> None:
    case = walk(town, to="REPORTED")
    with pytest.raises(UserError, match="没有要更正"):
        make_move(town, "registrar", case, "CORRECT", note="改")
    case = make_move(town, "registrar", case, "CORRECT", subject="滨江路垃圾", note="地点写清楚")
    assert case.subject == "滨江路垃圾"
    assert case.moves.get(move="CORRECT").data["changed"]["subject"][0] == "临江花园门口堆放垃圾"


def test_a_stale_form_is_refused_with_the_name_of_the_faster_user(town: Town) -> None:
    case = walk(town, to="FILED")
    make_move(town, "dispatcher", case, "COMMENT", note="先看看")
    with pytest.raises(Stale, match="孙伟"):
        perform(
            town.actor("dispatcher"),
            case.pk,
            "DISPATCH",
            version=case.version,
            data={"unit": town.units["URBAN"].pk},
        )
    assert Case.objects.get(pk=case.pk).state == State.FILED


def test_a_move_that_the_state_does_not_allow_is_refused(town: Town) -> None:
    case = walk(town, to="DONE")
    with pytest.raises(Stale, match="已办结"):
        make_move(town, "dispatcher", case, "DISPATCH", unit=town.units["URBAN"].pk)


@pytest.mark.parametrize("code", ["REPORT", "NONSENSE", ""])
def test_a_forged_move_is_refused(town: Town, code: str) -> None:
    case = walk(town, to="REPORTED")
    with pytest.raises(UserError, match="没有这一步"):
        make_move(town, "shift", case, code)


@pytest.mark.parametrize(
    ("field", "value"),
    [("unit", "999999"), ("unit", "x"), ("helpers", ["-1"]), ("limit", "4 Äpfel"), ("limit", "0wh")],
)
def test_forged_ids_and_limits_are_refused(town: Town, field: str, value: Any) -> None:
    case = walk(town, to="FILED")
    with pytest.raises(UserError) as fault:
        make_move(town, "dispatcher", case, "DISPATCH", **{"unit": town.units["URBAN"].pk, field: value})
    assert fault.value.field == field


def test_every_offered_move_can_be_made(town: Town) -> None:
    case = walk(town, to="HANDLING")
    offered = {move.code for move in list_allowed_moves(town.actor("handler"), case)}
    assert {"HANDLE", "RETURN", "ASK_EXTENSION", "COMMENT"} <= offered
    assert not offered & {"DISPATCH", "CHECK_PASS", "GRANT_EXTENSION"}
    assert all(case.state in FLOW[code].sources for code in offered)


def test_a_refused_move_writes_nothing(town: Town) -> None:
    case = walk(town, to="HANDLING")
    before = (case.moves.count(), Entry.objects.count(), Notice.objects.count(), Clock.objects.count())
    with pytest.raises(UserError):
        make_move(town, "handler", case, "HANDLE", result="好了", photos=["999"])
    assert (
        case.moves.count(),
        Entry.objects.count(),
        Notice.objects.count(),
        Clock.objects.count(),
    ) == before
    assert Case.objects.get(pk=case.pk).version == case.version
