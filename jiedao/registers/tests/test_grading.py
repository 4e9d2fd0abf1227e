"""A grade with its reasons."""

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
from jiedao.orgs.actor import system
from jiedao.registers.actions.grading import apply_regrade, end_override, override_grade, plan_regrade
from jiedao.registers.actions.records import add_record, change_record
from jiedao.registers.commands import register_group
from jiedao.registers.definition import Rule
from jiedao.registers.grading import Grader
from jiedao.registers.jobs import regrade_all
from jiedao.registers.models import Record, RecordVersion
from jiedao.registers.rows import STANDARD, Given
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
def test_the_first_grade_with_a_rule_that_holds_and_why(
    values: dict[str, Any], grade: str, reasons: int, missing: tuple[str, ...]
) -> None:
    found = Grader(settled_houses()).grade(values, TODAY)
    assert (found.grade, len(found.rules), found.missing) == (grade, reasons, missing)


def test_reasons_are_kept_in_both_languages() -> None:
    found = Grader(settled_houses()).grade({"storeys": 8, "second_exit": False, "use": "HOME"}, TODAY)
    assert found.note() == {
        "why": ["七层以上，无第二出口"],
        "why_en": ["Seven storeys or more, no second exit"],
        "missing": ["tested"],
    }


@pytest.mark.parametrize(
    ("when", "words"),
    [("storeys >=", "does not compile"), ("floors > 3", "names 'floors'"), ("owner == ''", "names 'owner'")],
)
def test_a_rule_that_cannot_be_used_is_refused(when: str, words: str) -> None:
    with pytest.raises(ExpressionFault, match=words):
        Grader(replace(settled_houses(), rules=(Rule("C", when, "因为"),)))


def test_a_register_without_grades_gives_none() -> None:
    assert Grader(replace(HOUSES, grades=(), rules=())).grade({"storeys": 8}, TODAY).grade == ""


def _graded() -> dict[str, Any]:
    return {
        one.code: (one.grade, one.version, one.grade_note.get("override", {}).get("computed"))
        for one in Record.objects.all()
    }


def test_regrading_shows_first_and_writes_exactly_that(town: Town) -> None:
    old = declare(replace(HOUSES, rules=HOUSES.rules[:1]))
    actor = system()
    with clock.at(datetime(2020, 6, 30, 4, 0, tzinfo=UTC)):
        for code, storeys in (("H1", 8), ("H2", 3), ("H3", 8)):
            values = {"use": "SHOP", "storeys": storeys, "second_exit": code == "H3"}
            add_record(actor=actor, info=old, given=Given(code=code, name=code, area=G1, values=values))
        info = declare()
        plan = plan_regrade(actor, info)
        assert (plan.graded, dict(plan.moves), plan.reasons) == (3, {("A", "C"): 1}, 2)
        assert [(one.code, one.why) for one in plan.sample] == [("H2", ("商铺无第二出口",))]
        assert RecordVersion.objects.count() == 0

        before = Record.objects.get(code="H3")
        kept = frozenset({*STANDARD, "active"})
        change_record(
            actor=actor, record_id=before.pk, given=Given(values={"storeys": 9}, keep=kept), why="复核"
        )
        with pytest.raises(Stale):
            apply_regrade(actor=actor, info=info, plan=plan)
        apply_regrade(actor=actor, info=info, plan=plan_regrade(actor, info))
        assert _graded() == {"H1": ("C", 2, None), "H2": ("C", 2, None), "H3": ("A", 2, None)}
        assert RecordVersion.objects.get(code="H2").grade == "A"
        assert plan_regrade(actor, info).changes == 0
    entry = Entry.objects.get(action="registers.record:regrade")
    assert entry.after["moves"] == [{"from": "A", "to": "C", "count": 1}]


def test_a_grade_set_by_hand_holds_to_its_last_day_beside_the_computed_one(town: Town) -> None:
    info, actor = declare(), system()
    with clock.at(datetime(2020, 6, 30, 4, 0, tzinfo=UTC)):
        values = {"use": "HOME", "storeys": 8, "second_exit": False}
        made = add_record(actor=actor, info=info, given=Given(code="H1", name="H1", area=G1, values=values))
        for wrong in (
            {"grade": "D"},
            {"reason": "x"},
            {"until": date(2020, 6, 29)},
            {"until": date(2022, 1, 1)},
        ):
            asked: dict[str, Any] = {"grade": "B", "reason": "正在加建出口", "until": date(2020, 7, 10)}
            with pytest.raises(UserError):
                override_grade(actor=actor, record_id=made.pk, **(asked | wrong))
        with pytest.raises(NotAllowed):
            override_grade(actor=town.actor("handler"), record_id=made.pk, **asked)
        override_grade(actor=actor, record_id=made.pk, **asked)
        assert _graded() == {"H1": ("B", 2, "C")}
        assert plan_regrade(actor, info).changes == 0
    with clock.at(datetime(2020, 7, 10, 4, 0, tzinfo=UTC)):
        assert regrade_all() == 0
    with clock.at(datetime(2020, 7, 11, 4, 0, tzinfo=UTC)):
        assert regrade_all() == 1
        assert _graded() == {"H1": ("C", 3, None)}
        override_grade(actor=actor, record_id=made.pk, **(asked | {"until": date(2020, 7, 12)}))
        end_override(actor=actor, record_id=made.pk, reason="出口已建成")
        assert _graded() == {"H1": ("C", 5, None)}


def test_the_command_shows_the_plan_and_applies_it_when_told(town: Town) -> None:
    declare()
    result = CliRunner().invoke(register_group, ["regrade", "houses", "--apply", "--json"])
    assert (result.exit_code, json.loads(result.stdout)["applied"]) == (0, True)
