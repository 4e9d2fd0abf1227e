"""A rule that cannot be computed for a record: a fault of that record in words, wherever rules are computed."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from jiedao.audit.models import Entry
from jiedao.desk.tests.conftest import SignedIn
from jiedao.desk.tests.test_register_pages import typed
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.actions.grading import override_grade
from jiedao.registers.actions.records import add_record
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.commands import register_group
from jiedao.registers.definition import Rule
from jiedao.registers.importing.actions import SheetFile, check_sheet
from jiedao.registers.jobs import regrade_all
from jiedao.registers.models import Record, Register
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.parts import HOUSES, declare
from jiedao.registers.tests.sheets import G1, house_row, workbook
from jiedao.testing.cast import Town

NEW, GRADES = "/desk/registers/houses/new/", "/desk/registers/houses/grades/"
API = "/api/v1/registers/houses/records"
CROWDED = Rule("C", "storeys * 100 / area_m2 > 10", "层多面积小", "Many storeys on a small area")
WORDS = "定级规则“层多面积小”算不出：“storeys * 100 / area_m2”除以 0：area_m2 (面积) 是 0"


@pytest.fixture(autouse=True)
def _july() -> Any:
    with clock.at(datetime(2020, 7, 10, 2, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def houses(town: Town) -> RegisterInfo:
    post = town.posts["shift"]
    post.permissions = [
        *post.permissions,
        *(f"registers.record:{verb}" for verb in ("view", "edit", "grade")),
    ]
    post.save()
    forget_all()
    return declare(replace(HOUSES, rules=()))


def add_house(info: RegisterInfo, code: str, area: float | None) -> Record:
    values = {"use": "HOME", "storeys": 9, "area_m2": area}
    data = RecordInput(code=code, name=f"{code}号楼", area=G1, values=values)
    return add_record(actor=make_system_actor(), info=info, data=data)


def declare_crowded(houses: RegisterInfo) -> RegisterInfo:
    """Add three records, then the rule: one it cannot be computed for, one it grades, one without the value."""
    for code, area in (("H0", 0), ("H1", 50), ("H2", None)):
        add_house(houses, code, area)
    return declare(replace(HOUSES, rules=(CROWDED,)))


def test_the_command_lists_the_records_and_grades_the_others(houses: RegisterInfo) -> None:
    declare_crowded(houses)
    result = CliRunner().invoke(register_group, ["regrade", "houses", "--apply"])
    assert result.exit_code == 0
    assert f"! H0 H0号楼 {WORDS}" in result.stderr
    assert "1 条有规则算不出，等级不变；" in result.stdout
    grades = {row.code: (row.grade, row.grade_note["missing"]) for row in Record.objects.all()}
    assert grades == {"H0": ("A", []), "H1": ("C", []), "H2": ("A", ["area_m2"])}
    document = json.loads(CliRunner().invoke(register_group, ["regrade", "houses", "--json"]).stdout)
    assert (document["faulty"], document["faults"][0]["code"]) == (1, "H0")
    assert Entry.objects.get(action="registers.record:regrade").after["faulty"] == 1


def test_the_job_leaves_the_record_as_it_is(houses: RegisterInfo) -> None:
    days = replace(CROWDED, when="tested_days > 1 || storeys * 100 / area_m2 > 10")
    for code, area in (("H0", 0), ("H1", 50)):
        add_house(houses, code, area)
    declare(replace(HOUSES, rules=(days,)))
    assert regrade_all() == 1
    assert {row.code: row.grade for row in Record.objects.all()} == {"H0": "A", "H1": "C"}


def test_the_page_lists_the_records(houses: RegisterInfo, signed_in: SignedIn) -> None:
    declare_crowded(houses)
    client = signed_in("shift")
    page = client.get(GRADES)
    assert page.status_code == 200
    words = page.content.decode()
    assert "1 条有规则算不出，等级保持不变" in words
    assert WORDS in words
    client.post(GRADES, {"stamp": page.context["plan"].stamp})
    assert {row.code: row.grade for row in Record.objects.all()} == {"H0": "A", "H1": "C", "H2": "A"}


def test_the_form_marks_the_field(town: Town, houses: RegisterInfo, signed_in: SignedIn) -> None:
    declare_crowded(houses)
    client = signed_in("shift")
    values = {"v_use": "HOME", "v_storeys": "9", "v_area_m2": "0"}
    area = str(town.areas["G1"].pk)
    answer = client.post(NEW, typed(client.get(NEW), name="九号楼", code="H9", area=area, **values))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["v_storeys"]
    assert WORDS in answer.content.decode()
    assert Record.objects.count() == 3


def test_a_sheet_marks_the_cell(houses: RegisterInfo, tmp_path: Path) -> None:
    info = declare_crowded(houses)
    rows = [house_row(7, 面积=0), house_row(8, 面积=50)]
    account = check_sheet(make_system_actor(), info, SheetFile(workbook(tmp_path / "a.xlsx", rows)))
    ((number, reasons),) = account.reasons.items()
    assert number == 3
    assert any(WORDS in str(reason) for reason in reasons)
    assert account.refused == 1


def test_a_grade_by_hand_states_why_it_cannot_be_set(houses: RegisterInfo) -> None:
    declare_crowded(houses)
    record = Record.objects.get(code="H0")
    with pytest.raises(UserError, match="算不出"):
        override_grade(
            actor=make_system_actor(),
            record_id=record.pk,
            grade="C",
            reason="现场看过",
            until=date(2020, 8, 1),
        )


def test_a_stored_rule_that_an_earlier_version_accepted_is_named(
    houses: RegisterInfo, signed_in: SignedIn, tmp_path: Path
) -> None:
    add_house(houses, "H1", 50)
    row = Register.objects.get(key="houses")
    rule = {"grade": "C", "when": "storeys < '2010'", "because": "旧", "because_en": ""}
    row.definition = {**row.definition, "rules": [rule]}
    row.save()
    forget_all()
    info = register_info("houses")
    assert info is not None
    words = "有一条定级规则写错了：第 11 个字符：storeys 是一个数，'2010' 是一段文字，不能比较"
    with pytest.raises(UserError, match=words):
        check_sheet(make_system_actor(), info, SheetFile(workbook(tmp_path / "a.xlsx", [house_row(7)])))
    page = signed_in("shift").get(GRADES)
    assert page.status_code == 422
    assert "写错了" in page.content.decode()
    result = CliRunner().invoke(register_group, ["regrade", "houses"])
    assert isinstance(result.exception, UserError)
    assert regrade_all() == 0
    assert signed_in("shift").get("/desk/registers/houses/").status_code == 200
