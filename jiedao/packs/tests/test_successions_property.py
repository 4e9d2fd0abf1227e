"""After any sequence of splits, joins and new codes, what is at a retired place is on the page 去处未定."""

import json
import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from jiedao.cases.actions import deciding as cases
from jiedao.cases.models import Case
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Holding
from jiedao.packs.tests.test_apply import apply
from jiedao.packs.tests.test_successions import case_in
from jiedao.packs.tests.test_successions_followers import HOUSES, hold, plan_inspection, record_in
from jiedao.packs.tests.tiny import GRIDS, TOWN, TinyPack
from jiedao.places.models import Area
from jiedao.registers.actions import deciding as records
from jiedao.registers.models import Inspection, Record

pytestmark = pytest.mark.django_db
COMMUNITY, WEST, EAST = f"{TOWN}001", 114.1, 114.12
OTHERS = {code: rings for code, rings in GRIDS.items() if not code.startswith(COMMUNITY)}


@dataclass
class Strip:
    """The east community as grids beside each other: from west to east, each from one longitude to the next."""

    edges: list[float] = field(default_factory=lambda: [WEST, 114.11, EAST])
    codes: list[str] = field(default_factory=lambda: [f"{COMMUNITY}001", f"{COMMUNITY}002"])
    was: dict[str, list[str]] = field(default_factory=dict)
    last: int = 100

    def new_code(self, *old: str) -> str:
        """Return a code that was never used, with what it was."""
        self.last += 1
        code = f"{COMMUNITY}{self.last}"
        self.was[code] = list(old)
        return code

    def change(self, rng: random.Random) -> None:
        """Split a grid, join two or give one another code."""
        self.was = {}
        at = rng.randrange(len(self.codes))
        old = self.codes[at]
        step = rng.choice(["split", "join", "recode"])
        if step == "split" and self.edges[at + 1] - self.edges[at] > 0.002:
            middle = round((self.edges[at] + self.edges[at + 1]) / 2, 5)
            self.edges.insert(at + 1, middle)
            self.codes[at : at + 1] = [self.new_code(old), self.new_code(old)]
        elif step == "join" and at + 1 < len(self.codes):
            del self.edges[at + 1]
            self.codes[at : at + 2] = [self.new_code(old, self.codes[at + 1])]
        else:
            self.codes[at] = self.new_code(old)

    def write(self, tiny: TinyPack) -> None:
        """Write the grids and the premise, which lies at 114.105, into the pack."""
        lines, home = [], ""
        for code, (west, east) in zip(self.codes, pairwise(self.edges), strict=True):
            ring = [[west, 22.6], [east, 22.6], [east, 22.61], [west, 22.61], [west, 22.6]]
            lines.append(make_feature(code, [ring], was=" ".join(self.was.get(code, []))))
            home = code if west < 114.1051 <= east else home
        lines += [make_feature(code, rings) for code, rings in OTHERS.items()]
        tiny.write(
            "grids.geojson", '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"
        )
        tiny.write(
            "premises.csv",
            f"code,kind,name,area,lon,lat,address\nP1,ESTATE,翠湖花园,{home},114.1051,22.605,一号路1号\n",
        )


def make_feature(code: str, rings: list[list[list[float]]], **properties: str) -> str:
    filled = {name: value for name, value in properties.items() if value}
    return json.dumps(
        {
            "type": "Feature",
            "properties": {"code": code, **filled},
            "geometry": {"type": "Polygon", "coordinates": rings},
        }
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_open_is_at_a_retired_place_unless_it_is_listed(tiny: TinyPack, seed: int) -> None:
    rng, strip = random.Random(seed), Strip()
    (tiny.folder / "registers").mkdir()
    tiny.write("registers/houses.toml", HOUSES)
    strip.write(tiny)
    apply(tiny)
    for _round in range(5):
        for code in strip.codes:
            add_rows(code, rng)
        strip.change(rng)
        strip.write(tiny)
        apply(tiny)
        check_places()


def add_rows(code: str, rng: random.Random) -> None:
    ring = Area.objects.get(code=code).polygon["coordinates"][0]
    inside = {"lon": round(rng.uniform(ring[0][0] + 1e-5, ring[1][0] - 1e-5), 6), "lat": 22.605}
    for point in (inside, {}):
        case_in(code, **point)
        plan_inspection(record_in(code, **point))
    hold(code)


def check_places() -> None:
    retired = set(Area.objects.filter(active=False).values_list("pk", flat=True))
    actor = make_system_actor()
    listed_cases = {row.id for row in cases.list_undecided(actor)}
    listed_records = {row.id for _register, row in records.list_undecided(actor)}
    at_retired = set(Case.objects.open().filter(area_id__in=retired).values_list("pk", flat=True))
    assert at_retired == listed_cases
    assert set(Record.objects.filter(active=True, area_id__in=retired).values_list("pk", flat=True)) == (
        listed_records
    )
    with_point = Case.objects.filter(lon__isnull=False)
    assert not with_point.filter(pk__in=listed_cases).exists()
    for case in with_point.select_related("area"):
        ring = case.area.polygon["coordinates"][0]
        assert ring[0][0] <= case.lon <= ring[1][0]
    assert all(row.area_path == row.record.area_path for row in Inspection.objects.select_related("record"))
    assert not Holding.objects.filter(areas__in=retired).exists()
    assert cases.count_undecided(actor) == len(listed_cases)
