"""The cast itself: who sees what of a case in each corner of the town."""

import pytest

from jiedao.cases.models import Case
from jiedao.places.selectors import area_text, locate
from jiedao.testing.cast import make_case, make_cases, make_town

pytestmark = pytest.mark.django_db


def test_every_post_sees_the_cases_of_its_scope() -> None:
    town = make_town()
    make_cases(town, [{"grid": "G1"}, {"grid": "G3", "unit": "URBAN"}, {"grid": "G4", "unit": "WATER"}])
    counts = {name: Case.objects.visible_to(town.actor(name)).count() for name in town.users}
    everything = dict.fromkeys(["registrar", "dispatcher", "shift", "supervisor", "visitor", "leader"], 3)
    assert counts == {
        **everything,
        "grid1": 1,
        "grid3": 1,
        "handler": 1,
        "cleaner": 0,
        "water": 1,
        "admin": 0,
    }


def test_a_point_lies_in_its_grid() -> None:
    town = make_town()
    case = make_case(town)
    location = locate(114.105, 22.605)
    assert location.area is not None
    assert location.area.id == town.areas["G1"].pk == case.area_id
    assert area_text(location.area.path) == "临江社区 · 第1网格"
