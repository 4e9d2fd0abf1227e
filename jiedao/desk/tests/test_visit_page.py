"""The return visit over HTTP: one page from the number to the end, for each outcome, without JavaScript."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.audit.models import Entry
from jiedao.cases.models import Case, ReturnVisit
from jiedao.desk.tests.conftest import SignedIn
from jiedao.testing.cast import Town, make_move, walk

STATEMENTS = 26


def url(case: Case, part: str = "visit") -> str:
    return f"/desk/cases/{case.number}/{part}/"


def fill(client: Any, case: Case, **fields: Any) -> dict[str, Any]:
    """Return the fields as the page offers them, with those that the caller fills in."""
    form = client.get(url(case)).context["form"]
    assert not any(
        form.fields[name].initial for name in ("reached", "solved", "satisfaction", "cause", "keep")
    )
    return {"version": form["version"].value(), "do": "record", **fields}


def record(client: Any, case: Case, **fields: Any) -> Case:
    answer = client.post(url(case), fill(client, case, **fields))
    assert answer.status_code == 302, answer.context["form"].errors
    case.refresh_from_db()
    return case


def test_the_page_has_number_words_earlier_calls_and_form(town: Town, signed_in: SignedIn) -> None:
    case = make_move(town, "visitor", walk(town, to="CLOSED"), "VISIT", reached="no", note="关机")
    client = signed_in("visitor")
    client.get(url(case))
    with CaptureQueriesContext(connection) as spent:
        page = client.get(url(case))
    drawn = page.content.decode()
    assert len(spent) <= STATEMENTS
    for words in (
        "138****8000",
        "怎么说",
        "您打几分",
        "关机",
        "未接通",
        "您反映的垃圾已清运",
        "已清运并冲洗地面",
    ):
        assert words in drawn
    assert "13800138000" not in drawn


def test_the_state_has_the_tone_that_it_has_on_the_page_of_the_case(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="CLOSED"), signed_in("visitor")
    badge = 'class="j-badge j-badge--good"'
    assert badge in client.get(url(case)).content.decode()
    assert badge in client.get(url(case, "").replace("//", "/")).content.decode()


def test_the_page_costs_as_many_statements_after_many_calls(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="CLOSED"), signed_in("visitor")

    def count() -> int:
        with CaptureQueriesContext(connection) as spent:
            assert client.get(url(case)).status_code == 200
        return len(spent)

    make_move(town, "visitor", case, "VISIT", reached="no")
    count()
    few = count()
    for _call in range(6):
        make_move(town, "visitor", case, "VISIT", reached="no")
    assert count() <= few


def test_revealing_the_number_keeps_what_was_typed(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="CLOSED"), signed_in("visitor")
    typed = fill(
        client, case, reached="yes", solved="no", satisfaction="2", note="垃圾又堆起来了", redo="yes"
    )
    answer = client.post(url(case), {**typed, "do": "reveal", "reason": "电话回访"})
    drawn = answer.content.decode()
    assert answer.status_code == 200
    assert 'href="tel:13800138000"' in drawn
    assert "垃圾又堆起来了" in drawn
    form = answer.context["form"]
    assert {name: form[name].value() for name in ("reached", "solved", "satisfaction", "redo")} == {
        "reached": "yes",
        "solved": "no",
        "satisfaction": "2",
        "redo": "yes",
    }
    assert drawn.count("checked") == 4
    assert not ReturnVisit.objects.exists()
    assert Entry.objects.get(action="cases.case:reveal").after == {"reason": "电话回访"}


def test_revealing_without_a_reason_is_refused_and_keeps_what_was_typed(
    town: Town, signed_in: SignedIn
) -> None:
    case, client = walk(town, to="CLOSED"), signed_in("visitor")
    typed = fill(client, case, reached="yes", note="写了很久")
    answer = client.post(url(case), {**typed, "do": "reveal", "reason": " "})
    drawn = answer.content.decode()
    assert answer.status_code == 422
    assert "请写明为什么要看" in drawn
    assert "写了很久" in drawn
    assert "13800138000" not in drawn


def test_a_refused_call_keeps_the_number_on_the_page(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="CLOSED"), signed_in("visitor")
    sent = fill(client, case, reached="yes", solved="no", satisfaction="1", revealed="电话回访")
    answer = client.post(url(case), sent)
    drawn = answer.content.decode()
    assert answer.status_code == 422
    assert "决定怎么办" in drawn
    assert "13800138000" in drawn
    assert Entry.objects.filter(action="cases.case:reveal").count() == 1


def test_an_untouched_form_is_refused(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="CLOSED"), signed_in("visitor")
    answer = client.post(url(case), fill(client, case))
    assert answer.status_code == 422
    assert "reached" in answer.context["form"].errors
    case.refresh_from_db()
    assert case.state == "CLOSED"
    assert not ReturnVisit.objects.exists()


def test_a_satisfied_reporter_ends_the_visit(town: Town, signed_in: SignedIn) -> None:
    case = record(
        signed_in("visitor"), walk(town, to="CLOSED"), reached="yes", solved="yes", satisfaction="4"
    )
    assert (case.state, case.visit_outcome) == ("DONE", "SATISFIED")
    page = signed_in("shift").get(url(case, "").rstrip("/") + "/").content.decode()
    assert "已办结 · 不满意" not in page


def test_an_unsatisfied_reporter_sends_the_case_back(town: Town, signed_in: SignedIn) -> None:
    case = record(
        signed_in("visitor"),
        walk(town, to="CLOSED"),
        reached="yes",
        solved="no",
        satisfaction="2",
        cause="NOT_DONE",
        redo="yes",
    )
    assert (case.state, case.reopens) == ("DISPATCHED", 1)
    page = signed_in("handler").get(f"/desk/cases/{case.number}/").content.decode()
    assert "不满意的原因：没有处理到位" in page


def test_a_reason_why_not_is_confirmed_by_the_shift_leader(town: Town, signed_in: SignedIn) -> None:
    case = record(
        signed_in("visitor"),
        walk(town, to="CLOSED"),
        reached="yes",
        solved="no",
        satisfaction="1",
        keep="UNREASONABLE",
        note="要求全额赔偿",
    )
    assert case.state == "TO_CONFIRM"
    shift = signed_in("shift")
    assert "不满意待确认" in shift.get("/desk/").content.decode()
    listed = shift.get("/desk/cases/?todo=CONFIRM").content.decode()
    assert case.number in listed
    page = shift.get(f"/desk/cases/{case.number}/").content.decode()
    for words in ("提出不再办理：诉求不合理", "要求全额赔偿", "同意不再办理"):
        assert words in page
    answer = shift.post(url(case, "moves/CONFIRM_KEEP"), {"version": case.version, "note": "同意"})
    assert answer.status_code == 302
    assert "已办结 · 不满意" in shift.get(f"/desk/cases/{case.number}/").content.decode()


def test_a_reporter_who_is_never_reached_ends_by_decision(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="CLOSED"), signed_in("visitor")
    for attempt in range(3):
        assert "结束回访</a>" not in client.get(url(case)).content.decode().replace("\n", "").replace(
            "  ", ""
        )
        case = record(client, case, reached="no", note=f"第{attempt + 1}次无人接听")
        assert case.state == "CLOSED"
    page = client.get(url(case)).content.decode()
    assert "?move=END_VISIT" in page
    assert page.count("无人接听") == 3
    answer = client.post(url(case, "moves/END_VISIT"), {"version": case.version, "note": "三次都没有接"})
    assert answer.status_code == 302
    case.refresh_from_db()
    assert (case.state, case.visit_outcome) == ("DONE", "UNREACHED")
    assert "已办结 · 未联系上" in client.get(f"/desk/cases/{case.number}/").content.decode()


def test_a_wrong_number_is_recorded_as_such(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="CLOSED"), signed_in("visitor")
    case = record(client, case, reached="wrong")
    page = client.get(url(case)).content.decode()
    assert "号码有误" in page
    assert "?move=END_VISIT" in page


def test_going_on_opens_the_next_visit_after_each_kind_of_call(town: Town, signed_in: SignedIn) -> None:
    first, second = walk(town, to="CLOSED"), walk(town, to="CLOSED", subject="另一堆垃圾")
    client = signed_in("visitor")
    page = client.post(url(first), fill(client, first, reached="no", go_on="1"), follow=True)
    assert (page.context["case"].pk, page.context["previous"]) == (second.pk, None)
    assert f"{first.number} 已登记这次通话：未接通。下面是下一件。" in page.content.decode()
    call = fill(client, second, reached="yes", solved="yes", satisfaction="5", go_on="1")
    page = client.post(url(second), call, follow=True)
    assert (page.context["case"].pk, page.context["previous"].number) == (first.pk, second.number)
    assert "怎么说" in page.content.decode()
    assert "现在是“已办结”" in page.content.decode()
    call = fill(client, first, reached="yes", solved="yes", satisfaction="5", go_on="1")
    page = client.post(url(first), call, follow=True)
    assert "都办完了，回首页" in page.content.decode()


def test_the_button_of_the_case_opens_the_page_of_the_visit(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="CLOSED")
    page = signed_in("visitor").get(f"/desk/cases/{case.number}/?move=VISIT").content.decode()
    assert "怎么说" in page


def test_a_case_that_waits_for_no_visit_opens_its_own_page(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    answer = signed_in("visitor").get(url(case))
    assert (answer.status_code, answer.url) == (302, f"/desk/cases/{case.number}/")


def test_a_call_on_a_case_that_changed_meanwhile_shows_what_was_typed(
    town: Town, signed_in: SignedIn
) -> None:
    case, client = walk(town, to="CLOSED"), signed_in("visitor")
    sent = fill(client, case, reached="yes", solved="yes", satisfaction="5", note="很满意，谢谢")
    make_move(town, "shift", case, "REOPEN", note="又来了")
    page = client.post(url(case), sent, follow=True).content.decode()
    assert "很满意，谢谢" in page


@pytest.mark.parametrize("who", ["registrar", "shift", "visitor"])
def test_the_number_is_looked_up_on_a_page_of_its_own(town: Town, signed_in: SignedIn, who: str) -> None:
    case, client = walk(town, to="FILED"), signed_in(who)
    assert "/desk/cases/caller/" in client.get("/desk/cases/").content.decode()
    page = client.post("/desk/cases/caller/", {"phone": "１３８ ００１３ ８０００", "purpose": "来电登记"})
    assert "此号码此前 1 件" in page.content.decode()
    assert case.number in page.content.decode()
    refused = client.post("/desk/cases/caller/", {"phone": "138", "purpose": "来电登记"})
    assert refused.status_code == 422
    assert "不是电话号码" in refused.content.decode()


def test_intake_shows_the_earlier_matters_of_a_number_and_keeps_the_form(
    town: Town, signed_in: SignedIn
) -> None:
    case, client = walk(town, to="FILED"), signed_in("registrar")
    sent = {"detail": "又有人占道摆摊", "channel": "HOTLINE", "reporter_phone": "138 0013 8000", "look": "1"}
    page = client.post("/desk/cases/new/", sent).content.decode()
    assert "此号码此前 1 件" in page
    assert case.number in page
    assert "又有人占道摆摊" in page
    assert Case.objects.count() == 1
    assert Entry.objects.get(action="cases.caller:look_up").after["purpose"] == "登记来件"


def test_intake_refuses_a_number_that_cannot_be_one_and_keeps_the_form(
    town: Town, signed_in: SignedIn
) -> None:
    sent = {"detail": "又有人占道摆摊", "channel": "HOTLINE", "reporter_phone": "138", "sure": "1"}
    answer = signed_in("registrar").post("/desk/cases/new/", sent)
    assert answer.status_code == 422
    assert "reporter_phone" in answer.context["form"].errors
    assert "又有人占道摆摊" in answer.content.decode()
    assert not Case.objects.exists()


def test_the_other_matters_of_a_case_are_listed_only_when_asked_for(town: Town, signed_in: SignedIn) -> None:
    first, second = walk(town, to="FILED"), walk(town, to="CLOSED", subject="占道经营")
    client = signed_in("visitor")
    page = client.get(f"/desk/cases/{second.number}/").content.decode()
    assert url(second, "caller") in page
    assert not Entry.objects.filter(action="cases.caller:look_up").exists()
    assert client.get(url(second, "caller")).status_code == 302
    assert first.number in client.post(url(second, "caller")).content.decode()
