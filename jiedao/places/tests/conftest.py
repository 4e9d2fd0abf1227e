"""A town of two communities with two square grids each, about 1 km wide; see `jiedao.testing.cast`."""

import pytest

from jiedao.testing.cast import Town, make_town


@pytest.fixture
def town(db: None) -> Town:
    return make_town()
