# ruff: noqa: E501 (a table, one mistake a line)
"""What people do wrong in a pack: each mistake is one edit of a sound pack, with the fault that names it."""

from typing import NamedTuple

from jiedao.orgs.pack.staffing import DECIDED_BY, NEEDED_BY_FILES
from jiedao.packs.tests.test_check_questions import KINDS, SEEN, SIZE
from jiedao.packs.tests.test_projects import PARK
from jiedao.packs.tests.test_promises import PROMISES, STOCK
from jiedao.packs.tests.test_registers import HOUSES
from jiedao.packs.tests.test_scoresheets import MEASURES, SHEET
from jiedao.packs.tests.tiny import TOWN, TinyPack

SYNONYMS = '[[synonym]]\nwords = ["噪音", "噪声"]\n'
FILES = {
    "projects.toml": PARK,
    "promises.toml": PROMISES,
    "measures.toml": MEASURES,
    "scoresheets.toml": SHEET,
    "questions.toml": KINDS + SIZE + SEEN,
    "synonyms.toml": SYNONYMS,
    "registers/stock.toml": STOCK,
    "registers/houses.toml": HOUSES,
}


class Mistake(NamedTuple):
    """An edit of one file, and the place and code of the fault that must name it."""

    file: str
    old: str
    new: str
    place: str
    code: str


def write_pack(tiny: TinyPack) -> None:
    """Add every kind of file to the tiny pack."""
    (tiny.folder / "registers").mkdir()
    for name, text in FILES.items():
        tiny.write(name, text)
    names = {right for rights in NEEDED_BY_FILES.values() for right in rights} | {*DECIDED_BY.values()}
    rights = ", ".join(f'"{name}"' for name in sorted(names))
    tiny.edit("posts.toml", '"cases.board:view"', f'"cases.board:view", {rights}')


