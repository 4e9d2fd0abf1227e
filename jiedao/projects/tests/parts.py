"""A small project of the small town, for tests of this room and those above."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from jiedao.orgs.actor import make_system_actor
from jiedao.projects.actions.declaring import declare_project
from jiedao.projects.models import Project
from jiedao.projects.plan import LinkPlan, MoneyPlan, PermitPlan, ProjectPlan, TaskPlan

# 2026-09-01 is a Tuesday. 20 September is a make-up day; 25 to 27 September and 1 to 7 October are holidays.
GARDEN_PARK = ProjectPlan(
    key="garden-park",
    kind="park",
    name="临江公园",
    name_en="Riverside Park",
    unit="URBAN",
    area="990001001001",
    premise="P001",
    leader="郑国",
    start=date(2026, 9, 1),
    completion=date(2026, 9, 24),
    facts={"spaces": 120, "land": 4500.5},
    tasks=(
        TaskPlan("prepare", "前期", "STAGE", "Preparation"),
        TaskPlan("design", "设计", parent="prepare", duration=5, unit="URBAN"),
        TaskPlan("approve", "审批", parent="prepare", duration=3, unit="RIVER"),
        TaskPlan("build", "施工", "STAGE", "Works"),
        TaskPlan("planting", "绿化种植", parent="build", duration=8, unit="CLEAN"),
        TaskPlan("open", "开放", "MILESTONE"),
    ),
    links=(
        LinkPlan("design", "approve"),
        LinkPlan("design", "planting", "SS", 2),
        LinkPlan("approve", "planting"),
        LinkPlan("planting", "open"),
    ),
    money=(
        MoneyPlan(date(2026, 9, 15), Decimal(300000)),
        MoneyPlan(date(2026, 10, 1), Decimal("120000.50")),
    ),
    permits=(PermitPlan("land", "用地批复", date(2026, 9, 10), "Land approval", "区规划分局"),),
)


def declare(plan: ProjectPlan = GARDEN_PARK, **changed: Any) -> Project:
    """Declare the project with some fields changed, and return it."""
    return declare_project(actor=make_system_actor(), plan=replace(plan, **changed)).project
