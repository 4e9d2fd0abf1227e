"""Place demonstration premises in the grids of packs/buji: premises.csv.

The half-year report counts 43 urban villages, 102 estates and 40 street-front blocks. Their names and places
here are invented and marked as demonstration in pack.toml; only the counts come from the report. The same
seed gives the same file. Run after make_buji_map.py: .venv/bin/python tools/make_buji_premises.py
"""

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

PACK = Path(__file__).resolve().parent.parent / "packs" / "buji"
COUNTS = {"VILLAGE": 43, "ESTATE": 102, "BLOCK": 40}
LETTERS = {"VILLAGE": "V", "ESTATE": "E", "BLOCK": "B"}
VILLAGES = {
    "老围": "Laowei",
    "新村": "Xincun",
    "上村": "Shangcun",
    "下村": "Xiacun",
    "东村": "Dongcun",
    "西村": "Xicun",
    "新围": "Xinwei",
}
FIRST = {
    "翠湖": "Cuihu",
    "锦绣": "Jinxiu",
    "荔景": "Lijing",
    "康乐": "Kangle",
    "怡和": "Yihe",
    "碧桂": "Bigui",
    "金域": "Jinyu",
    "桂芳": "Guifang",
    "星河": "Xinghe",
    "阳光": "Yangguang",
    "紫荆": "Zijing",
    "和谐": "Hexie",
    "丽湖": "Lihu",
    "景泰": "Jingtai",
    "嘉宝": "Jiabao",
    "华庭": "Huating",
    "龙泉": "Longquan",
    "雅居": "Yaju",
    "德福": "Defu",
    "百合": "Baihe",
    "芳草": "Fangcao",
    "鸿运": "Hongyun",
    "书香": "Shuxiang",
    "半山": "Banshan",
    "木棉": "Mumian",
    "云景": "Yunjing",
    "松泉": "Songquan",
    "万福": "Wanfu",
    "安居": "Anju",
    "天悦": "Tianyue",
    "佳兴": "Jiaxing",
    "向阳": "Xiangyang",
    "兰亭": "Lanting",
    "枫林": "Fenglin",
}
LAST = {"花园": "Garden", "苑": "Court", "雅苑": "Residence"}


class Town:
    """The grids, communities and roads that premises are placed in."""

    def __init__(self) -> None:
        grids = json.loads((PACK / "grids.geojson").read_text(encoding="utf-8"))["features"]
        self.grids: dict[str, dict[str, BaseGeometry]] = defaultdict(dict)
        for feature in grids:
            code = feature["properties"]["code"]
            self.grids[code[:12]][code] = shape(feature["geometry"])
        with (PACK / "areas.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if len(row["code"]) == 12]
        self.names = {
            row["code"]: (row["name"].removesuffix("社区"), row["name_en"].removesuffix(" Community"))
            for row in rows
        }
        self.roads: dict[str, list[tuple[str, str]]] = defaultdict(list)
        with (PACK / "roads.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for code in row["areas"].split():
                    self.roads[code].append((row["name"], row["name_en"]))


def split_in_proportion(total: int, weights: list[int]) -> list[int]:
    """Divide a total in proportion to the weights, largest remainders first."""
    exact = [total * weight / sum(weights) for weight in weights]
    counts = [int(value) for value in exact]
    order = sorted(range(len(weights)), key=lambda i: counts[i] - exact[i])
    for index in order[: total - sum(counts)]:
        counts[index] += 1
    return counts


def pick_point(grid: BaseGeometry, random: np.random.Generator) -> tuple[float, float]:
    """Return a point well inside the grid, rounded to a metre."""
    core = grid.buffer(-0.0003)
    inner = core if not core.is_empty else grid.buffer(-0.00005)
    west, south, east, north = inner.bounds
    while True:
        lon, lat = round(random.uniform(west, east), 5), round(random.uniform(south, north), 5)
        if inner.covers(shapely.Point(lon, lat)):
            return lon, lat


def shuffle_estate_names(random: np.random.Generator) -> list[tuple[str, str]]:
    """Return every estate name, shuffled: 34 first parts by 3 last parts give the 102 that the report counts."""
    names = [(a + b, f"{ea} {eb}") for a, ea in FIRST.items() for b, eb in LAST.items()]
    return [names[index] for index in random.permutation(len(names))]


def build_village_name(community: tuple[str, str], index: int) -> tuple[str, str]:
    """Return the name of the community's n-th urban village."""
    suffix, suffix_en = list(VILLAGES.items())[index]
    return community[0] + suffix, f"{community[1]} {suffix_en}"


def place_premises(town: Town, random: np.random.Generator) -> list[dict[str, object]]:
    """Return all premises, each with its place."""
    estates = shuffle_estate_names(random)
    numbers: dict[str, int] = defaultdict(lambda: int(random.integers(1, 9)))
    rows: list[dict[str, object]] = []
    for kind, total in COUNTS.items():
        for code, count in zip(
            town.names, split_in_proportion(total, [len(g) for g in town.grids.values()]), strict=True
        ):
            codes = list(town.grids[code])
            chosen = random.permutation(len(codes))
            for index in range(count):
                grid = codes[int(chosen[index % len(codes)])]
                road = town.roads[code][int(random.integers(len(town.roads[code])))]
                numbers[road[0]] += int(random.integers(3, 15))
                number = numbers[road[0]]
                if kind == "ESTATE":
                    name, name_en = estates.pop()
                elif kind == "VILLAGE":
                    name, name_en = build_village_name(town.names[code], index)
                else:
                    name, name_en = f"{road[0]}{number}号楼", f"Block {number}, {road[1]}"
                lon, lat = pick_point(town.grids[code][grid], random)
                rows.append(
                    {
                        "code": f"{grid}{LETTERS[kind]}{index + 1:02}",
                        "kind": kind,
                        "name": name,
                        "name_en": name_en,
                        "area": grid,
                        "address": f"{road[0]}{number}号",
                        "lon": lon,
                        "lat": lat,
                    }
                )
    return rows


def main() -> None:
    """Place the premises and write the file."""
    rows = place_premises(Town(), np.random.default_rng(20200804))
    with (PACK / "premises.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} premises")


if __name__ == "__main__":
    main()
