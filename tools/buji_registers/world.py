"""The places of the pack, facts that several registers share, and functions that create the values of a row."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator

from tools.make_buji_premises import PACK, Town, pick_point, split_in_proportion

SEED = 20200804
FIRST, LAST = date(2020, 1, 1), date(2020, 6, 30)
CHECKPOINTS = {"VILLAGE": 130, "ESTATE": 111, "BLOCK": 40}
COVERED = {"VILLAGE": 36, "ESTATE": 84}
JOINT_BRANCHES = 9
BINS_REMOVED, OLD_ESTATES, UNPLANNED = 91, 19, 34
PEOPLE = ("张三", "李四", "王五", "赵六", "孙七", "周八", "吴九", "郑十", "陈某", "林某", "黄某", "何某")

Row = dict[str, Any]


@dataclass
class Premise:
    """A row of premises.csv."""

    code: str
    kind: str
    name: str
    area: str
    address: str
    lon: float
    lat: float

    @property
    def community(self) -> str:
        """Return the code of its community."""
        return self.area[:12]


class World(Town):
    """The places of the pack, and the random facts about them that more than one register contains.

    Attributes:
        by_kind: premises of each kind.
        polygons: the polygon of each grid, by its code.
        entrances: how many entrances of a premise stay open, by its code.
        bins_removed: codes of the estates without bins on their floors.
        unplanned: codes of the villages whose infrastructure was never planned.
        covered: codes of the premises with a party branch.
        joint: pairs of premises that share a branch.
        completed: the year in which an estate was completed, by its code.
        rentals: how many buildings to let each village has.
    """

    def __init__(self) -> None:
        super().__init__()
        with (PACK / "premises.csv").open(encoding="utf-8") as file:
            rows = [
                Premise(**{**row, "lon": float(row["lon"]), "lat": float(row["lat"])})
                for row in _without_english(file)
            ]
        self.premises = rows
        self.by_kind = {kind: [premise for premise in rows if premise.kind == kind] for kind in CHECKPOINTS}
        self.polygons = {code: shape for grids in self.grids.values() for code, shape in grids.items()}
        rng = random_source("plan")
        self.entrances = {
            code: count for kind in CHECKPOINTS for code, count in self._share_entrances(kind, rng).items()
        }
        self.bins_removed = pick_codes(self.by_kind["ESTATE"], BINS_REMOVED, rng)
        self.unplanned = pick_codes(self.by_kind["VILLAGE"], UNPLANNED, rng)
        self.covered = {
            code for kind, count in COVERED.items() for code in pick_codes(self.by_kind[kind], count, rng)
        }
        self.joint = self._pair_premises()
        self.completed = self._draw_completion_years(rng)
        self.rentals = split_in_proportion(1880, [int(rng.integers(10, 60)) for _ in self.by_kind["VILLAGE"]])

    def _share_entrances(self, kind: str, rng: Generator) -> dict[str, int]:
        """Distribute the checkpoints of a kind: one or two to each premise, the others at random."""
        premises, total = self.by_kind[kind], CHECKPOINTS[kind]
        least = total // len(premises) if kind != "VILLAGE" else 2
        counts = dict.fromkeys((premise.code for premise in premises), least)
        for index in rng.permutation(len(premises) * 2)[: total - least * len(premises)]:
            counts[premises[int(index) % len(premises)].code] += 1
        return counts

    def _pair_premises(self) -> list[list[Premise]]:
        """Return pairs of covered premises in the same community; each pair shares a branch."""
        by_community: dict[str, list[Premise]] = defaultdict(list)
        for premise in self.premises:
            if premise.code in self.covered:
                by_community[premise.community].append(premise)
        pairs = [members[-2:] for members in by_community.values() if len(members) >= 2]
        return pairs[:JOINT_BRANCHES]

    def _draw_completion_years(self, rng: Generator) -> dict[str, int]:
        """Return the year of completion of every estate; 19 of them were completed before 2000."""
        old = pick_codes(self.by_kind["ESTATE"], OLD_ESTATES, rng)
        return {
            premise.code: int(rng.integers(1986, 2000) if premise.code in old else rng.integers(2001, 2017))
            for premise in self.by_kind["ESTATE"]
        }

    def point_near(self, premise: Premise, rng: Generator, metres: float = 60) -> tuple[float, float]:
        """Return a point (longitude, latitude) about so many metres from a premise, inside its grid."""
        grid, spread = self.polygons[premise.area], metres / 105_000
        while True:
            lon, lat = round(rng.normal(premise.lon, spread), 5), round(rng.normal(premise.lat, spread), 5)
            if grid.covers(shapely.Point(lon, lat)):
                return float(lon), float(lat)

    def pick_place(self, rng: Generator, community: str = "") -> Row:
        """Return the columns of a random place in the town or in a community: grid, address and point."""
        inside = list(self.grids[community] if community else self.polygons)
        grid = inside[int(rng.integers(len(inside)))]
        roads = self.roads[grid[:12]]
        road = roads[int(rng.integers(len(roads)))][0]
        lon, lat = pick_point(self.polygons[grid], rng)
        return {"网格": grid, "地点": f"{road}{int(rng.integers(1, 260))}号", "经度": lon, "纬度": lat}

    def community_name(self, code: str) -> str:
        """Return the name of a community, given its code or that of a grid in it."""
        return self.names[code[:12]][0]


def _without_english(file: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "name_en"} for row in csv.DictReader(file)]


def random_source(name: str) -> Generator:
    """Return the random numbers of one register, so that a change of one leaves the others unchanged."""
    return np.random.default_rng([SEED, *name.encode()])


def pick_codes(premises: list[Premise], count: int, rng: Generator) -> set[str]:
    """Return the codes of so many random premises."""
    return {premises[int(index)].code for index in rng.permutation(len(premises))[:count]}


def pick_weighted(rng: Generator, options: dict[str, float]) -> str:
    """Return one of the keys; the values are weights."""
    weights = np.array(list(options.values()), dtype=float)
    return str(list(options)[int(rng.choice(len(weights), p=weights / weights.sum()))])


def pick_evenly(rng: Generator, options: tuple[str, ...]) -> str:
    """Return one of the options; all are equally likely."""
    return options[int(rng.integers(len(options)))]


def yes_or_no(value: bool) -> str:
    """Return the text of a yes-no field."""
    return "是" if value else "否"


def happens(rng: Generator, share: float) -> bool:
    """Return True in this share of calls."""
    return bool(rng.random() < share)


def pick_day(rng: Generator, first: str, last: str) -> date:
    """Return a random day from the first to the last, both included."""
    start = date.fromisoformat(first)
    return start + timedelta(days=int(rng.integers((date.fromisoformat(last) - start).days + 1)))


def make_contact(rng: Generator) -> str:
    """Return an invented name and phone number; no real number begins with 100."""
    return f"{pick_evenly(rng, PEOPLE)} 1000000{int(rng.integers(1000, 9999))}"


def split_total(total: int, count: int, rng: Generator, *, least: int = 1, spread: float = 1.5) -> list[int]:
    """Split a total into so many integers of different sizes, none below `least`."""
    weights = [int(weight * 1000) + 1 for weight in rng.gamma(spread, size=count)]
    return [least + part for part in split_in_proportion(total - least * count, weights)]
