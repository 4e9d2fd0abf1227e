"""The reporter is masked, revealed with a reason that the audit stores, hidden on request, and erased."""

from datetime import UTC, datetime, timedelta

import pytest

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.cases import jobs
from jiedao.cases.actions.reporter import reveal_reporter
from jiedao.cases.models import Case, Reporter
from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors.detail import mask_reporter
from jiedao.cases.selectors.search import find_matching_ids, make_query_tokens
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.notices.reveals import clean_reason
from jiedao.orgs.models import Holding, Post
from jiedao.testing.cast import Town, walk

pytestmark = pytest.mark.django_db


def test_the_page_shows_the_reporter_masked(town: Town) -> None:
    reporter = mask_reporter(walk(town, to="REPORTED"))
    assert reporter is not None
    assert (reporter.name, reporter.phone) == ("张*", "138****8000")


def test_a_reporter_who_asked_for_secrecy_is_hidden_completely(town: Town) -> None:
    reporter = mask_reporter(walk(town, to="REPORTED", secret=True))
    assert reporter is not None
    assert (reporter.name, reporter.phone, reporter.secret) == ("***", "***", True)


def test_revealing_requires_the_right_and_a_reason_and_is_audited(town: Town) -> None:
    case = walk(town, to="HANDLING")
    with pytest.raises(NotAllowed):
        reveal_reporter(town.actor("handler"), case.pk, reason="想看看")
    with pytest.raises(UserError, match="为什么"):
        reveal_reporter(town.actor("visitor"), case.pk, reason="ab")
    assert not Entry.objects.filter(action="cases.case:reveal").exists()
    revealed = reveal_reporter(town.actor("visitor"), case.pk, reason="电话回访")
    assert (revealed.name, revealed.phone) == ("张三", "13800138000")
    entry = Entry.objects.get(action="cases.case:reveal")
    assert (entry.object_id, entry.after) == (case.pk, {"reason": "电话回访"})


def test_a_lost_key_is_reported_and_reveals_nothing(town: Town, settings) -> None:
    case = walk(town, to="HANDLING")
    settings.JIEDAO_FIELD_KEY = "another"
    with pytest.raises(UserError, match="无法解密"):
        reveal_reporter(town.actor("visitor"), case.pk, reason="电话回访")
    assert not Entry.objects.filter(action="cases.case:reveal").exists()


def test_the_reporter_is_nowhere_stored_in_clear(town: Town) -> None:
    case = walk(town, to="DONE")
    row = Reporter.objects.get(case=case)
    entries = list(Entry.objects.values_list("before", "after"))
    moves = list(case.moves.values_list("text", "data"))
    stored_text = repr(
        (row.name, row.phone, entries, moves, list(Case.objects.filter(pk=case.pk).values_list()))
    )
    assert "张三" not in stored_text
    assert "13800138000" not in stored_text


def test_a_case_that_waits_years_for_its_return_visit_loses_its_reporter(town: Town) -> None:
    case = walk(town, to="CLOSED")
    joined = walk(town, to="CLOSED", subject="同一堆垃圾")
    Case.objects.filter(pk=joined.pk).update(state="MERGED", merged_into=case)
    with clock.at(clock.now() + timedelta(days=731)):
        assert jobs.erase_reporters() == 2
    assert set(Reporter.objects.values_list("phone", flat=True)) == {""}


def test_a_case_that_waits_years_for_a_confirmation_loses_its_reporter(town: Town) -> None:
    case = walk(town, to="CLOSED")
    unsatisfied = {"reached": "yes", "solved": "no", "satisfaction": 1, "keep": "UNREASONABLE"}
    perform(town.actor("visitor"), case.pk, "VISIT", data=unsatisfied)
    with clock.at(clock.now() + timedelta(days=731)):
        assert jobs.erase_reporters() == 1


def test_words_that_a_user_typed_about_the_reporter_are_erased_too(town: Town) -> None:
    case = walk(
        town, to="HANDLING", subject="张三反映垃圾", detail="联系人张三,电话13800138000,垃圾三天没人清。"
    )
    perform(town.actor("handler"), case.pk, "COMMENT", data={"note": "已打13800138000,张三在家"})
    perform(town.actor("registrar"), case.pk, "CORRECT", data={"subject": "张三反映的垃圾", "note": "改标题"})
    perform(town.actor("handler"), case.pk, "HANDLE", data={"result": "已向张三说明"})
    perform(town.actor("supervisor"), case.pk, "CHECK_PASS", data={"note": "已看过现场"})
    perform(town.actor("shift"), case.pk, "CLOSE", data={"reply": "已清理"})
    visit = {"reached": True, "solved": True, "satisfaction": 5, "note": "张三表示感谢"}
    perform(town.actor("visitor"), case.pk, "VISIT", data=visit)
    assert Case.objects.filter(id__in=find_matching_ids(make_query_tokens("13800138000"))).exists()
    with clock.at(clock.now() + timedelta(days=731)):
        jobs.erase_reporters()
    case.refresh_from_db()
    stored_text = repr(
        [
            (case.subject, case.detail),
            list(case.moves.values_list("text", "data")),
            list(case.assignments.values_list("result")),
            list(case.visits.values_list("note")),
        ]
    )
    assert "张三" not in stored_text
    assert "13800138000" not in stored_text
    assert "垃圾三天没人清" in case.detail
    assert not Case.objects.filter(id__in=find_matching_ids(make_query_tokens("13800138000"))).exists()
    entry = Entry.objects.get(action="cases.reporter:erase")
    assert entry.after["erased"] is True


def test_revealing_more_than_the_limit_is_stopped_and_the_audit_administrator_is_notified(town: Town) -> None:
    auditor = User.objects.create_user("auditor", None, "审计员")
    post = Post.objects.create(
        code="OFFICE.AUDIT", unit=town.units["OFFICE"], title="审计管理员", permissions=["audit.entry:view"]
    )
    Holding.objects.create(user=auditor, post=post)
    Policy.objects.create(key="reveals_per_hour", value=2)
    forget_all()
    visitor, cases = town.actor("visitor"), [walk(town, to="REPORTED") for _n in range(4)]
    noon = datetime(2026, 11, 29, 4, tzinfo=UTC)
    with clock.at(noon):
        for case in (cases[0], cases[1], cases[0]):  # the same reporter again reveals no further person
            assert reveal_reporter(visitor, case.pk, reason="电话回访").name == "张三"
        for case in cases[2:]:
            with pytest.raises(NotAllowed, match="上限"):
                reveal_reporter(visitor, case.pk, reason="电话回访")
    assert Entry.objects.filter(action="cases.case:reveal").count() == 3
    assert Entry.objects.filter(action="cases.case:reveal_stopped").count() == 2
    notice = Notice.objects.get(user=auditor)
    assert (notice.object_type, notice.object_id) == ("accounts.user", visitor.user_id)
    assert "2 人" in describe_notice(notice)
    with clock.at(noon + timedelta(minutes=61)):
        assert reveal_reporter(visitor, cases[2].pk, reason="电话回访").name == "张三"


@pytest.mark.parametrize(
    "reason", ["", "ab", "看看", "1234567", "aaaaaaa", "看看看看", "回访回访", "..... 。。"]
)
def test_a_reason_that_states_nothing_is_refused(reason: str) -> None:
    with pytest.raises(UserError, match="为什么"):
        clean_reason(reason, "reason")


@pytest.mark.parametrize("reason", ["电话回访", "Return call", "联系 业主\n整改"])
def test_a_reason_is_stored_in_one_line(reason: str) -> None:
    assert clean_reason(reason, "reason") == reason.replace("\n", " ")
