"""A second town from nothing: founded, changed, moved to PostgreSQL, and joined to a district.

Everything is done as the documents state: by commands in an empty folder, and on pages over HTTP. Each test continues
where the one before it ended, so run the module as a whole.
"""

import filecmp
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.offices import Office
from tests.journeys.second_town import BOX, TOWN, add_own_matters, list_options
from tests.journeys.walking import ADMINISTRATORS, AUTUMN, PEOPLE, SPRING, Journey, fill_sheet, make_photo

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """The town, with which each test continues."""
    return Journey(Office(tmp_path_factory.mktemp("second-town")))


@pytest.fixture
def day(journey: Journey) -> Iterator[Journey]:
    """A day on which server and worker run."""
    with journey.office.open() as address:
        journey.begin_day(address)
        yield journey


# -- 1. founded ----------------------------------------------------------------------------------------------------


def test_pack_new_makes_the_minimal_town(journey: Journey) -> None:
    journey.office.run("jiedao pack new minimal --defaults")
    difference = filecmp.dircmp(journey.office.folder / "minimal", ROOT / "packs/minimal")
    for part in (difference, *difference.subdirs.values()):
        assert (part.left_only, part.right_only, part.diff_files) == ([], [], [])


def test_the_town_is_founded(journey: Journey) -> None:
    office = journey.office
    office.run(f"jiedao pack new liuhe {list_options()}")
    add_own_matters(journey.pack)
    office.run(f"jiedao pack outline rectangles liuhe --box {BOX}")
    journey.pack.replace("pack.toml", "#schematic", "schematic")
    office.run("jiedao migrate")
    office.set_clock(SPRING)
    assert "liuhe: 0 errors, 0 warnings" in office.run("jiedao pack check liuhe")
    assert json.loads(office.run("jiedao pack plan liuhe --json"))["blocked"] == 0
    office.run("jiedao pack apply liuhe --yes")
    for username, (name, post) in ADMINISTRATORS.items():
        password = office.run(f"jiedao user create {username} --name {name} --post {post}")
        journey.passwords[username] = password.split()[0]


def test_its_people_have_accounts_and_posts(day: Journey) -> None:
    for username, (name, post) in PEOPLE.items():
        day.add_person(username, name)
        day.give_post(username, post)
    users = json.loads(day.office.run("jiedao user list --json"))
    assert {user["username"] for user in users} == set(PEOPLE) | set(ADMINISTRATORS)
    assert "王小东" in day["wangge"].open("/desk/account/")


def work_on_cases(day: Journey) -> None:
    """File and work on the cases of the half-year: some end, the others stay open where the town will change."""
    east = dict(zip(("lon", "lat"), day.pack.find_point(f"{TOWN}001003"), strict=True))
    middle = dict(zip(("lon", "lat"), day.pack.find_point(f"{TOWN}003001"), strict=True))
    estate = day.find_id("places_premise", "code = 'XQ001'")
    day.report("ended", "东边街口的垃圾三天没有清运。", by="wangge", **east)
    day.dispatch("ended", "06010")
    day.finish("ended", "dongmen", "chuzhi")
    day.report("ended by a department", "工地夜里十二点还在打桩。", by="wangge", area="001003")
    day.dispatch("ended by a department", "08001")
    day.finish("ended by a department", "jianshe")
    day.report("in a grid that moves", "路灯不亮已经三天。", area="001003")
    day.dispatch("in a grid that moves", "01037")
    day.report("with a point that moves", "井盖破损，夜里看不清。", by="wangge", **east)
    day.report("joined", "河边护栏松动。", area="002001")
    day.dispatch("joined", "01037")
    day.report("at an estate", "小区门口污水外溢。", premise=estate)
    day.report("divided with a point", "围墙开裂，怕倒塌伤人。", **middle)
    day.report("divided without a point", "楼道堆满杂物。", area="003001")
    for name, category in {"merged": "10002", "renamed": "07001", "dissolved": "09006"}.items():
        day.report(name, f"请处理：{name}，已经一个星期了。", by="wangge", area="001001")
        day.dispatch(name, category)
    for name, category in {"of planners": "08003", "of builders": "08004"}.items():
        day.report(name, f"工地问题：{name}，影响通行。", by="wangge", area="001002")
        day.dispatch(name, category)
    day.move("anjian", "merged", "TAKE")


