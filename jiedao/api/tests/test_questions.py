"""Questions of categories over the API: listed, answered when a case is filed, returned with it."""

from typing import Any

import pytest

from jiedao.api.tests.conftest import CASES, Caller, make_body
from jiedao.cases.models import Case
from jiedao.testing.cast import Town
from jiedao.testing.questions import add_questions


@pytest.fixture
def asking(town: Town) -> Town:
    """The cast, whose town asks about rubbish."""
    add_questions(town)
    return town


def make_rubbish(town: Town, **fields: Any) -> dict[str, Any]:
    return make_body(category=f"MATTER:{town.categories['RUBBISH'].code}", **fields)


def test_the_categories_are_listed_with_their_questions(asking: Town) -> None:
    status, body = Caller(asking, "registrar", scopes=["cases:report"]).get("/api/v1/categories")
    assert status == 200
    row = next(row for row in body["categories"] if row["name"] == asking.categories["RUBBISH"].name)
    questions = {question["key"]: question for question in row["questions"]}
    assert list(questions) == ["kinds", "size", "seen", "seen_by", "since", "remark"]
    assert questions["kinds"]["choices"][1] == {"code": "RUBBLE", "name": "建筑垃圾", "name_en": "Rubble"}
    assert questions["seen"]["when"] == "'RUBBLE' in kinds"
    assert questions["seen"]["when_tree"] == ["in", ["value", "RUBBLE"], ["name", "kinds"]]
    assert [other["questions"] for other in body["categories"] if other["name"] == "无照经营"] == [[]]


def test_a_token_for_other_things_may_not_list_them(asking: Town) -> None:
    assert Caller(asking, "registrar", scopes=["figures:read"]).get("/api/v1/categories")[0] == 403


def test_answers_are_filed_and_returned_without_personal_ones(asking: Town, registrar: Caller) -> None:
    answers = {"kinds": ["RUBBLE"], "size": 2.5, "seen": True, "seen_by": "白色面包车"}
    status, filed = registrar.post(make_rubbish(asking, answers=answers))
    assert status == 201
    _status, case = registrar.get(f"{CASES}/{filed['number']}")
    assert case["answers"] == [
        {
            "key": "kinds",
            "question": "是什么垃圾？",
            "value": ["RUBBLE"],
            "text": "建筑垃圾",
            "personal": False,
        },
        {"key": "size", "question": "占地", "value": 2.5, "text": "2.5 平方米", "personal": False},
        {"key": "seen", "question": "看到是谁倒的吗？", "value": True, "text": "是", "personal": False},
        {"key": "seen_by", "question": "倾倒人的特征", "value": None, "text": "＊＊＊", "personal": True},
    ]


def test_every_fault_of_the_answers_is_named(asking: Town, registrar: Caller) -> None:
    status, problem = registrar.post(make_rubbish(asking, answers={"size": "多", "colour": "红"}))
    assert status == 422
    assert problem["field"] == "answers.colour"
    assert [error["field"] for error in problem["errors"]] == [
        "answers.colour",
        "answers.kinds",
        "answers.size",
    ]
    assert not Case.objects.exists()


def test_a_case_is_filed_without_answers(asking: Town, registrar: Caller) -> None:
    assert registrar.post(make_rubbish(asking))[0] == 201


def test_an_answer_that_is_not_asked_is_dropped_with_a_warning(asking: Town, registrar: Caller) -> None:
    answers = {"kinds": ["HOUSEHOLD"], "seen": True}
    status, filed = registrar.post(make_rubbish(asking, answers=answers))
    assert status == 201
    assert "看到是谁倒的吗" in filed["warnings"][0]
