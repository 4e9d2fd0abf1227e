"""Side moves in combination: several helpers, extension and suspension, merging, correcting."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.cases import jobs
from jiedao.cases.flow import State
from jiedao.cases.models import Assignment, Case, Clock, ExtensionRequest, Reason, Reporter, ReturnVisit
from jiedao.cases.moves.table import FLOW
from jiedao.cases.selectors.search import find_matching_ids, make_query_tokens
from jiedao.kernel import clock
from jiedao.kernel.crypto import decrypt
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.notices.models import Notice
from jiedao.testing.cast import Town, make_move, walk

pytestmark = pytest.mark.django_db


def find_handle_clock(case: Case) -> Clock:
    return Clock.objects.get(case=case, stage="HANDLE", stopped_at__isnull=True)


def give_right(town: Town, who: str, right: str) -> None:
    post = town.posts[who]
    post.permissions = [*post.permissions, right]
    post.save()


def test_each_helper_finishes_on_its_own_clock(town: Town) -> None:
    case = walk(town, to="HANDLING")
    water, hill = town.units["WATER"].pk, town.units["HILL"].pk
    make_move(town, "handler", case, "CALL_HELP", helpers=[water, hill], limit="1wd", note="一起看")
    clocks = Clock.objects.filter(case=case, stage="HELP")
    assert {row.assignment.unit_id for row in clocks if row.assignment} == {water, hill}
    make_move(town, "water", case, "HELPED", result="管道已修")
    assert [row.assignment.unit_id for row in clocks.filter(stopped_at=None) if row.assignment] == [hill]
    with pytest.raises(UserError, match="协办单位还没有完成"):
        make_move(town, "handler", case, "HANDLE", result="清了")
    make_move(town, "handler", case, "RELEASE_HELP", unit=hill, note="不用了")
    assert make_move(town, "handler", case, "HANDLE", result="清了").state == State.HANDLED
    assert not clocks.filter(stopped_at=None).exists()


def test_calling_only_units_that_already_take_part_is_refused(town: Town) -> None:
    case = walk(town, to="HANDLING")
    before = case.moves.count()
    with pytest.raises(UserError, match="已在主办或协办"):
        make_move(town, "handler", case, "CALL_HELP", helpers=[town.units["URBAN"].pk], note="再来")
    assert case.moves.count() == before


def test_a_unit_that_helped_may_not_check(town: Town) -> None:
    give_right(town, "water", "cases.case:check")
    case = walk(town, to="HANDLING")
    make_move(town, "handler", case, "CALL_HELP", helpers=[town.units["WATER"].pk], note="需停水")
    make_move(town, "water", case, "HELPED", result="已停水")
    make_move(town, "handler", case, "HANDLE", result="清了")
    with pytest.raises(NotAllowed, match="不能自己核查"):
        make_move(town, "water", case, "CHECK_PASS")


@pytest.mark.parametrize("way", ["RETURN", "REDISPATCH", "HANDLE", "VOID"])
def test_an_extension_request_ends_with_the_part_it_was_made_for(town: Town, way: str) -> None:
    case = walk(town, to="HANDLING")
    make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")
    ways: dict[str, tuple[str, dict[str, Any]]] = {
        "RETURN": ("handler", {"reason": "NOT_OURS", "note": "不归我们"}),
        "REDISPATCH": ("dispatcher", {"unit": town.units["WATER"].pk, "note": "换一家"}),
        "HANDLE": ("handler", {"result": "清了"}),
        "VOID": ("shift", {"reason": "MISTAKE", "note": "误报"}),
    }
    who, data = ways[way]
    make_move(town, who, case, way, **data)
    assert not ExtensionRequest.objects.filter(case=case, decided_at__isnull=True).exists()


def test_the_unit_that_loses_a_case_is_notified(town: Town) -> None:
    case = walk(town, to="HANDLING")
    make_move(town, "dispatcher", case, "REDISPATCH", unit=town.units["WATER"].pk, note="换一家")
    assert Notice.objects.filter(user=town.users["handler"], kind="cases.case:reassigned").count() == 1


def test_extension_and_suspension_add_up(town: Town) -> None:
    calendar = clock.get_town_calendar()
    case = walk(town, to="HANDLING")
    make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")
    request = ExtensionRequest.objects.get(case=case)
    case = make_move(town, "shift", case, "GRANT_EXTENSION", request=request.pk)
    time_left = calendar.between(clock.now(), find_handle_clock(case).due_at)
    review = clock.now().date() + timedelta(days=20)
    make_move(town, "shift", case, "SUSPEND", reason="BUDGET", review_date=review, note="等资金")
    later = clock.now() + timedelta(days=15)
    with clock.at(later):
        case = make_move(town, "shift", case, "RESUME")
        assert abs(calendar.between(later, find_handle_clock(case).due_at) - time_left) < 60
        make_move(town, "handler", case, "ASK_EXTENSION", limit="1wd", note="还差一天")
        last = ExtensionRequest.objects.get(case=case, decided_at__isnull=True)
        case = make_move(town, "shift", case, "GRANT_EXTENSION", request=last.pk)
    assert case.extensions == 2
    assert case.handle_due_at == find_handle_clock(case).due_at == case.due_at


def test_rework_after_an_extension_starts_with_the_usual_limit(town: Town) -> None:
    case = walk(town, to="HANDLING")
    make_move(town, "handler", case, "ASK_EXTENSION", limit="5wd", note="等材料")
    make_move(town, "shift", case, "GRANT_EXTENSION", request=ExtensionRequest.objects.get(case=case).pk)
    make_move(town, "handler", case, "HANDLE", result="清了")
    case = make_move(town, "supervisor", case, "REWORK", note="没有清干净")
    assert (find_handle_clock(case).limit, case.handle_due_at) == ("1wd", find_handle_clock(case).due_at)
    part = Assignment.objects.get(case=case, ended_at__isnull=True)
    assert (part.round, part.due_at) == (2, case.handle_due_at)


def test_an_extension_granted_after_the_due_time_restarts_the_clock(town: Town) -> None:
    case = walk(town, to="HANDLING")
    make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="等材料")
    with clock.at(find_handle_clock(case).due_at + timedelta(minutes=1)):
        jobs.watch_clocks()
        assert find_handle_clock(case).overdue_at is not None
        request = ExtensionRequest.objects.get(case=case)
        case = make_move(town, "shift", case, "GRANT_EXTENSION", request=request.pk)
    row = find_handle_clock(case)
    assert row.overdue_at is None
    with clock.at(row.due_at + timedelta(minutes=1)):
        jobs.watch_clocks()
    assert find_handle_clock(case).overdue_at == row.due_at
    assert find_handle_clock(case).escalated == 0


def test_resuming_an_overdue_case_notifies_no_user_again(town: Town) -> None:
    case = walk(town, to="HANDLING")
    moment = find_handle_clock(case).due_at + timedelta(minutes=1)
    with clock.at(moment):
        jobs.watch_clocks()
        review = moment.date() + timedelta(days=20)
        make_move(town, "shift", case, "SUSPEND", reason="BUDGET", review_date=review, note="等资金")
        make_move(town, "shift", case, "RESUME")
        jobs.watch_clocks()
    row = find_handle_clock(case)
    assert (row.escalated, case.moves.filter(move="ESCALATED").count()) == (0, 0)
    assert row.next_look_at is not None
    assert row.next_look_at > moment


def test_a_deadline_in_a_year_without_holidays_is_marked_provisional(town: Town) -> None:
    with clock.at(datetime(2026, 12, 30, 2, tzinfo=UTC)):
        case = walk(town, to="HANDLING")
        assert case.due_provisional is False
        make_move(town, "handler", case, "ASK_EXTENSION", limit="5wd", note="跨年")
        case = make_move(
            town, "shift", case, "GRANT_EXTENSION", request=ExtensionRequest.objects.get(case=case).pk
        )
    assert find_handle_clock(case).due_at.year == 2027
    assert case.due_provisional is True


def test_a_supervised_case_stays_supervised_through_a_merge_and_its_undo(town: Town) -> None:
    first, second = walk(town, to="FILED"), walk(town, to="HANDLING", subject="同一堆垃圾")
    make_move(town, "shift", second, "SUPERVISE", note="限期办结")
    merged = make_move(town, "shift", second, "MERGE", into=first.number)
    assert (merged.state, merged.supervised) == (State.MERGED, True)
    back = make_move(town, "shift", merged, "UNMERGE", note="并错了")
    assert (back.state, back.supervised, back.due_at) == (State.HANDLING, True, back.handle_due_at)


def test_a_merged_reporter_is_answered_before_the_case_is_closed(town: Town) -> None:
    first = walk(town, to="FILED", channel="PATROL", reporter_name="", reporter_phone="")
    second = walk(town, to="REPORTED", subject="同一堆垃圾")
    assert not FLOW["REPLY"].possible(first)
    make_move(town, "registrar", second, "MERGE", into=first.number)
    assert FLOW["REPLY"].possible(first)
    make_move(town, "dispatcher", first, "DISPATCH", unit=town.units["URBAN"].pk)
    make_move(town, "handler", first, "HANDLE", result="清了")
    make_move(town, "supervisor", first, "CHECK_PASS")
    with pytest.raises(UserError) as fault:
        make_move(town, "shift", first, "CLOSE")
    assert fault.value.field == "reply"
    make_move(town, "shift", first, "CLOSE", reply="已清理")
    second.refresh_from_db()
    assert second.replied_at is not None


def test_a_merged_reporter_is_erased_after_the_case_has_ended(town: Town) -> None:
    first, second = walk(town, to="REPORTED"), walk(town, to="REPORTED", subject="同一堆垃圾")
    make_move(town, "registrar", second, "MERGE", into=first.number)
    Reporter.objects.filter(case=second).update(erase_after=date(2020, 1, 1))
    jobs.erase_reporters()
    assert Reporter.objects.get(case=second).phone
    make_move(town, "registrar", first, "REJECT", reason="COURT", reply="请走诉讼")
    jobs.erase_reporters()
    assert Reporter.objects.get(case=second).phone == ""


def test_search_matches_corrected_words_and_not_the_old_ones(town: Town) -> None:
    case = walk(town, to="FILED", subject="蓝色电箱倾斜", place_text="滨江路1号")
    make_move(town, "registrar", case, "CORRECT", subject="绿色电箱倾斜", note="写错了")
    assert Case.objects.filter(id__in=find_matching_ids(make_query_tokens("绿色电箱"))).get() == case
    assert not Case.objects.filter(id__in=find_matching_ids(make_query_tokens("蓝色电箱"))).exists()
    with pytest.raises(UserError, match="文字过长"):
        make_move(town, "registrar", case, "CORRECT", subject="长" * 201, note="太长")


def test_handling_on_the_spot_requires_a_small_class(town: Town) -> None:
    case = walk(town, to="REPORTED", channel="PATROL")
    with pytest.raises(UserError, match="小类"):
        make_move(town, "grid1", case, "SELF_HANDLE", category=town.categories["CITY"].pk, result="已清理")


@pytest.mark.parametrize("forged", [10**30, -1, 999_999, "x", [10**30]])
def test_a_forged_photo_is_refused_and_nothing_is_written(town: Town, forged: Any) -> None:
    case = walk(town, to="REPORTED", channel="PATROL")
    entries = Entry.objects.count()
    with pytest.raises(UserError):
        make_move(
            town,
            "grid1",
            case,
            "SELF_HANDLE",
            category=town.categories["RUBBISH"].pk,
            result="已清理",
            photos=forged,
        )
    case.refresh_from_db()
    assert (case.state, Entry.objects.count()) == (State.REPORTED, entries)


def test_a_head_reports_for_their_own_unit_and_not_for_one_below(town: Town) -> None:
    case = walk(town, to="FILED")
    urban, clean = town.units["URBAN"].pk, town.units["CLEAN"].pk
    make_move(town, "dispatcher", case, "DISPATCH", unit=town.units["WATER"].pk, helpers=[urban, clean])
    make_move(town, "handler", case, "HELPED", result="已设围挡")
    parts = dict(Assignment.objects.filter(case=case, role="HELPER").values_list("unit_id", "outcome"))
    assert parts == {urban: "DONE", clean: ""}
    make_move(town, "handler", case, "HELPED", result="保洁公司已清扫")  # now only the unit below is left
    assert not Assignment.objects.filter(case=case, role="HELPER", ended_at=None).exists()


@pytest.mark.parametrize(("code", "field"), [("CALL_HELP", "helpers"), ("RELEASE_HELP", "unit")])
def test_a_helper_may_neither_call_others_nor_release_itself(town: Town, code: str, field: str) -> None:
    case = walk(town, to="HANDLING")
    water, hill = town.units["WATER"].pk, town.units["HILL"].pk
    make_move(town, "handler", case, "CALL_HELP", helpers=[water], note="需停水")
    with pytest.raises(NotAllowed, match="主办单位"):
        make_move(
            town, "water", case, code, **{field: [hill] if field == "helpers" else water}, note="推给别人"
        )


def test_a_reply_before_the_handling_does_not_count_as_answer(town: Town) -> None:
    case = walk(town, to="HANDLING")
    moment = clock.now()
    make_move(town, "shift", case, "REPLY", reply="已派人前往")
    with clock.at(moment + timedelta(minutes=5)):
        make_move(town, "handler", case, "HANDLE", result="清了")
        make_move(town, "supervisor", case, "CHECK_PASS")
        with pytest.raises(UserError) as fault:
            make_move(town, "shift", case, "CLOSE")
        assert fault.value.field == "reply"
        assert make_move(town, "shift", case, "CLOSE", reply="已清运").state == State.CLOSED


def test_closing_stores_the_note_apart_from_the_reply(town: Town) -> None:
    case = walk(town, to="CHECKED")
    make_move(town, "shift", case, "CLOSE", reply="已清运", note="施工方已被约谈")
    move = case.moves.get(move="CLOSE")
    assert (move.text, move.data["note"], move.public) == ("已清运", "施工方已被约谈", True)


def test_a_checked_case_can_be_sent_back_before_closing(town: Town) -> None:
    case = walk(town, to="CHECKED")
    case = make_move(town, "shift", case, "REWORK", note="照片不是这个地点")
    assert (case.state, case.reworks, case.checked_at) == (State.HANDLING, 1, None)
    stages = Clock.objects.filter(case=case, stopped_at=None).values_list("stage", flat=True)
    assert sorted(stages) == ["CLOSE", "HANDLE"]


def test_a_reopened_case_has_as_many_visit_attempts_as_a_new_one(town: Town) -> None:
    case = walk(town, to="CLOSED")
    moment = clock.now()
    for _attempt in range(2):
        make_move(town, "visitor", case, "VISIT", reached="no")
    make_move(town, "visitor", case, "REOPEN", note="又来了")
    with clock.at(moment + timedelta(hours=1)):
        make_move(town, "handler", case, "HANDLE", result="再清")
        make_move(town, "supervisor", case, "CHECK_PASS")
        make_move(town, "shift", case, "CLOSE", reply="又清了一次")
        for _attempt in range(3):
            with pytest.raises(UserError, match="还不能"):
                make_move(town, "visitor", case, "END_VISIT", note="打不通")
            make_move(town, "visitor", case, "VISIT", reached="no")
        assert make_move(town, "visitor", case, "END_VISIT", note="打不通").state == State.DONE
    assert ReturnVisit.objects.filter(case=case, reached=False).count() == 5


def test_a_case_with_merged_cases_may_not_be_voided(town: Town) -> None:
    first, second = walk(town, to="FILED"), walk(town, to="REPORTED", subject="同一堆垃圾")
    make_move(town, "registrar", second, "MERGE", into=first.number)
    with pytest.raises(UserError, match=second.number):
        make_move(town, "shift", first, "VOID", reason="MISTAKE", note="误报")
    make_move(town, "registrar", second, "UNMERGE", note="各办各的")
    assert make_move(town, "shift", first, "VOID", reason="MISTAKE", note="误报").state == State.VOIDED


def test_a_refusal_answers_merged_reporters_too(town: Town) -> None:
    first, second = walk(town, to="REPORTED"), walk(town, to="REPORTED", subject="同一堆垃圾")
    make_move(town, "registrar", second, "MERGE", into=first.number)
    make_move(town, "registrar", first, "REJECT", reason="COURT", reply="请走诉讼")
    assert "请走诉讼" in second.moves.get(move="REPLY", public=True).text


def test_a_reporter_merged_into_a_closed_case_is_answered_at_once(town: Town) -> None:
    first, second = walk(town, to="DONE"), walk(town, to="REPORTED", subject="同一堆垃圾")
    merged = make_move(town, "registrar", second, "MERGE", into=first.number)
    assert merged.replied_at is not None
    assert (merged.moves.get(move="MERGE").text, merged.moves.get(move="MERGE").public) == (
        "您反映的垃圾已清运,感谢监督。",
        True,
    )


def test_a_merge_into_a_case_closed_without_reply_requires_a_reply(town: Town) -> None:
    first = walk(town, to="CHECKED", channel="PATROL", reporter_name="", reporter_phone="")
    make_move(town, "shift", first, "CLOSE")
    second = walk(town, to="REPORTED", subject="同一堆垃圾")
    with pytest.raises(UserError) as fault:
        make_move(town, "registrar", second, "MERGE", into=first.number)
    assert fault.value.field == "reply"
    merged = make_move(town, "registrar", second, "MERGE", into=first.number, reply="今早已清运")
    assert merged.replied_at is not None


def test_merged_reporters_are_called_back_and_answered_again_after_reopening(town: Town) -> None:
    first = walk(town, to="CHECKED", channel="PATROL", reporter_name="", reporter_phone="")
    second = walk(town, to="REPORTED", subject="同一堆垃圾")
    make_move(town, "registrar", second, "MERGE", into=first.number)
    first = make_move(town, "shift", first, "CLOSE", reply="已清理")
    assert first.state == State.CLOSED
    make_move(town, "visitor", first, "VISIT", reached=True, solved=False, satisfaction=1, redo=True)
    make_move(town, "handler", first, "HANDLE", result="再清")
    make_move(town, "supervisor", first, "CHECK_PASS")
    with pytest.raises(UserError, match="答复"):
        make_move(town, "shift", first, "CLOSE")


def test_the_reporter_of_a_split_case_waits_for_each_part(town: Town) -> None:
    case = walk(town, to="FILED")
    make_move(town, "dispatcher", case, "SPLIT", parts="路灯不亮\n井盖松动")
    parts = list(Case.objects.filter(split_from=case))
    assert all(part.has_reporter and part.reporter_key == case.reporter_key for part in parts)
    phones = {decrypt(row.phone) for row in Reporter.objects.filter(case__in=parts)}
    assert phones == {"13800138000"}


def test_a_correction_requires_a_small_class(town: Town) -> None:
    case = walk(town, to="FILED")
    with pytest.raises(UserError, match="小类"):
        make_move(town, "registrar", case, "CORRECT", category=town.categories["CITY"].pk, note="改")


def test_a_pause_does_not_count_on_the_ladder(town: Town) -> None:
    case = walk(town, to="HANDLING")
    with clock.at(find_handle_clock(case).due_at + timedelta(minutes=1)):
        jobs.watch_clocks()
        review = clock.today() + timedelta(days=30)
        make_move(town, "shift", case, "SUSPEND", reason="BUDGET", review_date=review, note="等资金")
    with clock.at(find_handle_clock(case).due_at + timedelta(days=20)):
        make_move(town, "shift", case, "RESUME")
        jobs.watch_clocks()
    assert find_handle_clock(case).escalated == 0


def test_a_late_extension_is_measured_against_the_new_due_time(town: Town) -> None:
    case = walk(town, to="HANDLING")
    make_move(town, "handler", case, "ASK_EXTENSION", limit="1wd", note="等材料")
    with clock.at(find_handle_clock(case).due_at + timedelta(days=30)):
        jobs.watch_clocks()
        make_move(town, "shift", case, "GRANT_EXTENSION", request=ExtensionRequest.objects.get(case=case).pk)
        jobs.watch_clocks()
    row = find_handle_clock(case)
    assert (row.overdue_at, row.escalated) == (row.due_at, 0)


def test_a_warning_comes_when_the_share_of_the_limit_is_used_up(town: Town) -> None:
    Policy.objects.create(key="warn_share", value=0.75)
    forget_all()
    friday = datetime(2026, 11, 20, 8, tzinfo=UTC)  # 16:00, so one of four working hours is left for Monday
    with clock.at(friday):
        case = walk(town, to="FILED")
        make_move(town, "dispatcher", case, "DISPATCH", unit=town.units["URBAN"].pk, limit="4wh")
    row = find_handle_clock(case)
    assert row.due_at == datetime(2026, 11, 23, 3, tzinfo=UTC)  # Monday 11:00
    assert row.warn_at == datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "reason", "data"),
    [
        ("SUSPEND", "BUDGET", {"review_date": date(2026, 3, 20), "note": "等资金"}),
        ("VOID", "MISTAKE", {"note": "等资金"}),
    ],
)
def test_suspending_and_voiding_show_the_law_of_their_reason(
    town: Town, code: str, reason: str, data: dict[str, Any]
) -> None:
    Reason.objects.filter(kind=code, code=reason).update(text="待定", law="办法第九条")
    forget_all()
    with clock.at(datetime(2026, 3, 2, 2, tzinfo=UTC)):
        case = make_move(town, "shift", walk(town, to="FILED"), code, reason=reason, **data)
    assert case.moves.get(move=code).text == "待定（办法第九条）：等资金"
