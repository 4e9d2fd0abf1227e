"""After any sequence of renames, merges and splits, nothing open names a unit that ended unless a person is asked."""

import random
from collections.abc import Iterator

import pytest

from jiedao.accounts.models import User
from jiedao.cases.models import Assignment, Case, Category
from jiedao.cases.stored_counts.updating import update_counts
from jiedao.cases.stored_counts.verifying import find_differences
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.orgs.undecided import (
    count_undecided_holdings,
    count_undecided_rows,
    decide,
    list_undecided,
    list_undecided_holdings,
)
from jiedao.packs.tests.test_apply import apply, open_case
from jiedao.packs.tests.tiny import TOWN, TinyPack
from jiedao.projects.models.promises import Pledge
from jiedao.reports.forms.models import Form

pytestmark = pytest.mark.django_db

FIRST_UNITS = ("A", "B", "C", "D")


class RandomTown:
    """The tiny pack with departments that are renamed, merged and split at random."""

    def __init__(self, tiny: TinyPack, chance: random.Random) -> None:
        self.tiny, self.chance = tiny, chance
        self.units: dict[str, list[str]] = {code: [] for code in FIRST_UNITS}  # code -> what it was
        self.number = 0

    def write(self) -> None:
        """Write the units, and a duty list that names some of them."""
        block = '[[unit]]\ncode = "{0}"\nname = "{0}办"\nkind = "DEPARTMENT"\nparent = "JDB"\nwas = {1}\n\n'
        office = f'[[unit]]\ncode = "JDB"\nname = "街道办"\nkind = "OFFICE"\narea = "{TOWN}"\n\n'
        texts = [block.format(code, str(was).replace("'", '"')) for code, was in self.units.items()]
        self.tiny.write("units.toml", office + "".join(texts))
        first, second = self.chance.choice(list(self.units)), self.chance.choice(list(self.units))
        self.tiny.write(
            "duties.toml",
            f'[limits]\nhandle = "3wd"\n\n[[duty]]\nlead = "{first}"\n\n'
            f'[[duty]]\ncategories = ["06010"]\nlead = "{second}"\n',
        )

    def change(self) -> None:
        """Rename a unit, merge two, or split one; `was` of earlier changes stays in the files."""
        kind = self.chance.choice(["rename", "merge", "split"])
        if kind == "merge" and len(self.units) < 3:
            kind = "split"
        olds = self.chance.sample(list(self.units), 2 if kind == "merge" else 1)
        for code in olds:
            del self.units[code]
        for _part in range(2 if kind == "split" else 1):
            self.number += 1
            self.units[f"N{self.number}"] = olds

    def fill(self) -> None:
        """Add open cases, helpers, holders, responsibility items and forms at units of the pack."""
        units = [Unit.objects.get(code=code) for code in self.units]
        for index in range(4):
            lead, helper = self.chance.choice(units), self.chance.choice(units)
            category = Category.objects.get(kind="MATTER", code=self.chance.choice(["06001", "06010"]))
            case = open_case(
                state=self.chance.choice(["DISPATCHED", "HANDLING", "HANDLED"]),
                lead_unit=lead,
                category=category,
                dispatched_at=clock.now(),
            )
            if case.state != "HANDLED":
                self._assign(case, lead, "LEAD")
            if helper != lead and case.state != "HANDLED":
                self._assign(case, helper, "HELPER")
            name = f"u{self.number}{index}"
            user = User.objects.create_user(name, "x" * 12, name)
            Holding.objects.create(user=user, post=Post.objects.get(code=f"{lead.code}.HANDLER"))
            Pledge.objects.create(
                kind="ITEM", code=f"P{name}", text="t", source="s", unit=helper, due_date=clock.today()
            )
            Form.objects.create(
                key=f"f{name}", name="n", sender="s", cycle="month", due_days=5, unit=lead, created_by="x"
            )

    @staticmethod
    def _assign(case: Case, unit: Unit, role: str) -> None:
        Assignment.objects.create(case=case, unit=unit, role=role, dispatched_at=clock.now())


def list_stranded() -> Iterator[tuple[str, int]]:
    """Yield every open row that names a unit or post that ended."""
    for case in Case.objects.open().filter(lead_unit__active=False):
        yield "open cases", case.pk
    for part in Assignment.objects.filter(ended_at=None, role="HELPER", unit__active=False):
        yield "parts in open cases of others", part.pk
    for part in Assignment.objects.filter(ended_at=None, role="LEAD", unit__active=False):
        yield "lead of", part.case_id
    for pledge in Pledge.objects.filter(unit__active=False):
        yield "responsibility items", pledge.pk
    for form in Form.objects.filter(unit__active=False):
        yield "forms", form.pk
    for holding in Holding.objects.filter(post__active=False):
        yield "holders", holding.pk


@pytest.mark.parametrize("seed", range(4))
def test_nothing_open_names_a_unit_that_ended_unless_it_is_listed(tiny: TinyPack, seed: int) -> None:
    town = RandomTown(tiny, random.Random(seed))
    town.write()
    apply(tiny)
    update_counts()
    for _step in range(4):
        town.fill()
        town.change()
        town.write()
        apply(tiny)
        forget_all()
        _assert_all_listed()
    update_counts()
    assert list(find_differences()) == []
    _decide_all()
    assert list(list_stranded()) == [
        ("holders", row.holding.pk) for row in list_undecided_holdings(make_system_actor())
    ]


def _assert_all_listed() -> None:
    actor = make_system_actor()
    listed = {(group.what, pk) for group in list_undecided(actor) for pk in group.rows}
    listed |= {("lead of", pk) for what, pk in listed if what == "open cases"}
    listed |= {("holders", row.holding.pk) for row in list_undecided_holdings(actor)}
    assert set(list_stranded()) <= listed
    rows = sum(len(group.rows) for group in list_undecided(actor))
    assert count_undecided_rows(actor) == rows
    assert count_undecided_holdings(actor) == len(list_undecided_holdings(actor))


def _decide_all() -> None:
    actor = make_system_actor()
    for group in list_undecided(actor):
        assert group.successors
        decide(actor=actor, what=group.what, unit_id=group.unit.id, new_unit_id=group.successors[0].id)
    forget_all()
