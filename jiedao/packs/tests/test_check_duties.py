"""Faults of categories, expressions and the duty list, and which of its rules takes precedence."""

import pytest

from jiedao.cases.pack.duties import DutyLine, DutyList
from jiedao.kernel.packs.faults import Report
from jiedao.packs.check import check_pack
from jiedao.packs.tests.tiny import TOWN, TinyPack


def lines(tiny: TinyPack) -> dict[tuple[str, str], DutyLine]:
    """Return the resolved duty list by category code and area."""
    pack, report = check_pack(tiny.folder)
    assert report.passed, report.errors
    return {(line.code, line.area): line for line in DutyList(pack, Report()).lines}


def test_a_category_without_a_unit_is_reported_at_its_own_line(tiny: TinyPack) -> None:
    tiny.edit("duties.toml", '[[duty]]\nlead = "CG"', '[[duty]]\nkind = "MATTER"\nlead = "CG"')
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("categories.csv", 3, "no-duty")


def test_a_category_without_a_limit_is_reported(tiny: TinyPack) -> None:
    tiny.edit("duties.toml", 'handle = "3wd"\n', "")
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("categories.csv", 3, "no-limit")


def test_narrower_rules_take_precedence_over_broader_ones(tiny: TinyPack) -> None:
    duties = lines(tiny)
    assert duties["01001", ""].limits == {"ACCEPT": "2wh", "HANDLE": "3wd"}
    assert duties["06001", ""].limits["HANDLE"] == "1wd"
    assert (duties["06010", ""].lead, duties["06010", ""].limits["HANDLE"]) == ("CG", "1wd")
    line = duties["06010", f"{TOWN}001"]
    assert (line.lead, line.helpers, line.limits["HANDLE"]) == ("SQ1", ("CG",), "4wh")


def test_the_community_may_lead(tiny: TinyPack) -> None:
    tiny.append("duties.toml", '\n[[duty]]\ncategories = ["06001"]\nlead = "@community"\n')
    duties = lines(tiny)
    assert duties["06001", f"{TOWN}001"].lead == "SQ1"
    assert duties["06001", ""].lead == "CG"


def test_a_condition_chooses_categories(tiny: TinyPack) -> None:
    rule = '[[duty]]\nwhen = "category.name.contains(\'井盖\')"\nlimits = { handle = "4wh" }\n'
    tiny.append("duties.toml", f"\n{rule}")
    assert lines(tiny)["01001", ""].limits["HANDLE"] == "4wh"


def test_two_equal_rules_that_disagree_are_reported(tiny: TinyPack) -> None:
    tiny.append("duties.toml", '\n[[duty]]\nmajors = ["06"]\nlimits = { handle = "2wd" }\n')
    fault = tiny.only_error()
    assert (fault.line, fault.code) == (19, "duty-clash")
    assert "line 8" in fault.message


def test_two_equal_rules_that_agree_are_no_fault(tiny: TinyPack) -> None:
    tiny.append("duties.toml", '\n[[duty]]\nmajors = ["06"]\nlimits = { handle = "1wd", check = "1wd" }\n')
    assert tiny.report().passed


def test_a_rule_that_covers_no_category_is_a_warning(tiny: TinyPack) -> None:
    tiny.append("duties.toml", '\n[[duty]]\nkind = "COMPONENT"\nmajors = ["06"]\nlead = "CG"\n')
    assert [(fault.line, fault.code) for fault in tiny.report().warnings] == [(19, "unused")]


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("categories", '["06011"]', "06011"),
        ("majors", '["07"]', "07"),
        ("areas", '["440307014009"]', "440307014009"),
        ("helpers", '["CGG"]', "CGG"),
        ("lead", '"CGG"', "CGG"),
    ],
)
def test_a_dangling_code_in_a_rule_is_reported(tiny: TinyPack, key: str, value: str, word: str) -> None:
    tiny.append("duties.toml", f"\n[[duty]]\n{key} = {value}\n")
    faults = [fault for fault in tiny.report().errors if fault.code == "dangling"]
    assert [(fault.file, fault.line) for fault in faults] == [("duties.toml", 20)]
    assert word in faults[0].message


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("category.major ==", "a value is missing after =="),
        ("case.major == '06'", "no name 'case'"),
        ("category.mayor == '06'", "has no 'mayor'"),
        ("category.major", "the result is a text"),
        ("category.major == '99'", "no code '99'"),
        ("category.code == '99999'", "no code '99999'"),
        ("vanish(category.major)", "no function vanish"),
    ],
)
def test_a_faulty_expression_is_reported(tiny: TinyPack, expression: str, words: str) -> None:
    tiny.edit("rules.toml", "category.name.contains('垃圾')", expression)
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("rules.toml", 2, "expression")
    assert words in fault.message
    assert fault.hint


