"""When several users apply a pack at once, one succeeds, the others are refused as stale."""

import threading

import pytest
from django.db import connections

from jiedao.kernel.errors import Stale
from jiedao.kernel.packs.plan import Plan
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.tiny import TinyPack
from jiedao.places.models import Area

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_several_applies_at_once_all_but_the_first_are_refused_as_stale(tiny: TinyPack) -> None:
    pack, _report = check_pack(tiny.folder)
    plan = make_plan(pack)
    gate, results = threading.Barrier(3), list[object]()

    def run() -> None:
        gate.wait(timeout=10)
        try:
            results.append(apply_pack(pack=pack, actor=make_system_actor(), expected=plan))
        except Exception as fault:
            results.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(type(result).__name__ for result in results) == ["Plan", "Stale", "Stale"], results
    assert {type(result) for result in results} == {Plan, Stale}
    assert Area.objects.count() == len(plan.keys("area", "create"))
    assert not make_plan(pack).items
