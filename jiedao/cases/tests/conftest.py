"""What the tests of this room share."""

import pytest

from jiedao.testing.cast import Town, make_town


@pytest.fixture
def town() -> Town:
    """The cast, in a fresh database."""
    return make_town()
