"""Questions of a category: which are asked, how answers are read, stored, corrected, searched and erased."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from jiedao.audit.models import Entry
from jiedao.cases import jobs
from jiedao.cases.actions.history import History, file_histories
from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.actions.reporter import reveal_reporter
from jiedao.cases.models import Case, CaseAnswer
from jiedao.cases.moves.perform import perform
from jiedao.cases.questions import (
    AnswerFaults,
    find_question,
    get_answers,
    list_asked,
    list_questions,
    list_unanswered,
    read_answers,
)
from jiedao.cases.questions.correcting import list_changes
from jiedao.cases.selectors.search import find_case_ids
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.testing.cast import Town, make_town
from jiedao.testing.questions import add_questions

pytestmark = pytest.mark.django_db


@pytest.fixture
def asking() -> Town:
    """The cast, whose town asks about rubbish."""
    town = make_town()
    add_questions(town)
    return town


def file(town: Town, answers: dict[str, Any] | None, **columns: Any) -> Case:
    new = NewCase(
        "WEB",
        "路边有垃圾",
        "一堆垃圾没人管",
        category_id=town.categories["RUBBISH"].pk,
        answers=answers,
        **columns,
    )
    return Case.objects.get(pk=file_case(new, actor=town.actor("registrar")).id)


def read(town: Town, answers: dict[str, Any]) -> dict[str, Any]:
    return dict(read_answers(list_questions(town.categories["RUBBISH"].pk), answers).values)


def find(words: str) -> list[int]:
    return list(Case.objects.filter(pk__in=find_case_ids(words)).values_list("pk", flat=True))


def find_faults(town: Town, answers: dict[str, Any]) -> list[str]:
    with pytest.raises(AnswerFaults) as raised:
        read(town, answers)
    return [fault.field for fault in raised.value.faults]


def test_only_the_category_and_those_below_it_are_asked(asking: Town) -> None:
    keys = [question.key for question in list_questions(asking.categories["RUBBISH"].pk)]
    assert keys == ["kinds", "size", "seen", "seen_by", "since", "remark"]
    assert list_questions(asking.categories["STALL"].pk) == []
    assert list_questions(None) == []


def test_answers_decide_what_is_asked_next(asking: Town) -> None:
    questions = list_questions(asking.categories["RUBBISH"].pk)

    def ask(**answers: Any) -> list[str]:
        return [question.key for question in list_asked(questions, answers)][1:-2]

    assert ask(kinds=["HOUSEHOLD"]) == ["size"]
    assert ask(kinds=["RUBBLE"]) == ["size", "seen"]
    assert ask(kinds=["RUBBLE"], seen=True) == ["size", "seen", "seen_by"]
    # The answer to a question that is not asked decides nothing.
    assert ask(kinds=["HOUSEHOLD"], seen=True) == ["size"]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({"kinds": ["RUBBLE", "HOUSEHOLD"]}, {"kinds": ["HOUSEHOLD", "RUBBLE"]}),
        ({"kinds": "建筑垃圾"}, {"kinds": ["RUBBLE"]}),
        ({"kinds": ["HOUSEHOLD"], "size": "1.5平方米"}, {"kinds": ["HOUSEHOLD"], "size": 1.5}),
        ({"kinds": ["HOUSEHOLD"], "size": "１２"}, {"kinds": ["HOUSEHOLD"], "size": 12}),
        ({"kinds": ["HOUSEHOLD"], "since": "2026年5月4日"}, {"kinds": ["HOUSEHOLD"], "since": "2026-05-04"}),
        ({"kinds": ["RUBBLE"], "seen": "否"}, {"kinds": ["RUBBLE"], "seen": False}),
        (
            {"kinds": ["HOUSEHOLD"], "remark": "  <b>两行\n字</b> "},
            {"kinds": ["HOUSEHOLD"], "remark": "<b>两行\n字</b>"},
        ),
        ({"kinds": ["HOUSEHOLD"], "remark": "", "size": None}, {"kinds": ["HOUSEHOLD"]}),
    ],
)
def test_answers_are_read_as_people_write_them(
    asking: Town, raw: dict[str, Any], value: dict[str, Any]
) -> None:
    assert read(asking, raw) == value


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ({}, ["q_kinds"]),
        ({"kinds": ["GOLD"], "size": "许多"}, ["q_kinds", "q_size"]),
        ({"kinds": ["HOUSEHOLD"], "size": 501}, ["q_size"]),
        ({"kinds": ["HOUSEHOLD"], "size": True}, ["q_size"]),
        ({"kinds": ["HOUSEHOLD"], "size": [1]}, ["q_size"]),
        ({"kinds": ["HOUSEHOLD"], "since": "明天"}, ["q_since"]),
        ({"kinds": ["HOUSEHOLD"], "remark": "长" * 2001}, ["q_remark"]),
        ({"kinds": ["RUBBLE"], "seen": "也许"}, ["q_seen"]),
        ({"kinds": ["RUBBLE"], "seen": True}, ["q_seen_by"]),
        ({"kinds": ["HOUSEHOLD"], "colour": "红"}, ["q_colour"]),
    ],
)
def test_every_fault_is_named_at_its_field(asking: Town, raw: dict[str, Any], fields: list[str]) -> None:
    assert find_faults(asking, raw) == fields


def test_an_answer_that_is_not_asked_is_dropped_and_the_case_states_it(asking: Town) -> None:
    case = file(asking, {"kinds": ["HOUSEHOLD"], "seen": True})
    assert [answer.key for answer in get_answers(case)] == ["kinds"]
    assert "看到是谁倒的吗" in case.moves.get(move="REPORT").text


def test_filed_answers_are_shown_in_words_and_found_by_the_search(asking: Town) -> None:
    case = file(
        asking, {"kinds": ["RUBBLE"], "size": 12, "seen": True, "seen_by": "白色面包车", "remark": "靠近翠湖"}
    )
    shown = {answer.key: answer.text for answer in get_answers(case)}
    assert shown == {
        "kinds": "建筑垃圾",
        "size": "12 平方米",
        "seen": "是",
        "seen_by": "＊＊＊",
        "remark": "靠近翠湖",
    }
    for words in ("建筑垃圾", "翠湖", "路边"):
        assert find(words) == [case.pk]
    assert find("面包车") == []
    assert not CaseAnswer.objects.filter(text__contains="面包车").exists()


def test_a_case_filed_without_questions_shows_what_is_unanswered(asking: Town) -> None:
    case = file(asking, None)
    assert [question.key for question in list_unanswered(case, get_answers(case))] == [
        "kinds",
        "size",
        "since",
        "remark",
    ]


def test_the_same_answers_sent_twice_are_one_case_and_others_are_refused(asking: Town) -> None:
    key = uuid.uuid4()
    first = file(asking, {"kinds": ["HOUSEHOLD"]}, client_uuid=key)
    assert file(asking, {"kinds": ["HOUSEHOLD"]}, client_uuid=key).pk == first.pk
    with pytest.raises(Stale):
        file(asking, {"kinds": ["RUBBLE"]}, client_uuid=key)
    assert CaseAnswer.objects.count() == 1


def test_a_refused_answer_files_nothing(asking: Town) -> None:
    with pytest.raises(AnswerFaults):
        file(asking, {"size": 3})
    assert not Case.objects.exists()


def test_cases_with_a_known_past_keep_their_answers(asking: Town) -> None:
    new = NewCase(
        "WEB",
        "路边有垃圾",
        "一堆垃圾",
        category_id=asking.categories["RUBBISH"].pk,
        answers={"kinds": ["RUBBLE"], "size": "3"},
    )
    filed = file_histories([History(new, "REPORTED")], actor=asking.actor("registrar"))
    case = Case.objects.get(pk=filed[0].id)
    assert [answer.text for answer in get_answers(case)] == ["建筑垃圾", "3 平方米"]


def correct(town: Town, case: Case, answers: dict[str, Any], **options: Any) -> Case:
    return perform(town.actor("registrar"), case.pk, "ANSWER_QUESTIONS", data={"answers": answers}, **options)


def test_corrected_answers_replace_the_old_ones_which_the_history_keeps(asking: Town) -> None:
    case = file(asking, {"kinds": ["HOUSEHOLD"], "size": 3})
    correct(asking, case, {"size": "5", "kinds": ["RUBBLE"]})
    assert [answer.text for answer in get_answers(case)] == ["建筑垃圾", "5 平方米"]
    entry = case.moves.get(move="ANSWER_QUESTIONS")
    assert list_changes(entry.data) == [
        ("是什么垃圾？", "生活垃圾", "建筑垃圾"),
        ("占地", "3 平方米", "5 平方米"),
    ]
    assert Entry.objects.get(action="cases.case:answer_questions").after["answers"] == {
        "kinds": ["RUBBLE"],
        "size": 5,
    }
    assert find("建筑") == [case.pk]
    assert find("生活") == []


def test_a_correction_removes_what_it_empties_and_what_is_no_longer_asked(asking: Town) -> None:
    case = file(asking, {"kinds": ["RUBBLE"], "seen": False, "size": 3})
    correct(asking, case, {"kinds": ["HOUSEHOLD"], "size": ""})
    assert [answer.key for answer in get_answers(case)] == ["kinds"]


def test_a_personal_answer_stays_when_a_form_leaves_it_empty(asking: Town) -> None:
    case = file(asking, {"kinds": ["RUBBLE"], "seen": True, "seen_by": "白色面包车"})
    correct(asking, case, {"kinds": ["RUBBLE"], "seen": True, "seen_by": "", "size": 9})
    assert reveal_reporter(asking.actor("shift"), case.pk, reason="核实情况").answers == (
        ("倾倒人的特征", "白色面包车"),
    )
    correct(asking, case, {"seen_by": "红色三轮车"})
    assert reveal_reporter(asking.actor("shift"), case.pk, reason="核实情况").answers == (
        ("倾倒人的特征", "红色三轮车"),
    )
    entry = case.moves.order_by("-id").first()
    assert "三轮车" not in str(entry.data)
    assert "三轮车" not in str(list(Entry.objects.values_list("after", flat=True)))


def test_a_correction_without_change_or_of_a_hidden_question_is_refused(asking: Town) -> None:
    case = file(asking, {"kinds": ["HOUSEHOLD"]})
    with pytest.raises(UserError, match="没有要更正"):
        correct(asking, case, {"kinds": ["HOUSEHOLD"]})
    with pytest.raises(UserError) as raised:
        correct(asking, case, {"seen": True})
    assert raised.value.field == "q_seen"
    with pytest.raises(UserError):
        correct(asking, case, {"answers": "none"})


def test_personal_answers_are_erased_after_the_retention_period(asking: Town) -> None:
    case = file(asking, {"kinds": ["RUBBLE"], "seen": True, "seen_by": "白色面包车"})
    Case.objects.filter(pk=case.pk).update(ended_at=clock.now())
    assert jobs.erase_reporters() == 0
    CaseAnswer.objects.filter(erase_after__isnull=False).update(erase_after=clock.today() - timedelta(days=1))
    assert jobs.erase_reporters() == 1
    assert jobs.erase_reporters() == 0
    shown = {answer.key: answer for answer in get_answers(case)}
    assert (shown["seen_by"].text, shown["seen_by"].erased) == ("", True)
    assert shown["kinds"].text == "建筑垃圾"
    with pytest.raises(UserError):
        reveal_reporter(asking.actor("shift"), case.pk, reason="核实情况")


def test_erasing_the_reporter_erases_personal_answers_and_the_words_of_others(asking: Town) -> None:
    case = file(
        asking,
        {"kinds": ["RUBBLE"], "seen": True, "seen_by": "白色面包车", "remark": "打 13800138000 找张三丰"},
        reporter_name="张三丰",
        reporter_phone="13800138000",
    )
    jobs.erase_reporter(asking.actor("shift"), case.pk)
    shown = {answer.key: answer.text for answer in get_answers(case)}
    assert shown["seen_by"] == ""
    assert shown["remark"] == "打 *** 找***"
    assert find_question("seen_by") is not None
