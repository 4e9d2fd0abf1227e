"""The town of these tests, with people who may work in registers."""

import pytest

from jiedao.cases.tests.cast import Town, make_town
from jiedao.kernel.memo import forget_all
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.tests.inspecting import INSPECTED
from jiedao.registers.tests.parts import declare


@pytest.fixture
def town(db: None) -> Town:
    """The cast: grid1 (grid G1), grid3 (G3) and handler (URBAN) write; leader reads; shift may reveal."""
    made = make_town()
    rights = {
        "grid1": ["view", "edit"],
        "grid3": ["view", "edit"],
        "handler": ["view", "edit"],
        "leader": ["view"],
        "shift": ["view", "edit", "reveal"],
    }
    for username, verbs in rights.items():
        post = made.posts[username]
        post.permissions = [*post.permissions, *(f"registers.record:{verb}" for verb in verbs)]
        post.save()
    forget_all()
    return made


@pytest.fixture
def houses(town: Town) -> RegisterInfo:
    """The register of buildings to let."""
    return declare()


@pytest.fixture
def inspected(town: Town) -> RegisterInfo:
    """The buildings to let with a fire check; grid1, grid3 and handler inspect, shift plans."""
    for username, right in (("grid1", "make"), ("grid3", "make"), ("handler", "make"), ("shift", "plan")):
        post = town.posts[username]
        post.permissions = [*post.permissions, f"registers.visit:{right}"]
        post.save()
    return declare(INSPECTED)
