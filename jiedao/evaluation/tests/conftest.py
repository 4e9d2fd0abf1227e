"""A town whose units are scored in June by a sheet of three items over its cases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from jiedao.cases.flow import State
from jiedao.evaluation.models import APPEAL, DECIDE, PUBLISH, VIEW, ScoreSheet, SheetItem, SheetVersion
from jiedao.indicators.models import Measure, Theme
from jiedao.kernel import clock
from jiedao.testing.cast import Town, make_cases, make_town

HANDLED_AT = datetime(2020, 6, 10, 2, tzinfo=UTC)
DUE_AT = datetime(2020, 6, 20, 4, tzinfo=UTC)
NOW = datetime(2020, 7, 2, 2, tzinfo=UTC)  # a Thursday
GRADES = [
    {"label": "优", "label_en": "Excellent", "least": 90, "tone": "good"},
    {"label": "差", "least": 0, "tone": "bad"},
]
RIGHTS = {
    "handler": [VIEW, APPEAL],
    "water": [VIEW, APPEAL],
    "leader": [VIEW, DECIDE],
    "shift": [VIEW, DECIDE, PUBLISH],
    "supervisor": [VIEW, PUBLISH],
}


def declare_measure(key: str, kind: str, spec: dict[str, Any], **columns: Any) -> Measure:
    """Return a stored measure that is split by unit and area."""
    theme, _created = Theme.objects.get_or_create(key="test", defaults={"name": "测试"})
    defaults = {"name": key, "meaning": "测试用", "unit_label": "件", "splits": ["area", "unit"]}
    return Measure.objects.create(key=key, theme=theme, kind=kind, spec=spec, **{**defaults, **columns})


def add_item(version: SheetVersion, key: str, rule: dict[str, Any], **spec: Any) -> SheetItem:
    """Return a stored item of a version."""
    return SheetItem.objects.create(
        version=version,
        key=key,
        name=f"项目{key}",
        name_en=f"Item {key}",
        spec={"rule": rule, **spec},
        position=version.items.count(),
    )


def declare_sheet(subject: str = "unit", key: str = "units", **spec: Any) -> SheetVersion:
    """Return the first version of a new sheet, without items."""
    sheet = ScoreSheet.objects.create(
        key=key, name="办件考评", name_en="Casework", subject=subject, period="month"
    )
    return SheetVersion.objects.create(
        sheet=sheet,
        key="2020",
        from_date=date(2020, 1, 1),
        total=Decimal(100),
        digits=2,
        appeal_days=3,
        spec={"grades": GRADES, **spec},
    )


@pytest.fixture(autouse=True)
def _july() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def scored_town(db: None) -> Town:
    """Return the cast with cases due in June: URBAN handled 3 of 4, WATER 1 of 1, and CLEAN had none."""
    town = make_town("Yunxi-test-2020")
    handled = {
        "state": State.CLOSED.value,
        "handled_at": HANDLED_AT,
        "handled_on_time": True,
        "handle_due_at": DUE_AT,
        "reported_at": HANDLED_AT,
        "unit": "URBAN",
    }
    late = {**handled, "state": State.HANDLING.value, "handled_at": None, "handled_on_time": None}
    make_cases(town, [handled, handled, handled, late, {**handled, "unit": "WATER", "grid": "G3"}])
    for username, rights in RIGHTS.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *rights, "cases.board:view"]
        post.save()
    return town


@pytest.fixture
def measures(scored_town: Town) -> None:
    """Declare the measures of the sheet."""
    declare_measure("due", "amount", {"spec": {"source": "cases", "measure": "due"}})
    declare_measure("pending", "amount", {"spec": {"source": "cases", "measure": "pending"}}, better="less")
    declare_measure(
        "rate",
        "rate",
        {
            "numerator": {"source": "cases", "measure": "handled"},
            "denominator": {"source": "cases", "measure": "due"},
            "denominator_name": "应处置",
        },
        unit_label="%",
        digits=1,
        better="more",
    )


@pytest.fixture
def version(measures: None) -> SheetVersion:
    """Return a version with 60 points for the rate, 30 for what is not pending and 10 given by a person."""
    version = declare_sheet(only=["URBAN", "WATER", "CLEAN"])
    add_item(version, "rate", {"rule": "rate", "points": 60}, values={"value": "rate"})
    add_item(version, "open", {"rule": "deduct", "points": 30, "per": 5}, values={"value": "pending"})
    add_item(version, "other", {"rule": "manual", "points": 10}, missing="full")
    return version
