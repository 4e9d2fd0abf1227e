"""The town of these tests, with people who may work on figures, and measures over its cases."""

from typing import Any

import pytest

from jiedao.indicators.models import CONFIRM, ENTER, VIEW, Measure, Theme
from jiedao.testing.cast import Town, make_town


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
