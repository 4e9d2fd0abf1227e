"""The town of these tests, with people who may work in registers."""

import pytest

from jiedao.kernel.memo import forget_all
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.tests.inspecting import INSPECTED, grant_rights
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town, make_town


@pytest.fixture
def town(db: None) -> Town:
    """The cast: grid1 (G1), grid3 (G3) and handler (URBAN) write and inspect; leader reads; shift reveals and plans."""
    new_town = make_town()
    grant_rights(new_town)
    forget_all()
    return new_town


@pytest.fixture
def houses(town: Town) -> RegisterInfo:
    """The register of buildings to let."""
    return declare()


@pytest.fixture
def inspected(town: Town) -> RegisterInfo:
    """The buildings to let with a fire check."""
    return declare(INSPECTED)
