"""The pack of the second town: what its technician writes into the files that `jiedao pack new` makes."""

import json
import re
from pathlib import Path
from typing import Any

from shapely.geometry import box, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

TOWN = "440307901"
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
    return f"--district 龙岗区 --town 柳河街道 --code {TOWN} {communities} {departments} --grids 3"


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
                middle = shape(feature["geometry"]).centroid
                return round(middle.x, 6), round(middle.y, 6)
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
    quotas = [
        f'\n[[quota]]\ncampaign = "parking"\narea = "{TOWN}{code}"\namount = 30\n' for code in COMMUNITIES
    ]
    pack.append("promises.toml", CAMPAIGN + "".join(quotas) + PLEDGE)


# -- half a year later -------------------------------------------------------------------------------------------------


def change_areas(pack: PackFiles) -> None:
    """Split a community, join two grids, divide a grid, and move an estate to another grid."""
    text = pack.read("areas.csv").replace("code,name,name_en\n", "code,name,name_en,was\n")
    rows = [f"{line}," if line[:1].isdigit() else line for line in text.splitlines()]
    gone = [f"{TOWN}{code}" for code in ("001003", "002001", "002002", "003001")]
    rows = [row for row in rows if not row.startswith(tuple(gone))]
    rows += [f"{TOWN}004,北苑社区,,{TOWN}001", f"{TOWN}004001,网格001,,{TOWN}001003"]
    rows += [f"{TOWN}002009,网格009,,{TOWN}002001 {TOWN}002002"]
    rows += [f"{TOWN}00300{n},网格00{n},,{TOWN}003001" for n in (4, 5)]
    pack.write("areas.csv", "\n".join(rows) + "\n")
    pack.write("grids.geojson", json.dumps(redraw_grids(pack.read_grids()), ensure_ascii=False))
    pack.replace("premises.csv", f"翠湖花园,,{TOWN}001001", f"翠湖花园,,{TOWN}001002")
    pack.replace("premises.csv", f"南苑新村,,{TOWN}003001", f"南苑新村,,{TOWN}003004")
    pack.replace("roads.csv", f"{TOWN}001 {TOWN}002", f"{TOWN}001 {TOWN}002 {TOWN}004")


def redraw_grids(grids: dict[str, Any]) -> dict[str, Any]:
    """Return the outlines after the change, as a person would draw them in a GIS."""
    shapes = {feature["properties"]["code"][9:]: shape(feature["geometry"]) for feature in grids["features"]}
    moved, divided = shapes.pop("001003"), shapes.pop("003001")
    west, south, east, north = divided.bounds
    middle = (west + east) / 2
    new = {
        "004001": (moved, "001003"),
        "002009": (unary_union([shapes.pop("002001"), shapes.pop("002002")]), "002001 002002"),
        "003004": (divided.intersection(box(west, south, middle, north)), "003001"),
        "003005": (divided.intersection(box(middle, south, east, north)), "003001"),
    }
    features = [make_feature(code, outline) for code, outline in shapes.items()]
    features += [make_feature(code, outline, was) for code, (outline, was) in new.items()]
    return {"type": "FeatureCollection", "features": features}


def make_feature(code: str, outline: BaseGeometry, was: str = "") -> dict[str, Any]:
    """Return an outline as the page on changes shows it."""
    properties = {"code": f"{TOWN}{code}"}
    if was:
        properties["was"] = " ".join(f"{TOWN}{old}" for old in was.split())
    return {"type": "Feature", "properties": properties, "geometry": mapping(outline)}


def change_units(pack: PackFiles) -> None:
    """Rename a unit, give another code to one, divide one, merge one into another, and dissolve one."""
    name = "units.toml"
    pack.replace(name, 'name = "指挥中心"', 'name = "城市运行中心"')
    pack.replace(
        name, 'code = "WENHUA"\nname = "文化站"', 'code = "FUWU"\nname = "公共服务办公室"\nwas = ["WENHUA"]'
    )
    pack.replace(
        name,
        'code = "JIANSHE"\nname = "规划建设办公室"',
        'code = "ZHUJIAN"\nname = "住房建设办公室"\nwas = ["JIANSHE"]',
    )
    pack.append(name, make_unit("GUIHUA", "规划土地办公室", "DEPARTMENT", TOWN, "JIANSHE"))
    pack.append(name, make_unit("SQ004", "北苑社区工作站", "COMMUNITY", f"{TOWN}004", "SQ001"))
    pack.remove_row(name, "unit", "ANJIAN")
    pack.replace(name, 'code = "CHENGGUAN"\n', 'code = "CHENGGUAN"\nwas = ["ANJIAN"]\n')
    pack.remove_row(name, "unit", "SHICHANG")
    successors = {"10": "CHENGGUAN", "09": "CHENGGUAN", "08": "ZHUJIAN", "07": "FUWU"}
    for major, unit in successors.items():
        old = f'majors = ["{major}"]\nlead = "{MAJORS[major]}"'
        pack.replace("duties.toml", old, f'majors = ["{major}"]\nlead = "{unit}"')
    pack.append("duties.toml", '\n[[duty]]\nkind = "MATTER"\ncategories = ["08003"]\nlead = "GUIHUA"\n')
    pack.replace("registers/charging_sheds.toml", "JIANSHE", "ZHUJIAN")
    pack.replace("promises.toml", "JIANSHE", "GUIHUA")
    pack.replace("promises.toml", "ANJIAN", "CHENGGUAN")
    pack.append("promises.toml", f'\n[[quota]]\ncampaign = "parking"\narea = "{TOWN}004"\namount = 10\n')
    pack.replace("promises.toml", f'area = "{TOWN}001"\namount = 30', f'area = "{TOWN}001"\namount = 20')


def make_unit(code: str, name: str, kind: str, area: str, was: str = "") -> str:
    """Return the lines of a unit."""
    lines = (
        f'\n[[unit]]\ncode = "{code}"\nname = "{name}"\nkind = "{kind}"\nparent = "JDB"\narea = "{area}"\n'
    )
    return lines + (f'was = ["{was}"]\n' if was else "")


def change_posts(pack: PackFiles) -> None:
    """Merge the post of the return caller into that of the shift leader."""
    pack.replace("posts.toml", '[[post]]\nrole = "VISITOR"\nunits = ["ZHIHUI"]\nsuperior = "SHIFT"\n', "")
    text = pack.read("posts.toml")
    begin, end = (text.index(f'[[role]]\nkey = "{key}"') for key in ("VISITOR", "LEADER"))
    text = text[:begin] + text[end:]
    pack.write("posts.toml", text.replace('key = "SHIFT"\n', 'key = "SHIFT"\nwas = ["VISITOR"]\n'))
    pack.replace(
        "posts.toml",
        '"cases.case:confirm_visit",\n  "cases.caller',
        '"cases.case:confirm_visit", "cases.case:visit",\n  "cases.caller',
    )


def change_fields(pack: PackFiles) -> None:
    """Rename a field of the register of lifts, drop one, and add one."""
    name = "registers/lifts.toml"
    pack.replace(name, 'key = "installed"', 'key = "built"\nwas = "installed"')
    pack.replace(name, "installed <", "built <")
    text = pack.read(name)
    begin, end = text.index('[[field]]\nkey = "checked_on"'), text.index("# 分级")
    pack.write(name, text[:begin] + '[[field]]\nkey = "brand"\nname = "品牌"\ncolumn = true\n\n' + text[end:])


def change_version(pack: PackFiles, old: str, new: str) -> None:
    """Write the new version of the pack."""
    pack.replace("pack.toml", f'version = "{old}"', f'version = "{new}"')
