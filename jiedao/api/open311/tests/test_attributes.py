"""The questions of a category are the attributes of its service, and are answered by them."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from jiedao.api.open311.tests.conftest import Filing, get
from jiedao.cases.models import Case
from jiedao.cases.questions import get_answers, read_values
from jiedao.testing.cast import Town
from jiedao.testing.questions import add_questions


@pytest.fixture(autouse=True)
def asking(town: Town) -> Town:
    """Return the cast, whose town asks about rubbish."""
    add_questions(town)
    return town


def test_only_a_service_with_questions_has_metadata() -> None:
    metadata = {row["service_code"]: row["metadata"] for row in get("services.json").json()}
    assert [code for code, value in metadata.items() if value] == ["MATTER:01001"]


def test_questions_are_attributes_in_their_order_with_values_and_conditions_in_words() -> None:
    attributes = get("services/MATTER:01001.json").json()["attributes"]
    assert [(row["order"], row["code"], row["datatype"], row["required"]) for row in attributes] == [
        (1, "kinds", "multivaluelist", True),
        (2, "size", "number", False),
        (3, "seen", "singlevaluelist", False),
        (4, "seen_by", "string", False),
        (5, "since", "datetime", False),
        (6, "remark", "text", False),
    ]
    assert attributes[0]["values"][1] == {"key": "RUBBLE", "name": "建筑垃圾"}
    assert [row["key"] for row in attributes[2]["values"]] == ["true", "false"]
    assert attributes[1]["datatype_description"] == "单位：平方米。 不小于 0。 不大于 500。"
    assert "必须回答" in attributes[3]["datatype_description"]
    root = ET.fromstring(get("services/MATTER:01001.xml").content)
    assert [value.text for value in root.iterfind("attributes/attribute[1]/values/value/key")] == [
        "HOUSEHOLD",
        "RUBBLE",
    ]
    english = get("services/MATTER:01001.json", {"Accept-Language": "en"}).json()["attributes"]
    assert english[0]["description"] == "What sort of litter?"


def test_attributes_answer_the_questions_and_others_stay_in_the_text(file_form: Filing) -> None:
    attributes: dict[str, Any] = {
        "attribute[kinds][]": ["RUBBLE", "HOUSEHOLD"],
        "attribute[size]": "12.5",
        "attribute[seen]": "true",
        "attribute[seen_by]": "穿红衣服",
        "attribute[since]": "2026-05-03T16:30:00Z",
        "attribute[easting]": "506000",
    }
    assert file_form(**attributes).status_code == 201
    case = Case.objects.get()
    values = read_values([case.pk])[case.pk]
    assert values["kinds"] == ["HOUSEHOLD", "RUBBLE"]
    assert (values["size"], values["seen"], values["since"]) == (12.5, True, "2026-05-04")
    assert case.detail.split("\n")[1:] == ["easting: 506000"]
    assert "穿红衣服" not in str([answer.text for answer in get_answers(case)])
    assert "穿红衣服" not in get(f"requests/{case.number}.xml").content.decode()


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({}, "kinds"),
        ({"attribute[kinds]": "GLASS"}, "kinds"),
        ({"attribute[kinds]": "HOUSEHOLD", "attribute[size]": "wide"}, "size"),
        ({"attribute[kinds]": "HOUSEHOLD", "attribute[since]": "some day"}, "since"),
        ({"attribute[kinds]": "RUBBLE", "attribute[seen]": "true"}, "seen_by"),
    ],
)
def test_a_missing_or_wrong_answer_is_400_and_names_the_attribute(
    file_form: Filing, attributes: dict[str, str], code: str
) -> None:
    answer = file_form(**attributes)
    assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)
    assert f"attribute[{code}]" in answer.json()[0]["description"]
    assert Case.objects.count() == 0


def test_an_answer_to_a_question_that_is_not_asked_is_left_out_with_a_note(file_form: Filing) -> None:
    answer = file_form(**{"attribute[kinds]": "HOUSEHOLD", "attribute[seen]": "true"})
    case = Case.objects.get()
    assert (answer.status_code, read_values([case.pk])[case.pk]) == (201, {"kinds": ["HOUSEHOLD"]})
    assert "看到是谁倒的吗" in answer.json()[0]["service_notice"]


def test_a_list_of_choices_may_be_one_value_with_commas(file_form: Filing) -> None:
    file_form(**{"attribute[kinds]": "RUBBLE,HOUSEHOLD"})
    case = Case.objects.get()
    assert read_values([case.pk])[case.pk]["kinds"] == ["HOUSEHOLD", "RUBBLE"]
