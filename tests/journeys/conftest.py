"""The cast signed in, each at a desk of their own."""

import pytest

from jiedao.testing.cast import Town, make_town
from tests.journeys.desk import Office


@pytest.fixture
def town(db: None) -> Town:
    """The cast in an empty database."""
    return make_town()


@pytest.fixture
def office(town: Town) -> Office:
    """Everybody of the cast at work."""
    return Office(town)
