"""A tiny, sound pack for tests: two communities of two square grids each, two units, three categories."""

import json
from pathlib import Path

from django.utils.translation import override

from jiedao.kernel.packs.faults import Fault, Report
from jiedao.kernel.packs.pack import Pack
from jiedao.packs.check import check_pack

TOWN = "440307014"


def square(west: float, south: float, size: float = 0.01) -> list[list[list[float]]]:
    """Return the rings of a square, rounded."""
    east, north = round(west + size, 6), round(south + size, 6)
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def collection(features: dict[str, list[list[list[float]]]]) -> str:
    """Return a FeatureCollection with one feature a line: the first feature is in line 2."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {"code": code},
                "geometry": {"type": "Polygon", "coordinates": rings},
            }
        )
        for code, rings in features.items()
    ]
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"


GRIDS = {
    f"{TOWN}001001": square(114.1, 22.6),
    f"{TOWN}001002": square(114.11, 22.6),
    f"{TOWN}002001": square(114.1, 22.61),
    f"{TOWN}002002": square(114.11, 22.61),
}
COMMUNITIES = {
    f"{TOWN}001": [[[114.1, 22.6], [114.12, 22.6], [114.12, 22.61], [114.1, 22.61], [114.1, 22.6]]],
    f"{TOWN}002": [[[114.1, 22.61], [114.12, 22.61], [114.12, 22.62], [114.1, 22.62], [114.1, 22.61]]],
}
# Rights of the loop that the only role with a view of the town holds in addition, so that no warning is reported.
LOOP_RIGHTS = ", ".join(
    f'"cases.case:{verb}"'
    for verb in ("report", "accept", "reject", "verify", "dispatch", "check", "close", "reply", "visit")
)
FILES = {
    "pack.toml": f"""[pack]
format = 1
name = "小镇"
version = "1"
town = "{TOWN}"

[policy]
max_returns = 2
wrong_reasons = ["NOT_OURS"]
""",
    "areas.csv": f"""code,name,name_en
440307,某区,District
{TOWN},某街道,Town
{TOWN}001,东社区,East
{TOWN}002,西社区,West
""",
    "communities.geojson": collection(COMMUNITIES),
    "grids.geojson": collection(GRIDS),
    "premises.csv": f"""code,kind,name,area,lon,lat,address
P1,ESTATE,翠湖花园,{TOWN}001001,114.105,22.605,一号路1号
""",
    "roads.csv": f"name,name_en,areas\n一号路,First Road,{TOWN}001 {TOWN}002\n",
    "units.toml": f"""[[unit]]
code = "JDB"
name = "街道办"
kind = "OFFICE"
area = "{TOWN}"

[[unit]]
code = "CG"
name = "城管办"
kind = "DEPARTMENT"
parent = "JDB"

[[unit]]
code = "SQ1"
name = "东社区工作站"
kind = "COMMUNITY"
parent = "JDB"
area = "{TOWN}001"
""",
    "posts.toml": """[[role]]
key = "LEADER"
title = "街道领导"
scope = "AREA"
permissions = ["cases.case:view", "cases.board:view", LOOP_RIGHTS]

[[role]]
key = "HANDLER"
title = "处置人员"
scope = "UNIT"
permissions = [
  "cases.case:view",
  "cases.case:handle",
]

[[post]]
role = "LEADER"
units = ["JDB"]

[[post]]
role = "HANDLER"
unit_kinds = ["DEPARTMENT", "COMMUNITY"]
superior = "JDB.LEADER"

[[role]]
key = "SYSADMIN"
title = "系统管理员"
scope = "UNIT"
permissions = ["orgs.user:manage", "packs.pack:apply"]

[[role]]
key = "SECADMIN"
title = "安全管理员"
scope = "UNIT"
permissions = ["orgs.post:manage"]

[[role]]
key = "AUDITOR"
title = "审计管理员"
scope = "UNIT"
permissions = ["audit.entry:view"]

[[post]]
role = "SYSADMIN"
units = ["JDB"]

[[post]]
role = "SECADMIN"
units = ["JDB"]

[[post]]
role = "AUDITOR"
units = ["JDB"]
""".replace("LOOP_RIGHTS", LOOP_RIGHTS),
    "categories.csv": """kind,code,name,name_en,verify_first,visit_required,filing,closing
COMPONENT,01,公用设施,Utilities,,,设施破损,设施修复
COMPONENT,01001,供水井盖,Water cover,,,,
MATTER,06,市容环境,Appearance,,,现场可见,清理完毕
MATTER,06001,私搭乱建,Unauthorised building,是,,,已拆除
MATTER,06010,暴露垃圾,Litter,,否,,
""",
    "rules.toml": "[rules]\nverify_first = \"category.name.contains('垃圾')\"\n",
    "keywords.toml": """[component]
"01001" = ["供水井盖", "井盖"]

[matter]
"06001" = ["违建", "搭建"]
"06010" = ["垃圾", "脏乱"]
""",
    "duties.toml": f"""[limits]
accept = "2wh"
handle = "3wd"

[[duty]]
lead = "CG"

[[duty]]
majors = ["06"]
limits = {{ handle = "1wd" }}

[[duty]]
categories = ["06010"]
areas = ["{TOWN}001"]
lead = "SQ1"
helpers = ["CG"]
limits = {{ handle = "4wh" }}
""",
    "reasons.toml": "\n".join(
        f'[[reason]]\nkind = "{kind}"\ncode = "{code}"\ntext = "原因"\n'
        for kind, code in (
            ("REJECT", "COURT"),
            ("RETURN", "NOT_OURS"),
            ("SUSPEND", "FUNDS"),
            ("VOID", "TEST"),
        )
    ),
    "calendar.toml": '[office]\nhours = ["09:00-12:00", "14:00-18:00"]\n\n'
    '[[day]]\ndate = 2027-01-01\nworking = false\nname = "元旦"\n',
}


def check_in_english(folder: Path) -> tuple[Pack, Report]:
    """Check a pack; the faults are in English, so that a test can name their words."""
    with override("en"):
        return check_pack(folder)


class TinyPack:
    """The tiny pack in a folder; a test introduces a fault in one place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Replace a file."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file; the file must contain it."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new, 1))

    def append(self, name: str, text: str) -> None:
        """Add to the end of a file."""
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def report(self) -> Report:
        """Check the pack; the faults are in English."""
        return check_in_english(self.folder)[1]

    def only_error(self) -> Fault:
        """Check the pack and return its single error."""
        errors = set(self.report().errors)
        assert len(errors) == 1, "\n".join(map(str, sorted(errors))) or "no error"
        return errors.pop()