def test_cases_are_reported_dispatched_handled_checked_and_closed(day: Journey) -> None:
    work_on_cases(day)
    states = dict(day.office.query("SELECT state, count(*) FROM cases_case GROUP BY state"))
    assert sum(states.values()) == len(day.cases) == 13
    assert states["CLOSED"] + states["DONE"] == 2


def list_lifts(day: Journey) -> list[dict[str, str]]:
    """Return lifts in the grids that will change; some have a point, the others a grid only."""
    codes = {"L1": "001001", "L2": "001003", "L3": "001003", "L4": "002001", "L5": "002002", "L6": "003001"}
    rows = [{"注册代码": key, "名称": f"{key} 号电梯", "社区、网格": f"{TOWN}{code}"} for key, code in codes.items()]
    lon, lat = day.pack.find_point(f"{TOWN}003001")
    rows.append({**rows[-1], "注册代码": "L7", "名称": "L7 号电梯", "经度": f"{lon}", "纬度": f"{lat}"})
    return [{**row, "安装年份": "2005", "上次检验日期": "2020-03-01"} for row in rows]


def test_records_are_imported_from_sheets_by_command_and_on_the_page(day: Journey) -> None:
    day.office.run("jiedao import template lifts.xlsx --register lifts")
    file = day.office.folder / "lifts.xlsx"
    file.write_bytes(fill_sheet(file.read_bytes(), list_lifts(day)))
    line = "jiedao import register lifts lifts.xlsx --json"
    assert json.loads(day.office.run(f"{line} --dry-run"))["created"] == 7
    assert json.loads(day.office.run(line))["written"] is True
    browser = day["guihua"]
    browser.open("/desk/registers/charging_sheds/template/")
    sheds = [
        {"充电棚编码": f"S{n}", "名称": f"{n} 号棚", "处所": f"XQ00{n}", "充电位": "36"} for n in (1, 2)
    ]
    sheet = ("充电棚.xlsx", fill_sheet(browser.body, sheds))
    browser.open("/desk/registers/charging_sheds/import/")
    browser.send("检查", files={"file": sheet})
    browser.send("导入")
    assert "2 号棚" in browser.open("/desk/registers/charging_sheds/")


def test_an_inspection_is_made_and_another_is_planned(day: Journey) -> None:
    found, planned = (day.find_id("registers_record", f"code = '{code}'") for code in ("L3", "L4"))
    browser = day["wangge"]
    browser.open(f"/desk/inspections/records/{found}/monthly/")
    browser.send("checklist", files={"photos-phone": make_photo()}, **{"answer-phone": "FAIL", "note-phone": "没有声音"})
    assert "检查已记录" in browser.text, browser.text[:800]
    number = next(iter(browser.links(start="/desk/cases/2").values())).split("/")[3]
    day.cases["of a finding"] = number
    browser = day["fuzeren"]
    browser.open(f"/desk/inspections/records/{planned}/monthly/")
    browser.send("安排检查", due="2020-12-20", why="投诉较多")
    assert "2020-12-20" in browser.open(f"/desk/registers/lifts/{planned}/")


def test_a_campaign_is_split_and_its_amounts_are_entered(day: Journey) -> None:
    browser = day["guihua"]
    parts = {"001": 40, "002": 30, "003": 20}
    areas = {code: day.find_area(code) for code in parts}
    browser.open("/desk/promises/campaigns/parking/split/")
    browser.send("保存", **{f"area_{areas[code]}": amount for code, amount in parts.items()})
    assert browser.url.endswith("/campaigns/parking/"), browser.text
    browser.open("/desk/promises/campaigns/parking/")
    browser.send("登记", day="2020-05-15", amount="12", area=areas["001"], document="验收单1号")
    assert "验收单1号" in browser.open("/desk/promises/campaigns/parking/")
