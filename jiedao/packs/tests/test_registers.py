"""Registers of a pack: what is checked, how a plan shows a change, and what applying leaves unchanged."""

from pathlib import Path

import pytest

from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.comparing import Item
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.tiny import TOWN, TinyPack, check_in_english
from jiedao.registers.actions.records import add_record
from jiedao.registers.catalogue import REGISTERS, register_info
from jiedao.registers.models import Register
from jiedao.registers.rows import RecordInput

HOUSES = """[register]
name = "出租屋"
name_en = "Buildings to let"
on = "grid"
unit = "CG"
read = ["COMMUNITY", "CG"]
every_days = 90

[[field]]
key = "storeys"
name = "层数"
kind = "number"
unit = "层"
whole = true
filter = true

[[field]]
key = "use"
name = "用途"
kind = "choice"
choices = { HOME = ["居住", "Dwelling"], SHOP = "商铺" }
required = true

[[grade]]
code = "C"
name = "严管类"
every_days = 30

[[grade]]
code = "A"
name = "放心类"

[[rule]]
grade = "C"
when = "storeys >= 7 && use == 'SHOP'"
because = "七层以上的商铺"

[[checklist]]
key = "fire"
name = "消防检查"

[[item]]
checklist = "fire"
key = "exit"
name = "安全出口畅通"
category = "MATTER 06010"
photo = true
"""


@pytest.fixture
def houses(tiny: TinyPack) -> TinyPack:
    """Return the tiny pack with one register."""
    (tiny.folder / "registers").mkdir()
    write(tiny, HOUSES)
    return tiny


def write(tiny: TinyPack, text: str, name: str = "houses") -> None:
    (tiny.folder / "registers" / f"{name}.toml").write_text(text, encoding="utf-8")


def faults(folder: Path) -> list[tuple[str, int, str]]:
    return [(fault.file, fault.line, fault.code) for fault in sorted(check_in_english(folder)[1].errors)]


def items(tiny: TinyPack) -> list[Item]:
    pack, report = check_in_english(tiny.folder)
    assert report.passed, report.errors
    return [item for item in make_plan(pack).items if item.kind == "register"]


def apply(tiny: TinyPack) -> None:
    apply_pack(pack=check_in_english(tiny.folder)[0], actor=make_system_actor())
    REGISTERS.forget()  # as after the commit


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ('unit = "CG"', 'unit = "CGX"', 5, "dangling"),
        ('read = ["COMMUNITY", "CG"]', 'read = ["COMUNITY"]', 6, "dangling"),
        ('on = "grid"', 'on = "register"', 4, "bad-value"),
        ('key = "storeys"', 'key = "Storeys"', 10, "bad-value"),
        ('key = "use"', 'key = "storeys"', 18, "duplicate"),
        ('key = "use"', 'key = "name"', 18, "bad-value"),
        ('SHOP = "商铺"', 'SHOP = 3', 21, "bad-value"),
        ('SHOP = "商铺"', 'SHOP = "居住"', 21, "duplicate"),
        ('SHOP = "商铺"', 'SHOP = "居　住"', 21, "duplicate"),
        ('SHOP = "商铺"', 'SHOP = "商铺", "ＨOME" = "自住"', 21, "duplicate"),
        ('SHOP = "商铺"', 'SHOP = ["商铺", "Dwelling "]', 21, "duplicate"),
        ("whole = true", "whole = true\npersonal = true", 16, "bad-value"),
        ("required = true", "summed = false", 22, "bad-value"),
        ('kind = "number"', 'kind = "text"', 13, "bad-value"),
        ("grade = \"C\"", 'grade = "D"', 34, "dangling"),
        ("storeys >= 7", "stories >= 7", 35, "expression"),
        ("storeys >= 7 &&", "storeys >= && ", 35, "expression"),
        ('category = "MATTER 06010"', 'category = "MATTER 99999"', 46, "dangling"),
        ('checklist = "fire"', 'checklist = "water"', 39, "missing-key"),
        ('checklist = "fire"', 'checklist = "water"', 43, "dangling"),
    ],
)  # fmt: skip
def test_a_fault_is_reported_with_its_line(
    houses: TinyPack, old: str, new: str, line: int, code: str
) -> None:
    write(houses, HOUSES.replace(old, new, 1))
    assert ("registers/houses.toml", line, code) in faults(houses.folder)


def test_a_category_without_its_kind_is_answered_with_both(houses: TinyPack) -> None:
    write(houses, HOUSES.replace('"MATTER 06010"', '"06010"'))
    (fault,) = check_in_english(houses.folder)[1].errors
    assert (fault.message, fault.hint) == ("no category 06010", "Write 'MATTER 06010'.")


