"""Faults of `questions.toml`, and applying questions."""

import pytest

from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.models import Case, Category, Question
from jiedao.cases.questions import get_answers, list_questions
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.tests.tiny import TinyPack

KINDS = """[[question]]
key = "kinds"
kind = "MATTER"
categories = ["06010"]
name = "是什么垃圾？"
type = "choice"
required = true
choices = { HOME = ["生活垃圾", "Household"], RUBBLE = "建筑垃圾" }
"""
SIZE = """
[[question]]
key = "size"
kind = "MATTER"
majors = ["06"]
name = "多大？"
type = "number"
unit = "平方米"
"""
SEEN = """
[[question]]
key = "seen"
kind = "MATTER"
categories = ["06010"]
name = "看到是谁倒的吗？"
type = "bool"
when = "kinds == 'RUBBLE' && size > 1"
"""


def apply(tiny: TinyPack) -> None:
    pack, report = check_pack(tiny.folder)
    assert report.passed, report.errors
    apply_pack(pack=pack, actor=make_system_actor())


def find_category(code: str) -> int:
    return Category.objects.get(kind="MATTER", code=code).pk


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        (KINDS + KINDS, "duplicate", 10),
        (KINDS.replace("06010", "06999"), "dangling", 4),
        (KINDS.replace('"choice"', '"chooice"'), "bad-value", 6),
        (KINDS.replace('"choice"', '"text"'), "bad-value", 8),
        (KINDS.replace('"kinds"', '"Kinds!"'), "bad-value", 2),
        (KINDS.replace('RUBBLE = "建筑垃圾"', 'RUBBLE = "生活垃圾"'), "duplicate", 8),
        (KINDS + "personal = true\n", "bad-value", 9),
        (KINDS + SIZE.replace('"number"', '"text"'), "bad-value", 16),
        (KINDS + SIZE + "least = 5\nmost = 1\n", "bad-value", 17),
        (KINDS + SIZE + SEEN.replace("'RUBBLE'", "'RUBBEL'"), "expression", 24),
        (KINDS + SIZE + SEEN.replace("size > 1", "seen"), "expression", 24),
        (SEEN + KINDS + SIZE, "expression", 8),
        ('[[question]]\nkey = "x"\nname = "什么？"\n', "missing-key", 1),
    ],
)
def test_a_mistake_in_the_questions_is_reported_at_its_line(
    tiny: TinyPack, lines: str, code: str, line: int
) -> None:
    tiny.write("questions.toml", lines)
    faults = {(fault.code, fault.line) for fault in tiny.report().errors if fault.file == "questions.toml"}
    assert (code, line) in faults


def test_a_question_whose_condition_is_not_asked_everywhere_is_a_warning(tiny: TinyPack) -> None:
    tiny.write("questions.toml", KINDS + SIZE + SEEN.replace('categories = ["06010"]', 'majors = ["06"]'))
    report = tiny.report()
    assert report.passed
    assert [(fault.code, fault.line) for fault in report.warnings] == [("never-asked", 24)]


@pytest.mark.django_db
def test_applied_questions_belong_to_their_categories_and_removed_ones_are_retired(tiny: TinyPack) -> None:
    tiny.write("questions.toml", KINDS + SIZE + SEEN)
    apply(tiny)
    assert [row.key for row in list_questions(find_category("06010"))] == ["kinds", "size", "seen"]
    assert [row.key for row in list_questions(find_category("06001"))] == ["size"]
    tiny.write("questions.toml", SIZE)
    apply(tiny)
    assert [row.key for row in list_questions(find_category("06010"))] == ["size"]
    assert list(Question.objects.filter(active=True).values_list("key", flat=True)) == ["size"]


@pytest.mark.django_db
def test_answers_stay_readable_when_a_choice_is_removed_and_its_type_cannot_change(tiny: TinyPack) -> None:
    tiny.write("questions.toml", KINDS + SIZE)
    apply(tiny)
    new = NewCase("WEB", "垃圾", "一堆垃圾", category_id=find_category("06010"), answers={"kinds": "RUBBLE"})
    case = Case.objects.get(pk=file_case(new, actor=make_system_actor()).id)
    tiny.write("questions.toml", KINDS.replace(', RUBBLE = "建筑垃圾"', "") + SIZE)
    apply(tiny)
    assert [answer.text for answer in get_answers(case)] == ["建筑垃圾"]
    assert [row.code for row in list_questions(case.category_id)[0].offered_choices] == ["HOME"]
    tiny.write("questions.toml", KINDS.replace('"choice"', '"choices"') + SIZE)
    pack, report = check_pack(tiny.folder)
    assert report.passed
    with pytest.raises(UserError):
        apply_pack(pack=pack, actor=make_system_actor())
