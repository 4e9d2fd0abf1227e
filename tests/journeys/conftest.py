"""Fixtures of the journeys: the cast, each user signed in."""

import pytest

from jiedao.testing.cast import Town, make_town
from tests.journeys.desk import Office


@pytest.fixture
def town(db: None) -> Town:
    """The cast in an empty database."""
    return make_town()


@pytest.fixture
def office(town: Town) -> Office:
    """The users of the cast, signed in."""
    return Office(town)
