"""The town of these tests, with people who may work on figures, and measures over its cases."""

from datetime import UTC, datetime
from typing import Any

import pytest

from jiedao.cases.flow import State
from jiedao.indicators.models import CONFIRM, ENTER, VIEW, Measure, Theme
from jiedao.testing.cast import Town, make_cases, make_town

DAY = datetime(2020, 6, 10, 2, tzinfo=UTC)
NOON = datetime(2020, 6, 20, 4, tzinfo=UTC)


def declare_measure(key: str, kind: str, spec: dict[str, Any], **columns: Any) -> Measure:
    """Return a stored measure, of the theme "test" unless the columns name another."""
    theme, _created = Theme.objects.get_or_create(key="test", defaults={"name": "测试"})
    defaults = {
        "theme": theme,
        "name": key,
        "meaning": "测试用",
        "unit_label": "件",
        "splits": ["area", "unit"],
        "better": "more",
    }
    return Measure.objects.create(key=key, kind=kind, spec=spec, **{**defaults, **columns})


@pytest.fixture
def figures_town(db: None) -> Town:
    """The cast: handler enters figures, shift and leader confirm them, grid1 only sees them."""
    town = make_town()
    rights = {
        "handler": [VIEW, ENTER],
        "shift": [VIEW, ENTER, CONFIRM],
        "leader": [VIEW, CONFIRM],
        "grid1": [VIEW],
    }
    for username, added in rights.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *added]
        post.save()
    return town


def make_due_cases(town: Town) -> None:
    """Make five cases due in June: three handled (two in G1, one in G3), two not (in G3, one of WATER)."""
    handled = {
        "state": State.CLOSED.value,
        "handled_at": DAY,
        "handle_due_at": NOON,
        "reported_at": DAY,
        "unit": "URBAN",
    }
    waiting = {"state": State.HANDLING.value, "handle_due_at": NOON, "reported_at": DAY, "unit": "URBAN"}
    make_cases(
        town,
        [
            {**handled, "grid": "G1"},
            {**handled, "grid": "G1"},
            {**handled, "grid": "G3"},
            {**waiting, "grid": "G3"},
            {**waiting, "grid": "G3", "unit": "WATER"},
        ],
        index=False,
    )