def test_a_faulty_condition_is_reported(tiny: TinyPack) -> None:
    tiny.append("duties.toml", '\n[[duty]]\nwhen = "category.("\nlead = "CG"\n')
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("duties.toml", 20, "expression")


def test_a_unit_that_leads_and_helps_at_once_is_reported(tiny: TinyPack) -> None:
    tiny.edit("duties.toml", 'helpers = ["CG"]', 'helpers = ["SQ1"]')
    assert tiny.only_error().code == "bad-value"


def test_a_category_without_its_major_category_is_reported(tiny: TinyPack) -> None:
    tiny.append("categories.csv", "MATTER,07001,小广告,Posters,,,,\n")
    fault = next(fault for fault in tiny.report().errors if fault.code == "dangling")
    assert (fault.file, fault.line) == ("categories.csv", 7)


def test_a_category_code_has_two_or_five_digits(tiny: TinyPack) -> None:
    tiny.append("categories.csv", "MATTER,061,小广告,Posters,,,,\n")
    assert "bad-category-code" in {fault.code for fault in tiny.report().errors}


def test_the_same_code_is_two_categories_in_the_two_kinds(tiny: TinyPack) -> None:
    tiny.append("categories.csv", "MATTER,01,公用设施类,,,,,\nMATTER,01001,供水井盖异常,,,,,\n")
    assert tiny.report().passed
    tiny.append("categories.csv", "MATTER,01001,供水井盖异常,,,,,\n")
    assert tiny.only_error().code == "duplicate"


def test_keywords_of_an_unknown_category_are_reported(tiny: TinyPack) -> None:
    tiny.append("keywords.toml", '"06011" = ["渣土", "余泥"]\n')
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("keywords.toml", 7, "dangling")


def test_a_category_without_keywords_is_a_warning(tiny: TinyPack) -> None:
    tiny.edit("keywords.toml", '"06001" = ["违建", "搭建"]\n', "")
    assert [(fault.line, fault.code) for fault in tiny.report().warnings] == [(5, "no-keywords")]


def test_a_missing_general_rule_is_one_fault(tiny: TinyPack) -> None:
    rows = "".join(f"MATTER,060{number},事项{number},,,,,\n" for number in range(20, 40))
    tiny.append("categories.csv", rows)
    tiny.edit("duties.toml", '[[duty]]\nlead = "CG"', '[[duty]]\nkind = "COMPONENT"\nlead = "CG"')
    fault = tiny.only_error()
    assert (fault.file, fault.code) == ("duties.toml", "no-duty")
    assert fault.message.startswith("no unit is responsible for MATTER 06001, ")
    assert fault.message.endswith(" more")
    assert fault.hint.startswith("Add a [[duty]] to duties.toml that covers MATTER 06001, ")


def test_the_name_of_a_unit_is_answered_with_its_code(tiny: TinyPack) -> None:
    tiny.edit("units.toml", 'code = "CG"', 'code = "CG"\nwas = ["CGB"]')
    tiny.append("duties.toml", '\n[[duty]]\ncategories = ["06001"]\nhelpers = ["CGB"]\n')
    assert tiny.only_error().hint == "It has become 'CG': write that."
