"""The town of these tests: a register of works, measures over it, and people who write and sign reports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import translation

from jiedao.indicators.figure import TOWN
from jiedao.indicators.models import Measure, Target
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.actions.records import add_record, change_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Anchor, Definition, Field, FieldKind
from jiedao.registers.models import Record
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.parts import HOUSES, declare
from jiedao.reports.actions.writing import begin_report
from jiedao.reports.models import EDIT, SIGN, VIEW, Report, ReportTemplate
from jiedao.reports.tests import plans
from jiedao.reports.tests.form_parts import add_house, prepare_town
from jiedao.testing.cast import Town, make_town

JULY = datetime(2020, 7, 1, 2, tzinfo=UTC)
WORKS = Definition(
    key="works",
    name="违建",
    on=Anchor.TOWN,
    fields=(
        Field("gone", "已拆除", FieldKind.BOOL, filter=True),
        Field("area_m2", "面积", FieldKind.NUMBER, unit="平方米"),
    ),
)
TEXT = """# {{ place }}{{ period }}工作月报

## 一、违建

{% set area = "works.area" %}
拆除违建{{ figure("works.gone") }}，面积{{ figure(area, say="超", to=500) }}，完成任务的{{ completion(area) }}。

{{ table("works.gone", "works.area", caption="违建") }}
"""


@dataclass
class ReportTown:
    """The cast with a template "monthly" and records in a register of works."""

    town: Town
    template: ReportTemplate
    records: list[Record]

    def change_area(self, area_m2: float) -> None:
        """Correct the area of the first record, from 1 July on back to its first day."""
        record = self.records[0]
        change_record(
            actor=make_system_actor(),
            record_id=record.pk,
            data=RecordInput(
                record.code, record.name, on=date(2020, 6, 2), values={"gone": True, "area_m2": area_m2}
            ),
            why="复测",
        )


def declare_works() -> list[Record]:
    """Declare the register and measures over it, and add three records, two of them gone."""
    info = declare(WORKS)
    records = [
        add_record(
            actor=make_system_actor(),
            info=info,
            data=RecordInput(code, "棚", on=date(2020, 6, 1), values={"gone": gone, "area_m2": area}),
        )
        for code, gone, area in (("W1", True, 300), ("W2", True, 240), ("W3", False, 90))
    ]
    gone: dict[str, Any] = {"source": "register", "register": "works", "where": {"gone": True}}
    declare_measure("works.gone", "amount", {"spec": gone}, unit_label="处", name="拆除违建", splits=[])
    area = declare_measure(
        "works.area",
        "amount",
        {"spec": {**gone, "sum": "area_m2"}},
        unit_label="平方米",
        name="拆除面积",
        splits=[],
    )
    declare_measure(
        "works.rate",
        "rate",
        {
            "numerator": gone,
            "denominator": {"source": "register", "register": "works"},
            "denominator_name": "在册违建",
        },
        unit_label="%",
        digits=1,
    )
    Target.objects.create(
        measure=area, first_date=date(2020, 6, 1), last_date=date(2020, 6, 30), value=600, source="区下达"
    )
    return records


def grant_report_rights(town: Town) -> None:
    """Let handler and shift write, shift and leader sign, grid1 read."""
    rights = {"handler": [VIEW, EDIT], "shift": [VIEW, EDIT, SIGN], "leader": [VIEW, SIGN], "grid1": [VIEW]}
    for username, added in rights.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *added]
        post.save()


def make_report_town() -> ReportTown:
    """Make the town; the clock must be at JULY."""
    town = make_town()
    grant_report_rights(town)
    forget_all()
    records = declare_works()
    template = ReportTemplate.objects.create(key="monthly", name="月报", period_kind="month", text=TEXT)
    return ReportTown(town, template, records)


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Read Chinese messages, whatever language a test before has used."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture
def report_town(db: None) -> Iterator[ReportTown]:
    """The town on 1 July 2020."""
    with clock.at(JULY):
        yield make_report_town()


@pytest.fixture
def town(db: None) -> Town:
    """The town of the tests of forms."""
    return prepare_town()


@pytest.fixture
def houses(town: Town) -> RegisterInfo:
    """The register of buildings to let, with three records."""
    info = declare(HOUSES)
    for code, storeys, grid in (("H1", 7, "G1"), ("H2", 3, "G1"), ("H3", 5, "G3")):
        add_house(info, code, storeys, grid=grid)
    return info


@pytest.fixture
def plan_town(report_town: ReportTown) -> ReportTown:
    """The town, with a plan in its template, and rights on promises for handler and leader."""
    rights = {
        "handler": (
            "projects.promise:view",
            "projects.promise:edit",
            "projects.project:view",
            "projects.project:add",
        ),
        "leader": ("projects.promise:view", "projects.promise:confirm"),
    }
    for username, added in rights.items():
        post = report_town.town.posts[username]
        post.permissions = [*post.permissions, *added]
        post.save()
    forget_all()
    report_town.template.text = plans.TEXT
    report_town.template.save()
    return report_town


@pytest.fixture
def report(plan_town: ReportTown) -> Report:
    """The report of June."""
    return begin(plan_town, plans.JUNE)


def begin(plan_town: ReportTown, period: Any) -> Report:
    return begin_report(
        actor=plan_town.town.actor("handler"), template=plan_town.template, period=period, place=TOWN
    )


def keep_works_since(day: str) -> None:
    """State that removed works are recorded from a day on, so that a month without any has 0."""
    measure = Measure.objects.get(key="works.gone")
    measure.spec = {**measure.spec, "since": day}
    measure.save()
