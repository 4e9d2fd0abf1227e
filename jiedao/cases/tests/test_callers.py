"""A caller's earlier matters are found by a keyed digest of the number, by those who may, and every look is audited."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.cases import jobs
from jiedao.cases.actions.callers import look_up_caller, look_up_reporter_of_case
from jiedao.cases.actions.intake import NewCase, file_case, file_cases
from jiedao.cases.actions.reporter import reveal_reporter
from jiedao.cases.models import Case, Reporter, ReporterNumber
from jiedao.cases.selectors.detail import mask_reporter
from jiedao.kernel import clock, crypto
from jiedao.kernel.crypto import decrypt, encrypt
from jiedao.kernel.errors import NotAllowed, NotFoundError, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.orgs.models import Holding, Post
from jiedao.testing.cast import Town, make_move, walk

pytestmark = pytest.mark.django_db


def report(town: Town, phone: str, *, who: str = "registrar", **columns) -> Case:
    new = NewCase(channel="HOTLINE", subject="路灯不亮", detail="路灯不亮", reporter_phone=phone, **columns)
    return Case.objects.get(pk=file_case(new, actor=town.actor(who)).id)


def find(town: Town, phone: str, who: str = "registrar") -> list[str]:
    return [row.number for row in look_up_caller(town.actor(who), phone, purpose="来电登记").rows]


@pytest.mark.parametrize("phone", ["138", "1391234567", "没有电话", "139****5678", "13912345678、138"])
def test_a_text_that_cannot_be_a_number_is_refused_at_intake(town: Town, phone: str) -> None:
    with pytest.raises(UserError, match="不是电话号码") as fault:
        report(town, phone)
    assert (fault.value.field, Case.objects.count()) == ("reporter_phone", 0)
    assert "没有就留空" in str(fault.value.hint)


def test_more_numbers_than_three_are_refused(town: Town) -> None:
    with pytest.raises(UserError, match="最多 3 个"):
        report(town, "13912345671、13912345672、13912345673、13912345674")


def test_an_import_stores_and_marks_what_cannot_be_a_number(town: Town) -> None:
    case = report(town, "138", marks_bad_phone=True)
    assert decrypt(Reporter.objects.get(case=case).phone) == "138"
    masked = mask_reporter(case)
    assert masked is not None
    assert masked.bad_phone
    assert case.reporter_key == ""


def test_a_number_is_stored_in_one_form_and_found_in_every_form(town: Town) -> None:
    Policy.objects.create(key="phone_area_code", value="0755")
    forget_all()
    first, second = report(town, "＋86 755-2867 1234"), report(town, "28671234")
    assert decrypt(Reporter.objects.get(case=first).phone) == "0755-28671234"
    assert find(town, "(0755)28671234") == [second.number, first.number]
    assert find(town, "13912345678") == []


def test_each_of_several_numbers_finds_the_case(town: Town) -> None:
    case = report(town, "13912345678、13900001111")
    new = [
        NewCase(channel="HOTLINE", subject="井盖", detail="井盖", reporter_phone=phone)
        for phone in ("13700001111，13900001111", "")
    ]
    other = file_cases(new, actor=town.actor("registrar"))[0]
    assert find(town, "13912345678") == [case.number]
    assert find(town, "139 0000 1111") == [other.number, case.number]
    masked = mask_reporter(case)
    assert masked is not None
    assert masked.phone == "139****5678、139****1111"


def test_a_look_up_is_audited_with_purpose_and_without_the_number(town: Town) -> None:
    case = report(town, "13912345678")
    find(town, "13912345678")
    entry = Entry.objects.get(action="cases.caller:look_up")
    assert entry.user_id == town.users["registrar"].pk
    assert entry.after == {"purpose": "来电登记", "found": [case.number]}
    assert crypto.compute_keyed_digest("13912345678") not in repr((entry.before, entry.after))


def test_a_look_up_requires_the_right_a_number_and_a_purpose(town: Town) -> None:
    report(town, "13912345678")
    with pytest.raises(NotAllowed):
        find(town, "13912345678", "handler")
    for phone, purpose in (("138", "来电"), ("", "来电"), ("13912345678", " ")):
        with pytest.raises(UserError):
            look_up_caller(town.actor("registrar"), phone, purpose=purpose)
    assert not Entry.objects.filter(action="cases.caller:look_up").exists()


def test_a_secret_reporter_is_found_only_by_those_who_may_reveal(town: Town) -> None:
    case = report(town, "13912345678", secret=True)
    assert find(town, "13912345678") == []
    assert find(town, "13912345678", "visitor") == [case.number]


def test_a_look_up_stays_in_the_scope_of_the_actor(town: Town) -> None:
    report(town, "13912345678", lon=114.105, lat=22.605)  # in G1
    town.posts["grid3"].permissions = [*town.posts["grid3"].permissions, "cases.caller:look_up"]
    town.posts["grid3"].save()
    assert find(town, "13912345678", "grid3") == []


def test_the_other_matters_of_a_case_are_found_without_revealing_its_number(town: Town) -> None:
    first, second = report(town, "13912345678"), report(town, "13912345678")
    found = look_up_reporter_of_case(town.actor("visitor"), second.pk)
    assert [row.number for row in found.rows] == [first.number]
    entry = Entry.objects.get(action="cases.caller:look_up")
    assert (entry.object_id, entry.after["purpose"]) == (second.pk, f"案件 {second.number}")
    nameless = report(town, "", reporter_name="李四")
    with pytest.raises(UserError, match="没有可以查的电话"):
        look_up_reporter_of_case(town.actor("visitor"), nameless.pk)
    with pytest.raises(NotAllowed):
        look_up_reporter_of_case(town.actor("handler"), second.pk)
    with pytest.raises(NotFoundError):
        look_up_reporter_of_case(town.actor("visitor"), 999_999)


def test_erasing_a_reporter_erases_what_finds_them(town: Town) -> None:
    case = walk(
        town,
        to="CLOSED",
        reporter_phone="13912345678、0755-28671234",
        detail="请打 139 1234 5678 或 2867 1234。",
    )
    make_move(town, "visitor", case, "VISIT", reached="yes", solved="yes", satisfaction=5)
    with clock.at(clock.now() + timedelta(days=731)):
        assert jobs.erase_reporters() == 1
        assert find(town, "13912345678") == find(town, "0755-28671234") == []
    case.refresh_from_db()
    assert (case.reporter_key, case.detail) == ("", "请打 *** 或 ***。")
    assert not ReporterNumber.objects.exists()


def test_a_part_split_off_is_found_by_all_numbers_too(town: Town) -> None:
    case = report(town, "13912345678、13900001111")
    make_move(town, "registrar", case, "SPLIT", parts=["井盖破损"])
    part = Case.objects.get(split_from=case)
    assert find(town, "13900001111") == find(town, "13912345678") == [part.number, case.number]


def test_numbers_of_earlier_versions_are_read_by_a_job(town: Town) -> None:
    cases = [report(town, "") for _ in range(4)]
    texts = ["139 1234 5678", "13912345678", "138", "13900001111/13912345678"]
    for case, text in zip(cases, texts, strict=True):
        Reporter.objects.create(case=case, phone=encrypt(text))
        Case.objects.filter(pk=case.pk).update(
            has_reporter=True, reporter_key=crypto.compute_keyed_digest(text)
        )
    assert jobs.read_stored_phones() == 4
    assert jobs.read_stored_phones() == 0
    assert find(town, "13912345678") == [cases[3].number, cases[1].number, cases[0].number]
    checks = Reporter.objects.order_by("pk").values_list("phone_check", flat=True)
    assert list(checks) == ["GOOD", "GOOD", "BAD", "GOOD"]
    assert decrypt(Reporter.objects.get(case=cases[0]).phone) == "13912345678"


def test_a_number_of_another_key_waits_for_its_key(town: Town, settings) -> None:
    case = report(town, "")
    Reporter.objects.create(case=case, phone=encrypt("13912345678"))
    settings.JIEDAO_FIELD_KEY = "another"
    assert jobs.read_stored_phones() == 0
    assert Reporter.objects.get().phone_check == ""


def test_a_look_up_costs_as_many_statements_for_many_matters_as_for_few(town: Town) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as spent:
            find(town, "13912345678")
        return len(spent)

    actor = town.actor("registrar")
    assert actor.can("cases.caller:look_up")
    file_cases([_new() for _ in range(3)], actor=actor)
    count()  # the first look-up of a number also counts it for the limit of the hour
    few = count()
    file_cases([_new() for _ in range(60)], actor=actor)
    assert count() == few
    found = look_up_caller(actor, "13912345678", purpose="来电登记")
    assert (found.total, found.more) == (50, True)


def _new() -> NewCase:
    return NewCase(channel="HOTLINE", subject="路灯", detail="路灯", reporter_phone="13912345678")


def test_more_look_ups_than_the_limit_are_stopped_and_the_audit_administrator_is_notified(town: Town) -> None:
    auditor = User.objects.create_user("auditor", None, "审计员")
    post = Post.objects.create(
        code="OFFICE.AUDIT", unit=town.units["OFFICE"], title="审计管理员", permissions=["audit.entry:view"]
    )
    Holding.objects.create(user=auditor, post=post)
    Policy.objects.create(key="look_ups_per_hour", value=2)
    forget_all()
    case = report(town, "13912345679")
    noon = datetime(2026, 11, 29, 4, tzinfo=UTC)
    with clock.at(noon):
        for phone in ("13912345671", "13912345672", "13912345671"):  # the same number again is not counted
            find(town, phone)
        for _time in range(2):
            with pytest.raises(NotAllowed, match="上限"):
                find(town, "13912345679")
        with pytest.raises(NotAllowed, match="上限"):
            look_up_reporter_of_case(town.actor("registrar"), case.pk)
        assert reveal_reporter(town.actor("visitor"), case.pk, reason="电话回访").phone == "13912345679"
    assert Entry.objects.filter(action="cases.caller:look_up").count() == 3
    stopped = Entry.objects.filter(action="cases.caller:look_up_stopped")
    assert [entry.after for entry in stopped] == [
        {"reason": "来电登记", "limit": 2},
        {"reason": "来电登记", "limit": 2},
        {"reason": f"案件 {case.number}", "limit": 2},
    ]
    notice = Notice.objects.get(user=auditor)
    assert "2 个号码" in describe_notice(notice)
    with clock.at(noon + timedelta(minutes=61)):
        assert find(town, "13912345679") == [case.number]
