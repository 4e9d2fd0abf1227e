"""Questions of a category in the browser: they appear with the category, branch by the answers, and survive a draft."""

import itertools
from typing import Any

import pytest
from playwright.sync_api import expect

from jiedao.cases.models import Case, Question
from jiedao.cases.questions import get_answers
from jiedao.cases.questions.conditions import build_environment, compile_condition, export_condition
from jiedao.kernel.expressions import ComputingFault, Expression
from jiedao.testing.cast import Town
from jiedao.testing.questions import add_questions
from tests.browser.pages import Site

pytestmark = pytest.mark.django_db(transaction=True)

CONDITIONS = (
    "'RUBBLE' in kinds",
    "!('RUBBLE' in kinds)",
    "has(kinds) && kinds.size() == 2",
    "size >= 2.5 || seen",
    "size / 2 > 1 && !seen",
    "size % 2 == 1",
    "10 / size > 3",
    "-size < -2",
    "seen ? size > 1 : has(remark)",
    "remark.contains('湖') || remark.startsWith('东') || remark.endsWith('西')",
    "size(remark) > 3 && remark != '翠湖'",
    "since < '2026-05-04'",
    "int(size) == 2 || double(size) == 3",
    "(size > 1) == seen",
    "size in [1, 3] && has(since)",
)
VALUES: dict[str, tuple[Any, ...]] = {
    "kinds": (None, ["RUBBLE"], ["HOUSEHOLD", "RUBBLE"], ["HOUSEHOLD"]),
    "size": (None, 0, 1, 2.5, 3),
    "seen": (None, True, False),
    "since": (None, "2026-05-03", "2026-05-04"),
    "remark": (None, "翠湖", "东门𠮷湖", "路西"),
}


def test_questions_branch_and_the_answers_are_filed_and_corrected(site: Site, town: Town) -> None:
    add_questions(town)
    page = site.page
    site.be("registrar")
    site.open("/desk/cases/new/")
    page.locator("#id_detail").fill("路边有一堆垃圾没人管")
    page.locator("#id_category").select_option(str(town.categories["RUBBISH"].pk))
    expect(page.get_by_text("是什么垃圾？")).to_be_visible()
    seen, by = page.get_by_role("group", name="看到是谁倒的吗？"), page.get_by_label("倾倒人的特征")
    expect(seen).to_be_hidden()
    page.get_by_label("建筑垃圾").check()
    seen.get_by_label("是").check()
    by.fill("白色面包车")
    page.get_by_label("占地").fill("12")
    # Another answer hides what follows from it, and its words are not sent.
    page.get_by_label("建筑垃圾").uncheck()
    page.get_by_label("生活垃圾").check()
    expect(by).to_be_hidden()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#answers")).to_contain_text("生活垃圾")
    case = Case.objects.get()
    assert [(row.key, row.text) for row in get_answers(case)] == [
        ("kinds", "生活垃圾"),
        ("size", "12 平方米"),
    ]
    site.open(f"/desk/cases/{case.number}/?move=ANSWER_QUESTIONS")
    expect(page.get_by_label("生活垃圾")).to_be_checked()
    expect(page.get_by_role("group", name="看到是谁倒的吗？")).to_be_hidden()
    page.get_by_label("建筑垃圾").check()
    page.get_by_role("group", name="看到是谁倒的吗？").get_by_label("否").check()
    page.get_by_role("button", name="填写具体情况", exact=True).click()
    expect(page.locator("#answers")).to_contain_text("生活垃圾、建筑垃圾")


def test_a_page_without_script_asks_everything_and_the_server_decides(plain_site: Site, town: Town) -> None:
    add_questions(town)
    page = plain_site.page
    plain_site.be("registrar")
    plain_site.open("/desk/cases/new/")
    page.locator("#id_detail").fill("路边有一堆垃圾没人管")
    page.locator("#id_category").select_option(str(town.categories["RUBBISH"].pk))
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("这一类还要问几件事")).to_be_visible()
    page.get_by_label("生活垃圾").check()
    page.get_by_label("倾倒人的特征").fill("白色面包车")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#answers")).to_contain_text("生活垃圾")
    assert [row.key for row in get_answers(Case.objects.get())] == ["kinds"]


def test_the_script_and_the_server_evaluate_conditions_alike(site: Site, town: Town) -> None:
    add_questions(town)
    names = build_environment(Question.objects.filter(key__in=VALUES))
    expressions = [compile_condition(text, names) for text in CONDITIONS]
    answers = [dict(zip(VALUES, values, strict=True)) for values in itertools.product(*VALUES.values())]
    site.open("/accounts/sign-in/")
    decided = site.page.evaluate(
        """async ([conditions, answers]) => {
            const { compute } = await import("/static/js/questions.js");
            return conditions.map((condition) => answers.map((row) => compute(condition, row) === true));
        }""",
        [[export_condition(expression) for expression in expressions], answers],
    )
    for expression, results in zip(expressions, decided, strict=True):
        expected = [_holds(expression, row) for row in answers]
        differing = [row for row, one, other in zip(answers, results, expected, strict=True) if one != other]
        assert differing == [], expression.text


def _holds(expression: Expression, answers: dict[str, Any]) -> bool:
    try:
        return expression.holds(answers)
    except ComputingFault:
        return False