MISTAKES = [
    # TOML
    Mistake("units.toml", 'name = "城管办"', "name = “城管办”", "units.toml:9:8", "syntax"),
    Mistake("units.toml", 'name = "城管办"', 'name ＝ "城管办"', "units.toml:9:6", "syntax"),
    Mistake("units.toml", 'name = "城管办"', 'name： "城管办"', "units.toml:9:5", "syntax"),
    Mistake("units.toml", 'name = "城管办"', 'name: "城管办"', "units.toml:9:5", "syntax"),
    Mistake("units.toml", 'name = "城管办"', "name = 城管办", "units.toml:9:8", "syntax"),
    Mistake("units.toml", 'name = "城管办"', 'name = "城管办', "units.toml:9:8", "syntax"),
    Mistake("units.toml", 'name = "城管办"', 'name = "城管办”', "units.toml:9:12", "syntax"),
    Mistake("units.toml", 'name = "城管办"', "name =", "units.toml:9:7", "syntax"),
    Mistake("units.toml", 'name = "城管办"', 'name = "城管"办"', "units.toml:9:12", "syntax"),
    Mistake("units.toml", 'name = "城管办"', 'name = "城管办"\nname = "执法办"', "units.toml:10", "syntax"),
    Mistake("units.toml", '[[unit]]\ncode = "CG"', '[unit]]\ncode = "CG"', "units.toml:7:8", "syntax"),
    Mistake("units.toml", f'area = "{TOWN}"', f"area = {TOWN}", "units.toml:5", "bad-type"),
    Mistake("duties.toml", 'areas = ["440307014001"]', 'areas = ["440307014001" "440307014002"]', "duties.toml:14:24", "syntax"),
    Mistake("duties.toml", 'helpers = ["CG"]', 'helpers = ["CG"', "duties.toml:16:16", "syntax"),
    Mistake("duties.toml", 'limits = { handle = "1wd" }', 'limits = { handle = "1wd", }', "duties.toml:10:28", "syntax"),
    Mistake("pack.toml", "max_returns = 2", "max_returns = 2次", "pack.toml:8:15", "syntax"),
    Mistake("pack.toml", "max_returns = 2", "max_returns = 02", "pack.toml:8:15", "syntax"),
    Mistake("calendar.toml", "working = false", "working = no", "calendar.toml:6:11", "syntax"),
    Mistake("calendar.toml", "2027-01-01", "2027/1/1", "calendar.toml:5:8", "syntax"),
    Mistake("calendar.toml", "2027-01-01", "2027-02-30", "calendar.toml:5:8", "syntax"),
    # keys and values
    Mistake("units.toml", "parent", "parnet", "units.toml:11", "unknown-key"),
    Mistake("units.toml", '\nname = "城管办"', "", "units.toml:7", "missing-key"),
    Mistake("units.toml", 'kind = "DEPARTMENT"', 'kind = "OFFICES"', "units.toml:10", "bad-value"),
    Mistake("units.toml", 'parent = "JDB"', 'parent = "JDD"', "units.toml:11", "dangling"),
    Mistake("units.toml", 'code = "CG"', 'code = "JDB"', "units.toml:8", "duplicate"),
    Mistake("units.toml", 'code = "JDB"', 'code = "JDB"\nparent = "CG"', "units.toml:12", "cycle"),
    Mistake("units.toml", 'parent = "JDB"', 'parent = "JDB"\nduty_phone = "13800138000"', "units.toml:12", "bad-value"),
    Mistake("units.toml", 'code = "CG"', 'code = "CG"\nwas = ["CG"]', "units.toml:9", "circle"),
    Mistake("units.toml", 'code = "CG"\nname = "城管办"', 'code = "CG"\nwas = ["ZF"]\nname = "城管办"\n[[unit]]\ncode = "ZF"\nname = "执法办"\nwas = ["CG"]', "units.toml:9", "circle"),
    Mistake("duties.toml", 'handle = "3wd"', 'handle = "3天"', "duties.toml:3", "bad-limit"),
    Mistake("duties.toml", 'majors = ["06"]', 'majors = ["07"]', "duties.toml:9", "dangling"),
    Mistake("duties.toml", 'lead = "SQ1"', 'lead = "SQ2"', "duties.toml:15", "dangling"),
    Mistake("duties.toml", 'helpers = ["CG"]', 'helpers = ["SQ1"]', "duties.toml:16", "bad-value"),
    Mistake("duties.toml", "[[duty]]\nlead", "[[dutys]]\nlead", "duties.toml:5", "unknown-key"),
    Mistake("reasons.toml", 'kind = "VOID"', 'kind = "REJECT"', "reasons.toml", "missing-key"),
    Mistake("posts.toml", '"cases.case:handle"', '"cases.case:handel"', "posts.toml:13", "unknown-permission"),
    Mistake("posts.toml", 'superior = "JDB.LEADER"', 'superior = "JDB.LEADERS"', "posts.toml:23", "dangling"),
    Mistake("posts.toml", 'unit_kinds = ["DEPARTMENT", "COMMUNITY"]\n', "", "posts.toml:20", "missing-key"),
    Mistake("calendar.toml", '"14:00-18:00"', '"2pm-6pm"', "calendar.toml:2", "bad-value"),
    Mistake("pack.toml", f'town = "{TOWN}"', 'town = "440307"', "pack.toml:5", "dangling"),
    Mistake("pack.toml", "format = 1", "format = 2", "pack.toml:2", "other-format"),
    Mistake("pack.toml", "max_returns = 2", "max_returns = 99", "pack.toml:8", "bad-value"),
    Mistake("pack.toml", '["NOT_OURS"]', '["NOT_OUR"]', "pack.toml:9", "dangling"),
    # sheets of places
    Mistake("areas.csv", f"{TOWN}002,西社区", "4.40307E+11,西社区", "areas.csv:5", "lost-code"),
    Mistake("areas.csv", f"{TOWN}002,西社区,West", f"{TOWN}002,西社区", "areas.csv:5", "columns"),
    Mistake("areas.csv", f"{TOWN}002,西社区,West", f"{TOWN}002，西社区，West", "areas.csv:5", "columns"),
    Mistake("areas.csv", f"{TOWN}002,西社区", f"{TOWN}02,西社区", "areas.csv:5", "bad-area-code"),
    Mistake("areas.csv", "code,name,name_en", "编码,name,name_en", "areas.csv:1", "columns"),
    Mistake("areas.csv", "西社区", "东社区", "areas.csv:5", "duplicate"),
    Mistake("categories.csv", "MATTER,06001", "MATTER,6001", "categories.csv:5", "bad-category-code"),
    Mistake("categories.csv", "私搭乱建,Unauthorised building,是", "私搭乱建,Unauthorised building,对", "categories.csv:5", "bad-type"),
    Mistake("premises.csv", "114.105,22.605", "22.605,114.105", "premises.csv:2", "bad-value"),
    Mistake("premises.csv", "114.105,22.605", "114.105,", "premises.csv:2", "missing-key"),
    Mistake("premises.csv", "114.105,22.605", "114.305,22.605", "premises.csv:2", "outside-parent"),
    Mistake("roads.csv", "一号路,First", '"一号路,First', "roads.csv:2:1", "syntax"),
    Mistake("roads.csv", f"{TOWN}002", f"{TOWN}009", "roads.csv:2", "dangling"),
    Mistake("grids.geojson", "114.1,", "114.1", "grids.geojson:2:120", "syntax"),
    Mistake("communities.geojson", "[114.1, 22.6], [114.12, 22.6], [114.12, 22.61]", "[114.1, 22.6], [114.12, 22.61], [114.12, 22.6]", "communities.geojson:2", "bad-geometry"),
    # expressions
    Mistake("rules.toml", "category.name.contains('垃圾')", "category.major == '06' and category.name.contains('垃圾')", "rules.toml:2:40", "expression"),
    Mistake("rules.toml", "category.name.contains('垃圾')", "category.name.contains(‘垃圾’)", "rules.toml:2:40", "expression"),
    Mistake("rules.toml", "category.name.contains('垃圾')", "category.name.contain('垃圾')", "rules.toml:2:31", "expression"),
    Mistake("rules.toml", "category.name.contains('垃圾')", "category.major = '06'", "rules.toml:2:32", "expression"),
    Mistake("registers/houses.toml", "storeys >= 7 &&", "storeys >= '7' &&", "registers/houses.toml:35:20", "expression"),
    Mistake("registers/houses.toml", "use == 'SHOP'", "use == 'SHOPS'", "registers/houses.toml:35:32", "expression"),
    # registers, projects, promises, measures, score sheets, synonyms
    Mistake("registers/houses.toml", 'unit = "层"', 'unit = "层"\npersonal = true', "registers/houses.toml:16", "bad-value"),
    Mistake("registers/houses.toml", 'key = "use"', 'key = "grade"', "registers/houses.toml:18", "bad-value"),
    Mistake("registers/houses.toml", 'category = "MATTER 06010"', 'category = "MATTER 06011"', "registers/houses.toml:46", "dangling"),
    Mistake("projects.toml", 'parent = "build"', 'parent = "bild"', "projects.toml:31", "dangling"),
    Mistake("projects.toml", 'after = "trees"', 'after = "ground"', "projects.toml:45", "cycle"),
    Mistake("projects.toml", "budget = 120000.5", 'budget = "12万"', "projects.toml:50", "bad-type"),
    Mistake("promises.toml", "amount = 20.42", "amount = 20", "promises.toml:20", "bad-value"),
    Mistake("promises.toml", "due_date = 2020-12-31", "due_date = 2019-12-31", "promises.toml:9", "bad-value"),
    Mistake("promises.toml", 'sum = "size"', 'sum = "sizes"', "promises.toml:10", "bad-value"),
    Mistake("measures.toml", 'denominator = { source = "cases", measure = "due" }', 'denominator = { source = "cases", measure = "dues" }', "measures.toml:11", "bad-value"),
    Mistake("measures.toml", 'splits = ["unit"]', 'splits = ["units"]', "measures.toml:15", "dangling"),
    Mistake("scoresheets.toml", "points = 70", "points = 60", "scoresheets.toml:11", "weights"),
    Mistake("scoresheets.toml", 'rule = "rate"', 'rule = "rates"', "scoresheets.toml:21", "bad-rule"),
    Mistake("questions.toml", 'type = "choice"', 'type = "text"', "questions.toml:8", "bad-value"),
    Mistake("questions.toml", 'unit = "平方米"', 'personal = true', "questions.toml:16", "bad-value"),
    Mistake("questions.toml", "== 'RUBBLE'", "== 'RUBBEL'", "questions.toml:24:18", "expression"),
    Mistake("questions.toml", "size > 1", "seen", "questions.toml:24:30", "expression"),
    Mistake("questions.toml", '["06010"]', '["06011"]', "questions.toml:4", "dangling"),
    Mistake("synonyms.toml", '["噪音", "噪声"]', '["噪音"]', "synonyms.toml:2", "bad-value"),
]  # fmt: skip
