"""The town that records stand in, what several registers say alike, and the small tools to make a row."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator

from tools.make_buji_premises import PACK, Town, point_in, share_out

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
    """A premise of premises.csv."""

    code: str
    kind: str
    name: str
    area: str
    address: str
    lon: float
    lat: float

    @property
    def community(self) -> str:
        """The code of its community."""
        return self.area[:12]


class World(Town):
    """The pack's places, and decisions that more than one register repeats."""

    def __init__(self) -> None:
        super().__init__()
        with (PACK / "premises.csv").open(encoding="utf-8") as file:
            rows = [
                Premise(**{**row, "lon": float(row["lon"]), "lat": float(row["lat"])}) for row in _plain(file)
            ]
        self.premises = rows
        self.by_kind = {kind: [one for one in rows if one.kind == kind] for kind in CHECKPOINTS}
        self.polygons = {code: shape for grids in self.grids.values() for code, shape in grids.items()}
        rng = rng_of("plan")
        self.entrances = {
            code: count for kind in CHECKPOINTS for code, count in self._entrances(kind, rng).items()
        }
        self.bins_removed = chosen(self.by_kind["ESTATE"], BINS_REMOVED, rng)
        self.unplanned = chosen(self.by_kind["VILLAGE"], UNPLANNED, rng)
        self.covered = {
            code for kind, count in COVERED.items() for code in chosen(self.by_kind[kind], count, rng)
        }
        self.joint = self._joint()
        self.completed = self._completed(rng)
        self.rentals = share_out(1880, [int(rng.integers(10, 60)) for _ in self.by_kind["VILLAGE"]])

    def _entrances(self, kind: str, rng: Generator) -> dict[str, int]:
        """Share the checkpoints of a kind: one or two each, the rest by lot."""
        premises, total = self.by_kind[kind], CHECKPOINTS[kind]
        least = total // len(premises) if kind != "VILLAGE" else 2
        counts = dict.fromkeys((one.code for one in premises), least)
        for index in rng.permutation(len(premises) * 2)[: total - least * len(premises)]:
            counts[premises[int(index) % len(premises)].code] += 1
        return counts

    def _joint(self) -> list[list[Premise]]:
        """Return pairs of covered premises of one community that share a branch."""
        by_community: dict[str, list[Premise]] = defaultdict(list)
        for one in self.premises:
            if one.code in self.covered:
                by_community[one.community].append(one)
        pairs = [members[-2:] for members in by_community.values() if len(members) >= 2]
        return pairs[:JOINT_BRANCHES]

    def _completed(self, rng: Generator) -> dict[str, int]:
        """Return the year of completion of every estate: 19 of them before 2000."""
        old = chosen(self.by_kind["ESTATE"], OLD_ESTATES, rng)
        return {
            one.code: int(rng.integers(1986, 2000) if one.code in old else rng.integers(2001, 2017))
            for one in self.by_kind["ESTATE"]
        }

    def near(self, one: Premise, rng: Generator, metres: float = 60) -> tuple[float, float]:
        """Return a point about so many metres from a premise, inside its grid."""
        grid, spread = self.polygons[one.area], metres / 105_000
        while True:
            lon, lat = round(rng.normal(one.lon, spread), 5), round(rng.normal(one.lat, spread), 5)
            if grid.covers(shapely.Point(lon, lat)):
                return float(lon), float(lat)

    def spot(self, rng: Generator, community: str = "") -> Row:
        """Return the columns of a place somewhere in the town: grid, address, point."""
        inside = list(self.grids[community] if community else self.polygons)
        grid = inside[int(rng.integers(len(inside)))]
        roads = self.roads[grid[:12]]
        road = roads[int(rng.integers(len(roads)))][0]
        lon, lat = point_in(self.polygons[grid], rng)
        return {"网格": grid, "地点": f"{road}{int(rng.integers(1, 260))}号", "经度": lon, "纬度": lat}

    def community(self, code: str) -> str:
        """Return the name of a community or of a grid's community."""
        return self.names[code[:12]][0]


def _plain(file: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "name_en"} for row in csv.DictReader(file)]


def rng_of(name: str) -> Generator:
    """Return the random numbers of one register: a change of one leaves the others as they are."""
    return np.random.default_rng([SEED, *name.encode()])


def chosen(premises: list[Premise], count: int, rng: Generator) -> set[str]:
    """Return the codes of some premises."""
    return {premises[int(index)].code for index in rng.permutation(len(premises))[:count]}


def pick(rng: Generator, options: dict[str, float]) -> str:
    """Return one of the options; values are weights."""
    weights = np.array(list(options.values()), dtype=float)
    return str(list(options)[int(rng.choice(len(weights), p=weights / weights.sum()))])


def one_of(rng: Generator, options: tuple[str, ...]) -> str:
    """Return one of the options, each as likely."""
    return options[int(rng.integers(len(options)))]


def yes(value: bool) -> str:
    """Return the word of a yes-no field."""
    return "是" if value else "否"


def chance(rng: Generator, share: float) -> bool:
    """Return True in that share of calls."""
    return bool(rng.random() < share)


def day(rng: Generator, first: str, last: str) -> date:
    """Return a day between two days, both included."""
    start = date.fromisoformat(first)
    return start + timedelta(days=int(rng.integers((date.fromisoformat(last) - start).days + 1)))


def person(rng: Generator) -> str:
    """Return a made-up contact; no telephone number begins with 100."""
    return f"{one_of(rng, PEOPLE)} 1000000{int(rng.integers(1000, 9999))}"


def parts(total: int, count: int, rng: Generator, *, least: int = 1, spread: float = 1.5) -> list[int]:
    """Divide a total into so many whole parts of unlike sizes, none under `least`."""
    weights = [int(weight * 1000) + 1 for weight in rng.gamma(spread, size=count)]
    return [least + part for part in share_out(total - least * count, weights)]
