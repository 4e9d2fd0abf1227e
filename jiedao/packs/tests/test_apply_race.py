"""When several users apply a pack at once, one succeeds, the others are refused as stale."""

from functools import partial

import pytest

from jiedao.kernel.errors import Stale
from jiedao.kernel.packs.plan import Plan
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.tiny import TinyPack
from jiedao.places.models import Area
from jiedao.testing.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_several_applies_at_once_all_but_the_first_are_refused_as_stale(tiny: TinyPack) -> None:
    pack, _report = check_pack(tiny.folder)
    plan = make_plan(pack)
    results = run_at_once(*[partial(apply_pack, pack=pack, actor=make_system_actor(), expected=plan)] * 3)
    assert sorted(type(result).__name__ for result in results) == ["Plan", "Stale", "Stale"], results
    assert {type(result) for result in results} == {Plan, Stale}
    assert Area.objects.count() == len(plan.keys("area", "create"))
    assert not make_plan(pack).items