@pytest.mark.parametrize(
    ("when", "column"),
    [
        ("100 / storeys > 3", 15),
        ("100 / (storeys - 1) > 3", 15),
        ("storeys > 0 && 100 / storeys > 3", 0),
        ("100 / storeys > 3 && storeys != 0", 0),
        ("storeys / 2 > 3", 0),
    ],
)
def test_a_division_by_what_may_be_zero_is_a_warning(houses: TinyPack, when: str, column: int) -> None:
    write(houses, HOUSES.replace("storeys >= 7 && use == 'SHOP'", when))
    _pack, report = check_in_english(houses.folder)
    divisors = [(fault.line, fault.column) for fault in report.warnings if fault.code == "divides"]
    assert (report.errors, divisors) == ([], [(35, column)] if column else [])
    write(
        houses, HOUSES.replace("storeys >= 7 && use == 'SHOP'", when).replace("whole =", "least = 2\nwhole =")
    )
    warnings = check_in_english(houses.folder)[1].warnings
    assert ("(storeys" in when) == any(fault.code == "divides" for fault in warnings)


@pytest.mark.parametrize(
    ("when", "column", "message", "hint"),
    [
        ("storeys < '2010'", 19, "storeys is a number, '2010' is a text: they cannot be compared", "2010."),
        ("use == 'SHOPS'", 16, "use has no code 'SHOPS'", "Did you mean 'SHOP'?"),
        ("use == 'SHOP' and storeys > 7", 23, "there is no operator and", "Write &&"),
        ("use == “SHOP”", 16, "“ is a Chinese quotation mark", "Write ' on both sides."),
        ("storeys", 9, "the result is a number, but true or false is needed", "storeys > 0."),
    ],
)
def test_a_rule_is_typed_by_the_fields_of_its_register(
    houses: TinyPack, when: str, column: int, message: str, hint: str
) -> None:
    write(houses, HOUSES.replace("storeys >= 7 && use == 'SHOP'", when))
    (fault,) = check_in_english(houses.folder)[1].errors
    assert (fault.file, fault.line, fault.column) == ("registers/houses.toml", 35, column)
    assert (fault.code, fault.message) == ("expression", f"when: {message}")
    assert fault.hint.endswith(hint)


def test_a_sound_register_has_no_faults_and_an_unknown_file_is_a_warning(houses: TinyPack) -> None:
    assert faults(houses.folder) == []
    (houses.folder / "registers" / "notes.txt").write_text("x", encoding="utf-8")
    assert [fault.file for fault in check_in_english(houses.folder)[1].warnings if "notes" in fault.file]


def test_registers_that_are_each_other_s_parent_are_refused(houses: TinyPack) -> None:
    register = '[register]\nname = "甲"\non = "register"\nparent = "{}"\n'
    write(houses, register.format("b"), "a")
    write(houses, register.format("a"), "b")
    assert {code for file, _line, code in faults(houses.folder)} == {"cycle"}


def test_more_filters_than_columns_are_refused(houses: TinyPack) -> None:
    more = "".join(
        f'[[field]]\nkey = "n{n}"\nname = "数{n}"\nkind = "number"\nfilter = true\n' for n in range(6)
    )
    write(houses, HOUSES + more)
    assert ("registers/houses.toml", 1, "bad-value") in faults(houses.folder)


@pytest.mark.django_db
def test_a_change_is_planned_part_by_part_and_keeps_the_values(houses: TinyPack) -> None:
    assert [(item.action, item.key) for item in items(houses)] == [("create", "houses")]
    apply(houses)
    assert items(houses) == []
    info = register_info("houses")
    assert info is not None
    record_input = RecordInput(
        code="H1", name="一号楼", area=f"{TOWN}001001", values={"storeys": "8", "use": "商铺"}
    )
    record = add_record(actor=make_system_actor(), info=info, data=record_input)
    assert record.grade == "C"
    write(
        houses,
        HOUSES.replace('key = "storeys"', 'key = "floors"\nwas = "storeys"')
        .replace("storeys >= 7", "floors >= 9")
        .replace(', SHOP = "商铺"', "")
        .replace(" && use == 'SHOP'", ""),
    )
    (item,) = items(houses)
    assert item.fields["rules C 1 when"] == ["storeys >= 7 && use == 'SHOP'", "floors >= 9"]
    assert "字段 storeys 改名为 floors。" in item.note
    assert "use 的选项 SHOP 停用" in item.note
    apply(houses)
    assert items(houses) == []
    info = register_info("houses")
    assert info is not None
    floors = info.definition.field("floors")
    assert floors is not None
    assert record.values[floors.store] == 8


@pytest.mark.django_db
def test_a_change_that_would_lose_data_refuses_the_complete_pack(houses: TinyPack) -> None:
    apply(houses)
    write(houses, HOUSES.replace('unit = "层"', 'unit = "米"'))
    (item,) = items(houses)
    assert "按“层”存，不能改为“米”" in item.blocked
    with pytest.raises(UserError, match="没有做任何改动"):
        apply(houses)


@pytest.mark.django_db
def test_a_register_that_the_pack_no_longer_contains_is_retired(houses: TinyPack) -> None:
    apply(houses)
    (houses.folder / "registers" / "houses.toml").unlink()
    (item,) = items(houses)
    assert (item.action, item.note) == ("retire", "它的 0 条记录保留，不再显示。")
    apply(houses)
    assert [(row.key, row.active) for row in Register.objects.all()] == [("houses", False)]
