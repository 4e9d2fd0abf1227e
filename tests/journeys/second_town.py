"""The pack of the second town: what its technician writes into the files that `jiedao pack new` makes."""

import json
import re
from pathlib import Path
from typing import Any

TOWN = "999902001"
COMMUNITIES = {"001": "东门社区", "002": "河西社区", "003": "南苑社区"}
DEPARTMENTS = {
    "CHENGGUAN": "城市管理办公室",
    "ANJIAN": "安全生产监管办公室",
    "JIANSHE": "规划建设办公室",
    "WENHUA": "文化站",
    "SHICHANG": "市场监管办公室",
}
# Who leads which 大类; what is not listed is led by CHENGGUAN, and 06 by the community.
MAJORS = {"10": "ANJIAN", "08": "JIANSHE", "07": "WENHUA", "09": "SHICHANG"}
BOX = "114.10,22.58,114.16,22.63"
SHEDS = Path(__file__).resolve().parents[2] / "docs/tutorial/declare-a-register.md"
CAMPAIGN = """
[[campaign]]
key = "parking"
name = "新增停车泊位"
handed_by = "区政府"
unit = "JIANSHE"
measure = "个"
target = 90
digits = 0
from_date = 2020-01-01
due_date = 2020-12-31
"""
PLEDGE = """
[[pledge]]
kind = "ITEM"
code = "1"
text = "完成辖区充电设施排查"
source = "2020年责任书"
unit = "ANJIAN"
due_date = 2020-12-25
"""


def list_options() -> str:
    """Return the options of `jiedao pack new` for the town."""
    communities = " ".join(f"--community {name}" for name in COMMUNITIES.values())
    departments = " ".join(f"--department {code}={name}" for code, name in DEPARTMENTS.items())
    return f"--district 滨江区 --town 柳河街道 --code {TOWN} {communities} {departments} --grids 3"


class PackFiles:
    """The files of a pack in an editor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> str:
        """Return the text of a file."""
        return (self.folder / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        """Add lines to the end of a file."""
        self.write(name, f"{self.read(name).rstrip()}\n{text}")

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace a text that the file has."""
        text = self.read(name)
        assert old in text, f"{name} has no {old!r}"
        self.write(name, text.replace(old, new))

    def remove_row(self, name: str, table: str, code: str) -> None:
        """Delete the `[[table]]` with this code from a TOML file."""
        row = re.compile(rf'\n\[\[{table}\]\]\n(?:(?!\[\[).)*?code = "{code}"\n(?:[^\n\[#]+\n)*', re.DOTALL)
        text, count = row.subn("", self.read(name))
        assert count == 1, f"{name} has {count} rows {code}"
        self.write(name, text)

    def read_grids(self) -> dict[str, Any]:
        """Return the outlines of the grids."""
        grids: dict[str, Any] = json.loads(self.read("grids.geojson"))
        return grids

    def find_point(self, code: str) -> tuple[float, float]:
        """Return a point in a grid: the middle of its outline."""
        for feature in self.read_grids()["features"]:
            if feature["properties"]["code"] == code:
                ring = feature["geometry"]["coordinates"][0]
                ring = ring[0] if isinstance(ring[0][0], list) else ring
                corners = ring[:-1]
                return tuple(round(sum(corner[axis] for corner in corners) / len(corners), 6) for axis in (0, 1))  # type: ignore[return-value]
        raise AssertionError(f"there is no outline of {code}")


def add_own_matters(pack: PackFiles) -> None:
    """Add what the page on making a pack shows: an estate, a road, duties, a second register, promises."""
    pack.append("premises.csv", f"XQ001,ESTATE,翠湖花园,,{TOWN}001001,一号路1号,,\n")
    pack.append("premises.csv", f"XQ002,ESTATE,南苑新村,,{TOWN}003001,二号路8号,,\n")
    pack.append("roads.csv", f"一号路,First Road,{TOWN}001 {TOWN}002\n")
    for major, unit in MAJORS.items():
        pack.append("duties.toml", f'\n[[duty]]\nkind = "MATTER"\nmajors = ["{major}"]\nlead = "{unit}"\n')
    declaration = re.search(r"```toml\n(.*?)```", SHEDS.read_text(encoding="utf-8"), re.DOTALL)
    assert declaration is not None
    text = declaration[1].replace('on = "grid"', 'on = "premise"\nunit = "JIANSHE"')
    pack.write("registers/charging_sheds.toml", text)
    quotas = [f'\n[[quota]]\ncampaign = "parking"\narea = "{TOWN}{code}"\namount = 30\n' for code in COMMUNITIES]
    pack.append("promises.toml", CAMPAIGN + "".join(quotas) + PLEDGE)
