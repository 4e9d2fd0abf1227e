"""Projects of a pack: what is checked, how a plan shows a change, and what applying leaves unchanged."""

from datetime import date, datetime

import pytest

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.comparing import Item
from jiedao.kernel.packs.plan import Plan
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.tiny import TOWN, TinyPack
from jiedao.projects.actions.reporting import report_progress, set_money
from jiedao.projects.models import Project, ProjectMoney, Task

PARK = f"""[[project_kind]]
code = "park"
name = "公园"

[[project_measure]]
code = "spaces"
name = "停车位"
unit = "个"

[[project]]
key = "east-park"
kind = "park"
name = "东公园"
unit = "CG"
area = "{TOWN}001"
premise = "P1"
start = 2026-09-01
completion = 2026-12-30
facts = {{ spaces = 40 }}

[[task]]
project = "east-park"
code = "build"
name = "施工"
level = "STAGE"

[[task]]
project = "east-park"
code = "ground"
name = "土方"
parent = "build"
duration = 10
unit = "SQ1"

[[task]]
project = "east-park"
code = "trees"
name = "种树"
parent = "build"
duration = 5

[[link]]
project = "east-park"
before = "ground"
after = "trees"

[[money]]
project = "east-park"
month = 2026-10-01
budget = 120000.5

[[permit]]
project = "east-park"
code = "land"
name = "用地批复"
due = 2026-09-10
"""


@pytest.fixture
def park(tiny: TinyPack) -> TinyPack:
    """Return the tiny pack with one project."""
    tiny.write("projects.toml", PARK)
    return tiny


def faults(tiny: TinyPack) -> list[tuple[int, str]]:
    errors = sorted(tiny.report().errors)
    assert {fault.file for fault in errors} <= {"projects.toml"}
    return [(fault.line, fault.code) for fault in errors]


def items(tiny: TinyPack) -> list[Item]:
    pack, report = check_pack(tiny.folder)
    assert report.passed, report.errors
    return [item for item in make_plan(pack).items if item.kind.startswith("project")]


def apply(tiny: TinyPack) -> Plan:
    return apply_pack(pack=check_pack(tiny.folder)[0], actor=make_system_actor())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('kind = "park"', 'kind = "parc"', [(12, "dangling")]),
        ('unit = "CG"', 'unit = "CGX"', [(14, "dangling")]),
        ('premise = "P1"', 'premise = "P9"', [(16, "dangling")]),
        ("completion = 2026-12-30", "completion = 2026-08-30", [(18, "too-early")]),
        ("spaces = 40", "trees = 40", [(19, "dangling")]),
        ("spaces = 40", 'spaces = "40"', [(19, "bad-value")]),
        ('project = "east-park"\ncode = "build"', 'project = "east"\ncode = "build"', [
            (22, "dangling"), (31, "dangling"), (39, "dangling"),
        ]),
        ('code = "trees"', 'code = "ground"', [(37, "duplicate"), (45, "dangling")]),
        ('parent = "build"\nduration = 5', 'parent = "ground"\nduration = 5', [(39, "dangling")]),
        ("duration = 5", "", [(35, "bad-value")]),
        ('name = "种树"\n', "", [(35, "missing-key")]),
        ('before = "ground"', 'before = "trees"', [(45, "cycle")]),
        ('before = "ground"', 'before = "build"', [(44, "bad-value")]),
        ("month = 2026-10-01", "month = 2020-10-01", [(49, "too-early")]),
        ("budget = 120000.5", 'budget = "12万"', [(50, "bad-type")]),
    ],
)  # fmt: skip
def test_a_fault_is_reported_with_its_line(
    park: TinyPack, old: str, new: str, expected: list[tuple[int, str]]
) -> None:
    park.edit("projects.toml", old, new)
    assert faults(park) == expected


@pytest.mark.django_db
def test_applying_again_leaves_reported_progress_unchanged(park: TinyPack) -> None:
    created = {(item.action, item.kind, item.key) for item in items(park)}
    assert created == {
        ("create", "project_kind", "park"),
        ("create", "project_measure", "spaces"),
        ("create", "project", "east-park"),
    }
    apply(park)
    assert items(park) == []
    project = Project.objects.get()
    assert (project.unit.code, project.premise.code, project.facts) == ("CG", "P1", {"spaces": 40})
    with clock.at(datetime(2026, 9, 8, 12, tzinfo=clock.TOWN_TZ)):
        for code in ("ground", "trees"):
            report_progress(
                actor=make_system_actor(),
                task_id=Task.objects.get(code=code).pk,
                percent=20,
                started=date(2026, 9, 2),
            )
        set_money(
            actor=make_system_actor(),
            project_id=project.pk,
            month=date(2026, 10, 1),
            paid=ProjectMoney().paid + 7,
        )
    assert items(park) == []
    park.edit("projects.toml", "duration = 10", "duration = 12")
    park.edit(
        "projects.toml",
        PARK[PARK.index('[[task]]\nproject = "east-park"\ncode = "trees"') : PARK.index("[[money]]")],
        "",
    )
    [change] = items(park)
    assert (change.action, change.blocked) == ("change", "")
    assert change.fields == {
        "task ground duration": [10, 12],
        "task trees": ["种树", None],
        "link ground → trees FS": ["ground → trees FS", None],
    }
    assert change.note == "trees: 已有进展（20%）：停用，进展记录保留。"
    apply(park)
    assert list(Task.objects.values_list("code", "duration", "percent", "active")) == [
        ("build", 0, 0, True),
        ("ground", 12, 20, True),
        ("trees", 5, 20, False),
    ]
    assert ProjectMoney.objects.get().paid == 7
    park.edit("projects.toml", 'parent = "build"\nduration = 12', 'level = "STAGE"')
    assert [item.blocked for item in items(park)] == [
        "ground: 已有进展的任务不能改为阶段：请另设阶段，把它放在下面。"
    ]
    with pytest.raises(UserError):
        apply(park)
    park.write("projects.toml", "")
    assert {(item.action, item.kind) for item in items(park)} == {
        ("retire", "project_kind"),
        ("retire", "project_measure"),
        ("retire", "project"),
    }
    apply(park)
    assert not Project.objects.filter(active=True).exists()
    assert items(park) == []
