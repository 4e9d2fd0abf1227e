"""The questions of a category at the desk: asked when a case is reported, shown on its page, corrected and revealed."""

from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.models import Case
from jiedao.cases.questions import get_answers
from jiedao.desk.tests.conftest import SignedIn
from jiedao.desk.tests.test_intake_page import NEW, matter
from jiedao.testing.cast import Town
from jiedao.testing.questions import add_questions


@pytest.fixture
def town(town: Town) -> Town:
    """The cast, whose town asks about rubbish."""
    add_questions(town)
    return town


def rubbish(town: Town, **changes: Any) -> dict[str, Any]:
    category = str(town.categories["RUBBISH"].pk)
    return matter(category=category, asked=category, **changes)


def file(town: Town, answers: dict[str, Any] | None) -> Case:
    new = NewCase("WEB", "垃圾", "路边一堆垃圾", category_id=town.categories["RUBBISH"].pk, answers=answers)
    return Case.objects.get(pk=file_case(new, actor=town.actor("registrar")).id)


def test_a_page_without_script_asks_before_it_reports(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("registrar")
    data = rubbish(town)
    del data["asked"]
    page = client.post(NEW, data).content.decode()
    assert "这一类还要问几件事" in page
    assert "是什么垃圾？" in page
    assert "望山村路口的井盖不见了，很危险。" in page
    assert not Case.objects.exists()
    answer = client.post(NEW, {**data, "asked": data["category"], "q_kinds": ["RUBBLE"], "q_seen": "false"})
    assert answer.status_code == 302
    assert [row.text for row in get_answers(Case.objects.get())] == ["建筑垃圾", "否"]


def test_a_missing_or_wrong_answer_is_shown_at_its_question(town: Town, signed_in: SignedIn) -> None:
    answer = signed_in("registrar").post(NEW, rubbish(town, q_size="许多", q_remark="靠近翠湖"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "没有回答：是什么垃圾？" in page
    assert "“许多”不是数。" in page
    assert "靠近翠湖" in page
    assert not Case.objects.exists()


def test_the_questions_of_a_chosen_category_are_fetched(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("registrar")
    page = client.get(f"{NEW}questions/", {"category": town.categories["RUBBISH"].pk}).content.decode()
    assert 'name="q_kinds"' in page
    assert "data-condition" in page
    assert client.get(f"{NEW}questions/", {"category": town.categories["STALL"].pk}).content.strip() == b""
    assert client.get(f"{NEW}questions/", {"category": "none"}).content.strip() == b""


def test_looking_for_a_place_keeps_the_answers(town: Town, signed_in: SignedIn) -> None:
    page = signed_in("registrar").post(
        NEW, rubbish(town, q_kinds=["RUBBLE"], q_remark="靠近翠湖", find_place="1")
    )
    assert 'value="RUBBLE" id="id_q_kinds_1" checked' in " ".join(page.content.decode().split()).replace(
        'data-question="kinds" ', ""
    )
    assert "靠近翠湖" in page.content.decode()


def test_the_page_of_a_case_shows_answers_and_what_is_missing(town: Town, signed_in: SignedIn) -> None:
    case = file(town, {"kinds": ["RUBBLE"], "seen": True, "seen_by": "白色面包车"})
    page = signed_in("handler").get(f"/desk/cases/{case.number}/")
    assert page.status_code == 404
    text = signed_in("registrar").get(f"/desk/cases/{case.number}/").content.decode()
    assert "建筑垃圾" in text
    assert "＊＊＊" in text
    assert "白色面包车" not in text
    assert "还没有回答：占地；从哪天开始？；还有什么？" in text
    assert "move=ANSWER_QUESTIONS" in text


def test_answers_are_corrected_on_the_page_and_the_history_shows_both(
    town: Town, signed_in: SignedIn
) -> None:
    case = file(town, {"kinds": ["RUBBLE"], "seen": True, "seen_by": "白色面包车"})
    client = signed_in("registrar")
    form = client.get(f"/desk/cases/{case.number}/?move=ANSWER_QUESTIONS").content.decode()
    assert "已保存，留空不变" in form
    move = f"/desk/cases/{case.number}/moves/ANSWER_QUESTIONS/"
    wrong = client.post(
        move, {"version": case.version, "q_kinds": ["RUBBLE"], "q_seen": "true", "q_size": "900"}
    )
    assert wrong.status_code == 422
    assert "900 大于 500。" in wrong.content.decode()
    sent = {"version": case.version, "q_kinds": ["RUBBLE"], "q_seen": "true", "q_seen_by": "", "q_size": "9"}
    assert client.post(move, {**sent, "note": "现场量的"}).status_code == 302
    page = client.get(f"/desk/cases/{case.number}/").content.decode()
    assert "9 平方米" in page
    assert "现场量的" in page
    assert "＊＊＊" in page


def test_a_personal_answer_is_revealed_with_a_reason(town: Town, signed_in: SignedIn) -> None:
    case = file(town, {"kinds": ["RUBBLE"], "seen": True, "seen_by": "白色面包车"})
    client = signed_in("shift")
    assert "查看加密的回答" in client.get(f"/desk/cases/{case.number}/").content.decode()
    page = client.post(f"/desk/cases/{case.number}/reporter/", {"reason": "核实车辆"}).content.decode()
    assert "白色面包车" in page
    assert Entry.objects.get(action="cases.case:reveal").after == {"reason": "核实车辆"}


def test_a_list_is_filtered_by_answers(town: Town, signed_in: SignedIn) -> None:
    rubble = file(town, {"kinds": ["RUBBLE"], "seen": True, "seen_by": "白色面包车"})
    household = file(town, {"kinds": ["HOUSEHOLD"]})
    both = file(town, {"kinds": ["HOUSEHOLD", "RUBBLE"], "seen": False})
    client = signed_in("registrar")

    def find(*answers: str) -> set[str]:
        category = town.categories["RUBBISH"].pk
        page = client.get("/desk/cases/", {"answer": answers, "category": category}).content.decode()
        return {case.number for case in (rubble, household, both) if case.number in page}

    assert find("kinds:RUBBLE") == {rubble.number, both.number}
    assert find("kinds:RUBBLE", "kinds:HOUSEHOLD") == {rubble.number, household.number, both.number}
    assert find("kinds:HOUSEHOLD", "seen:false") == {both.number}
    page = client.get("/desk/cases/", {"answer": "kinds:RUBBLE"}).content.decode()
    assert "是什么垃圾？ 建筑垃圾" in page
    assert "kinds:GOLD" in client.get("/desk/cases/", {"answer": "kinds:GOLD"}).content.decode()


def test_an_export_has_a_column_for_each_answered_question(town: Town, signed_in: SignedIn) -> None:
    file(town, {"kinds": ["HOUSEHOLD", "RUBBLE"], "size": 2.5, "seen": True, "seen_by": "白色面包车"})
    answer = signed_in("registrar").get("/desk/cases/export/", {"format": "csv"})
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert "是什么垃圾？,占地,看到是谁倒的吗？" in "\n".join(lines)
    assert "生活垃圾、建筑垃圾,2.5,是" in "\n".join(lines)
    assert "面包车" not in "\n".join(lines)
