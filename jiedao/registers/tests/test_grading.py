"""Grades by rules and by hand, with their reasons, and grading a complete register again."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.kernel.expressions import ExpressionFault
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.actions.grading import apply_regrade, end_override, override_grade, plan_regrade
from jiedao.registers.actions.records import add_record, change_record
from jiedao.registers.commands import register_group
from jiedao.registers.definition import Rule
from jiedao.registers.grading import Grader
from jiedao.registers.jobs import regrade_all
from jiedao.registers.models import Record, RecordVersion
from jiedao.registers.rows import STANDARD_FIELDS, RecordInput
from jiedao.registers.tests.parts import HOUSES, declare, settled_houses
from jiedao.registers.tests.sheets import G1
from jiedao.testing.cast import Town

TODAY = date(2020, 6, 30)


@pytest.mark.parametrize(
    ("values", "grade", "reasons", "missing"),
    [
        ({"storeys": 8, "second_exit": False, "use": "SHOP", "tested": "2020-01-01"}, "C", 2, ()),
        ({"storeys": 6, "second_exit": False, "use": "HOME", "tested": "2019-06-29"}, "B", 1, ()),
        ({"storeys": 6, "second_exit": True, "use": "SHOP", "tested": "2019-07-01"}, "A", 0, ()),
        ({"second_exit": False, "use": "SHOP"}, "C", 1, ("storeys", "tested")),
        ({}, "A", 0, ("storeys", "second_exit", "use", "tested")),
    ],
)
def test_most_serious_grade_with_a_matching_rule_wins(
    values: dict[str, Any], grade: str, reasons: int, missing: tuple[str, ...]
) -> None:
    graded = Grader(settled_houses()).grade(values, TODAY)
    assert (graded.grade, len(graded.rules), graded.missing) == (grade, reasons, missing)


def test_reasons_are_stored_in_both_languages() -> None:
    graded = Grader(settled_houses()).grade({"storeys": 8, "second_exit": False, "use": "HOME"}, TODAY)
    assert graded.note() == {
        "why": ["七层以上，无第二出口"],
        "why_en": ["Seven storeys or more, no second exit"],
        "missing": ["tested"],
    }


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("storeys >=", ">= 后面少了一个值"),
        ("floors > 3", "没有“floors”这个名称"),
        ("owner == ''", "不能用 owner：个人信息"),
        ("storeys < '7'", "不能比较"),
        ("storeys", "结果是一个数"),
    ],
)
def test_unusable_rule_is_refused(when: str, words: str) -> None:
    with pytest.raises(ExpressionFault, match=words):
        Grader(replace(settled_houses(), rules=(Rule("C", when, "因为"),)))


def test_register_without_grades_gives_no_grade() -> None:
    assert Grader(replace(HOUSES, grades=(), rules=())).grade({"storeys": 8}, TODAY).grade == ""


def _grades_by_code() -> dict[str, Any]:
    return {
        record.code: (record.grade, record.version, record.grade_note.get("override", {}).get("computed"))
        for record in Record.objects.all()
    }


def test_regrade_writes_exactly_what_the_plan_showed(town: Town) -> None:
    first_info = declare(replace(HOUSES, rules=HOUSES.rules[:1]))
    actor = make_system_actor()
    with clock.at(datetime(2020, 6, 30, 4, 0, tzinfo=UTC)):
        for code, storeys in (("H1", 8), ("H2", 3), ("H3", 8)):
            values = {"use": "SHOP", "storeys": storeys, "second_exit": code == "H3"}
            add_record(
                actor=actor, info=first_info, data=RecordInput(code=code, name=code, area=G1, values=values)
            )
        info = declare()
        plan = plan_regrade(actor, info)
        assert (plan.graded, dict(plan.moves), plan.reasons) == (3, {("A", "C"): 1}, 2)
        assert [(change.code, change.why) for change in plan.sample] == [("H2", ("商铺无第二出口",))]
        assert RecordVersion.objects.count() == 0

        before = Record.objects.get(code="H3")
        keep = frozenset({*STANDARD_FIELDS, "active"})
        change_record(
            actor=actor, record_id=before.pk, data=RecordInput(values={"storeys": 9}, keep=keep), why="复核"
        )
        with pytest.raises(Stale):
            apply_regrade(actor=actor, info=info, plan=plan)
        apply_regrade(actor=actor, info=info, plan=plan_regrade(actor, info))
        assert _grades_by_code() == {"H1": ("C", 2, None), "H2": ("C", 2, None), "H3": ("A", 2, None)}
        assert RecordVersion.objects.get(code="H2").grade == "A"
        assert plan_regrade(actor, info).changes == 0
    entry = Entry.objects.get(action="registers.record:regrade")
    assert entry.after["moves"] == [{"from": "A", "to": "C", "count": 1}]


def test_override_is_in_force_until_its_last_day(town: Town) -> None:
    info, actor = declare(), make_system_actor()
    with clock.at(datetime(2020, 6, 30, 4, 0, tzinfo=UTC)):
        values = {"use": "HOME", "storeys": 8, "second_exit": False}
        record = add_record(
            actor=actor, info=info, data=RecordInput(code="H1", name="H1", area=G1, values=values)
        )
        for change in (
            {"grade": "D"},
            {"reason": "x"},
            {"until": date(2020, 6, 29)},
            {"until": date(2022, 1, 1)},
        ):
            override: dict[str, Any] = {"grade": "B", "reason": "正在加建出口", "until": date(2020, 7, 10)}
            with pytest.raises(UserError):
                override_grade(actor=actor, record_id=record.pk, **(override | change))
        with pytest.raises(NotAllowed):
            override_grade(actor=town.actor("handler"), record_id=record.pk, **override)
        override_grade(actor=actor, record_id=record.pk, **override)
        assert _grades_by_code() == {"H1": ("B", 2, "C")}
        assert plan_regrade(actor, info).changes == 0
    with clock.at(datetime(2020, 7, 10, 4, 0, tzinfo=UTC)):
        assert regrade_all() == 0
    with clock.at(datetime(2020, 7, 11, 4, 0, tzinfo=UTC)):
        assert regrade_all() == 1
        assert _grades_by_code() == {"H1": ("C", 3, None)}
        override_grade(actor=actor, record_id=record.pk, **(override | {"until": date(2020, 7, 12)}))
        end_override(actor=actor, record_id=record.pk, reason="出口已建成")
        assert _grades_by_code() == {"H1": ("C", 5, None)}


def test_command_applies_the_plan_with_apply(town: Town) -> None:
    declare()
    result = CliRunner().invoke(register_group, ["regrade", "houses", "--apply", "--json"])
    assert (result.exit_code, json.loads(result.stdout)["applied"]) == (0, True)
