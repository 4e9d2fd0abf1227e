"""A second town from nothing: founded, changed, moved to PostgreSQL, and joined to a district.

Everything is done as the documents state: by commands in an empty folder, and on pages over HTTP. Each test continues
where the one before it ended, so run the module as a whole.
"""

import filecmp
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.accounting import (
    RETIRED_AREAS,
    check_moved,
    find_moved,
    read_office,
    read_past_half,
    read_rows,
)
from tests.journeys.browsing import Browser, get_json
from tests.journeys.offices import Office
from tests.journeys.second_town import (
    BOX,
    TOWN,
    PackFiles,
    add_own_matters,
    change_areas,
    change_fields,
    change_posts,
    change_units,
    change_version,
    list_options,
)
from tests.journeys.walking import (
    ADMINISTRATORS,
    AUTUMN,
    PEOPLE,
    SPRING,
    Journey,
    fill_sheet,
    find_choice,
    list_lifts,
    make_photo,
)
from tools.test_pg import NoPostgresError, throwaway_postgres

ROOT = Path(__file__).resolve().parents[2]
CACHE_SECONDS = 21  # after which a running server knows the places and posts that a command has changed


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    """The town, with which each test continues."""
    journey = Journey(Office(tmp_path_factory.mktemp("second-town")))
    yield journey
    journey.close_office()


@pytest.fixture
def day(journey: Journey) -> Journey:
    """The town with a server and a worker, which go on running after the test."""
    journey.open_office()
    return journey


@pytest.fixture
def night(journey: Journey) -> Journey:
    """The town without a server."""
    journey.close_office()
    return journey


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
    # Migrating takes half a minute: the other offices begin with a copy of this database.
    office.copy_empty(office.folder / "empty")
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
    day.report("of the community", "巷口堆满垃圾。", by="wangge", area="001003")
    day.dispatch("of the community", "06010")
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
    assert sum(states.values()) == len(day.cases) == 14
    assert states.get("CLOSED", 0) + states.get("DONE", 0) == 2


def test_records_are_imported_from_sheets_by_command_and_on_the_page(day: Journey) -> None:
    day.office.run("jiedao import template lifts.xlsx --register lifts")
    file = day.office.folder / "lifts.xlsx"
    file.write_bytes(fill_sheet(file.read_bytes(), list_lifts(day)))
    line = "jiedao import register lifts lifts.xlsx --json"
    assert json.loads(day.office.run(f"{line} --dry-run"))["created"] == 7
    assert json.loads(day.office.run(line))["written"] is True
    browser = day["guihua"]
    browser.open("/desk/registers/charging_sheds/template/")
    sheds = [{"充电棚编码": f"S{n}", "名称": f"{n} 号棚", "处所": f"XQ00{n}", "充电位": "36"} for n in (1, 2)]
    sheet = ("充电棚.xlsx", fill_sheet(browser.body, sheds))
    browser.open("/desk/registers/charging_sheds/import/")
    browser.send("检查", files={"file": sheet})
    browser.send("导入")
    assert "2 号棚" in browser.open("/desk/registers/charging_sheds/")


def test_an_inspection_is_made_and_another_is_planned(day: Journey) -> None:
    found, planned = (day.find_id("registers_record", f"code = '{code}'") for code in ("L3", "L4"))
    browser = day["wangge"]
    browser.open(f"/desk/inspections/records/{found}/monthly/")
    browser.send(
        "checklist",
        files={"photos-phone": make_photo()},
        **{"answer-phone": "FAIL", "note-phone": "没有声音"},
    )
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


# -- 2. half a year later ------------------------------------------------------------------------------------------


def test_a_pack_that_dissolves_a_busy_unit_is_refused(night: Journey, journey: Journey) -> None:
    night.office.set_clock(AUTUMN)
    change_areas(journey.pack)
    change_units(journey.pack)
    change_posts(journey.pack)
    change_fields(journey.pack)
    change_version(journey.pack, "1", "2")
    journey.office.run("jiedao pack outline join liuhe")
    assert "liuhe: 0 errors, 0 warnings" in journey.office.run("jiedao pack check liuhe")
    plan = journey.office.run("jiedao pack plan liuhe", code=3)
    assert "SHICHANG" in plan
    assert journey.cases["dissolved"] in plan
    before = journey.office.query("SELECT count(*) FROM audit_entry")
    journey.office.run("jiedao pack apply liuhe --yes", code=3)
    assert journey.office.query("SELECT count(*) FROM audit_entry") == before
    assert journey.office.query("SELECT code FROM orgs_unit WHERE code = 'GUIHUA'") == []


def test_the_work_and_the_people_of_the_dissolved_unit_go_elsewhere(day: Journey) -> None:
    unit = day.find_id("orgs_unit", "code = 'CHENGGUAN'")
    day.move("paiqian", "dissolved", "REDISPATCH", unit=unit, note="市场监管办公室撤销，由城管办承接。")
    day.give_post("shichang", "CHENGGUAN.HANDLER")
    day.end_post("shichang", "市场监管办公室")
    people = {row["username"]: row["posts"] for row in json.loads(day.office.run("jiedao user list --json"))}
    assert people["shichang"] == ["处置人员 · 城市管理办公室"]


def test_the_change_is_applied(journey: Journey) -> None:
    office = journey.office
    office.run(f"jiedao backup {office.folder}/before-the-change")
    plan = json.loads(office.run("jiedao pack plan liuhe --json"))
    assert plan["blocked"] == 0
    journey.notes |= {"plan": plan["following"], "rows": read_rows(office), "half": read_past_half(office)}
    ((count,),) = office.query("SELECT count(*) FROM cases_case")
    assert journey.notes["half"]["figure"]["value"] == str(count)
    office.run("jiedao pack apply liuhe --yes --reason 辖区和机构调整")
    time.sleep(CACHE_SECONDS)


def test_every_row_is_moved_with_an_entry_or_waits_for_a_person(day: Journey) -> None:
    before, after = day.notes["rows"], read_rows(day.office)
    moved = {what: find_moved(before[what], after[what]) for what in before}
    for what, keys in moved.items():
        for key in keys:
            check_moved(what, before[what][key], after[what][key])
    assert moved["closed cases"] == moved["quotas"] == set()
    entries = day.office.query(
        "SELECT c.number FROM cases_casemove m JOIN cases_case c ON c.id = m.case_id"
        " WHERE m.move IN ('RELOCATED', 'SUCCEEDED')"
    )
    assert {number for (number,) in entries} == moved["open cases"]
    audited = dict(day.office.query("SELECT action, count(*) FROM audit_entry GROUP BY action"))
    assert audited["registers.record:relocate"] == len(moved["records"])
    planned = {
        what: sum(sum(line["moved"].values()) for line in day.notes["plan"] if line["what"] == what)
        for what in ("open cases", "records", "holders")
    }
    assert planned == {
        "open cases": len(entries),
        "records": len(moved["records"]),
        "holders": len(moved["holders"]),
    }
    waiting = {key for key, (place, _unit) in after["open cases"].items() if place in RETIRED_AREAS}
    assert waiting == {day.cases["divided without a point"]}
    assert waiting <= set(re.findall(r"2020-\d{8}", day["paiqian"].open("/desk/undecided/?sort=places")))
    assert "L6" in day["fuzeren"].open("/desk/undecided/?sort=places")
    holders = day["xitong"].open("/desk/undecided/?sort=holders")
    assert "何建" in holders
    assert "吕规" in holders
    undecided = sum(line["undecided"] for line in day.notes["plan"])
    assert undecided == len(waiting) + len({"L6"}) + len({"何建", "吕规"})


def decide_place(browser: Browser, words: str, grid: str) -> None:
    """Decide where the row with these words belongs, on the page of undecided places."""
    browser.open("/desk/undecided/?sort=places")
    row = next(node for node in browser.page.find_all("tr") if words in node.text)
    box = next(node for node in row.find_all("input") if node.attributes.get("name") == "rows")
    browser.send("归并选中的", rows=box.attributes["value"], to=find_choice(browser, "to", grid))


def test_people_decide_what_the_apply_could_not(day: Journey) -> None:
    decide_place(day["paiqian"], day.cases["divided without a point"], f"{TOWN}003004")
    decide_place(day["fuzeren"], "L6", f"{TOWN}003004")
    browser = day["xitong"]
    for name, post in {"何建": "住房建设办公室 · 处置人员", "吕规": "规划土地办公室 · 单位负责人"}.items():
        browser.open("/desk/undecided/?sort=holders")
        form = next(node for node in browser.page.find_all("form") if name in node.text)
        holding = next(n for n in form.find_all("input") if n.attributes.get("name") == "holding")
        choice = next(o for o in form.find_all("option") if post in o.text).attributes["value"]
        browser.send("改任", holding=holding.attributes["value"], post=choice)
    after = read_rows(day.office)
    assert after["open cases"][day.cases["divided without a point"]][0] == "003004"
    assert after["records"]["L6"][0] == "003004"
    posts = {post for post, _user in after["holders"].values()}
    assert {"ZHUJIAN.HANDLER", "GUIHUA.LEAD"} <= posts
    assert day.cases["divided without a point"] not in day["paiqian"].open("/desk/undecided/")
    browser = day["guihua"]
    browser.open("/desk/promises/campaigns/parking/split/")
    parts = {"001": 25, "002": 30, "003": 20, "004": 15}
    browser.send("保存", **{f"area_{day.find_area(code)}": amount for code, amount in parts.items()})
    quotas = {place: float(amount) for place, amount in read_rows(day.office)["quotas"].values()}
    assert quotas == parts


def test_displayed_history_has_the_names_of_then(day: Journey) -> None:
    text = day["lingdao"].open(f"/desk/cases/{day.cases['ended by a department']}/")
    for words in ("规划建设办公室", "指挥中心", "东门社区 · 网格003"):
        assert words in text
    assert "城市运行中心" not in text
    text = day["lingdao"].open(f"/desk/cases/{day.cases['in a grid that moves']}/")
    assert "北苑社区 · 网格001" in text
    assert "按辖区调整" in text


def test_a_field_was_renamed_one_dropped_and_one_added(day: Journey) -> None:
    text = day["fuzeren"].open("/desk/registers/lifts/")
    assert "品牌" in text
    assert "上次检验日期" not in text
    regrade = json.loads(day.office.run("jiedao register regrade lifts --json"))
    # The grades follow from the years of installation, which are there under the new key.
    assert [regrade[name] for name in ("graded", "changes", "faulty")] == [7, 0, 0]


def test_figures_of_the_past_half_are_what_they_were(journey: Journey) -> None:
    assert read_past_half(journey.office) == journey.notes["half"]
    line = "jiedao board --period 2020H1 --by area --places now --json"
    now = {row["key"]: row["reported"] for row in json.loads(journey.office.run(line))}
    then = {row["key"]: row["reported"] for row in journey.notes["half"]["area"]}
    assert sum(now.values()) == sum(then.values())
    assert now[f"{TOWN}004"] > 0
    assert f"{TOWN}004" not in then


def test_the_way_back_is_planned_like_any_other_change(journey: Journey) -> None:
    history = json.loads(journey.office.run("jiedao pack history --json"))
    assert [pack["version"] for pack in history] == ["2", "1"]
    journey.office.run("jiedao pack export 1 former")
    plan = journey.office.run("jiedao pack plan former", code=3)
    assert "GUIHUA" in plan


# -- 3. moved to PostgreSQL ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an empty database of a PostgreSQL server that exists only for this module."""
    try:
        with throwaway_postgres() as address:
            yield address
    except NoPostgresError as reason:
        pytest.skip(str(reason))


def test_what_is_shown_before_the_move_is_noted(day: Journey) -> None:
    token = day.office.run("jiedao token issue lingdao --name compare").split()[0]
    day.notes |= {"token": token, "shown": read_office(day, token)}
    assert len(day.notes["shown"]["found"]) >= 2


def test_the_town_moves_to_postgresql_and_the_old_database_refuses(night: Journey, server: str) -> None:
    office = night.office
    moved = json.loads(office.run(f"jiedao move --to '{server}' --json"))
    assert moved["audit"]["intact"] is True
    assert moved["tables"]["cases_case"]["rows"] == len(night.cases)
    assert "postgresql" in office.run("jiedao user list", code=1)
    office.url = server
    office.run("jiedao audit seal")  # as the worker does every minute
    assert json.loads(office.run("jiedao audit verify --json"))["intact"] is True


def test_nothing_is_different_in_postgresql(day: Journey) -> None:
    assert read_office(day, day.notes["token"]) == day.notes["shown"]
    assert read_past_half(day.office) == day.notes["half"]
    assert read_rows(day.office)["holders"]
    last = max(day.cases.values())
    assert day.report("after the move", "搬家以后的第一件。", area="004001") > last


# -- 4. joined to a district with Buji -----------------------------------------------------------------------------

DISTRICT_PEOPLE = {
    "quguanli": "ZHIHUI.SYSADMIN",
    "qupaiqian": "ZHIHUI.DISPATCHER",
    "quzhiban": "ZHIHUI.SHIFT",
    "quducha": "DUCHA.SUPERVISOR",
}
MESSAGES = """编号,留言时间,标题,详情,答复意见,答复时间
B-1,2020-03-02 09:00,路灯不亮,大芬油画村路灯不亮。,已修好。,2020-03-04 10:00
B-2,2020-04-06 09:00,井盖破损,布吉街井盖破损。,已更换。,2020-04-09 10:00
B-3,2020-05-11 09:00,垃圾满溢,木棉湾垃圾满溢。,,
"""


@pytest.fixture(scope="module")
def district(journey: Journey) -> Iterator[Journey]:
    """The district above the town, with an empty database."""
    empty = Office(journey.office.folder / "empty")
    folder = journey.office.folder / "district"
    district = Journey(empty.copy_empty(folder, JIEDAO_OFFICE_NETWORKS="127.0.0.0/8"))
    yield district
    district.close_office()


@pytest.fixture(scope="module")
def buji(journey: Journey) -> Iterator[Journey]:
    """The office of Buji, with an empty database."""
    buji = Journey(Office(journey.office.folder / "empty").copy_empty(journey.office.folder / "buji"))
    yield buji
    buji.close_office()


@pytest.fixture
def offices(day: Journey, buji: Journey, district: Journey) -> Journey:
    """The town, while the servers of Buji and of the district run too."""
    buji.open_office()
    district.open_office()
    return day


def test_buji_and_the_district_are_founded(buji: Journey, district: Journey) -> None:
    for journey in (buji, district):
        journey.office.set_clock(AUTUMN)
    buji.office.run("jiedao pack apply buji --yes")
    (buji.office.folder / "messages.csv").write_text(MESSAGES, encoding="utf-8")
    account = json.loads(buji.office.run("jiedao import messages messages.csv --channel HOTLINE --json"))
    assert (account["created"], account["refused"]) == (3, 0)
    district.office.run(
        "jiedao pack new longgang --level district --district 龙岗区 --code 440307"
        " --office 014=布吉街道 --office 901=柳河街道"
    )
    own = PackFiles(district.office.folder / "longgang")
    own.replace("measures.toml", 'key = "cases.reported"\n', 'key = "cases.reported"\nbetter = "more"\n')
    assert "longgang: 0 errors, 0 warnings" in district.office.run("jiedao pack check longgang")
    district.office.run("jiedao pack apply longgang --yes")
    for username, post in DISTRICT_PEOPLE.items():
        printed = district.office.run(f"jiedao user create {username} --name {username} --post {post}")
        district.passwords[username] = printed.split()[0]


def join(code: str, step: str, office: Journey, district: Journey) -> None:
    """Give the district an account at an office, and add the office to the district."""
    office.office.run("jiedao user create qu-platform --name 区级系统 --post ZHIHUI.UPPER")
    scopes = "--scope cases:read --scope cases:report --scope cases:follow --scope published:read"
    line = f"jiedao token issue qu-platform --name 区级系统 --expires never {scopes}"
    office.notes["upper"] = office.office.run(line).split()[0]
    district.office.run(
        f"jiedao office add {code} --name {code} --address {office.address} --area 440307{step}"
        f" --unit J{step} --token-stdin",
        stdin=office.notes["upper"],
    )
    district.office.run(f"jiedao office check {code}")


def list_ranks(browser: Browser, measure: str) -> dict[str, str]:
    """Return the first cell of each office in the ranking by a measure: its rank, or its name where it has none."""
    browser.open(f"/desk/district/?measure={measure}&period=2020H1")
    rows = [node.find_all("td") for node in browser.page.find_all("tr")]
    names = {
        cell.text: cells[0].text for cells in rows for cell in cells[:2] if cell.text in {"BUJI", "LIUHE"}
    }
    assert names.keys() == {"BUJI", "LIUHE"}, browser.text
    return names


def test_the_district_ranks_offices_by_one_definition_only(
    offices: Journey, buji: Journey, district: Journey
) -> None:
    text = offices.pack.read("measures.toml")
    begin = text.index('key = "cases.on_time_rate"')
    offices.pack.write("measures.toml", text[:begin] + text[begin:].replace("digits = 1", "digits = 2", 1))
    change_version(offices.pack, "2", "3")
    offices.office.run("jiedao pack apply liuhe --yes --reason 按期处置率保留两位小数")
    join("BUJI", "014", buji, district)
    join("LIUHE", "901", offices, district)
    district.office.run("jiedao office read --period 2020H1")
    assert list_ranks(district["qupaiqian"], "cases.reported") == {"LIUHE": "1", "BUJI": "2"}
    assert list_ranks(district["qupaiqian"], "cases.on_time_rate")["LIUHE"] == "LIUHE"
    assert "按另一版口径计算" in district["qupaiqian"].text


def wait_for(read: Callable[[], Any], seconds: float = 240) -> Any:
    """Return the first result of `read` that is not empty; the workers need some seconds."""
    until = time.monotonic() + seconds
    while not (result := read()) and time.monotonic() < until:
        time.sleep(1)
    assert result
    return result


def test_an_order_goes_down_and_its_reply_comes_back(offices: Journey, district: Journey) -> None:
    district.report("order", "柳河街道河边的护栏松动，请处理。", by="qupaiqian")
    category = district.find_id("cases_category", "kind = 'MATTER' AND code = '01037'")
    district.move("qupaiqian", "order", "ACCEPT", category=category)
    district.move("qupaiqian", "order", "DISPATCH", unit=district.find_id("orgs_unit", "code = 'J901'"))
    find_order = "SELECT number FROM cases_case WHERE channel = 'SUPERIOR'"
    ((number,),) = wait_for(lambda: offices.office.query(find_order))
    offices.cases["order"] = number
    assert district.cases["order"] in offices["paiqian"].open(f"/desk/cases/{number}/")
    offices.dispatch("order", "01037")
    offices.finish("order", "chuzhi")
    browser, page = district["qupaiqian"], f"/desk/cases/{district.cases['order']}/"
    assert number in browser.open(page)
    find_state = f"SELECT 1 FROM cases_case WHERE number = '{district.cases['order']}' AND state = 'HANDLED'"
    if not district.office.query(find_state):
        browser.send("/retry/")  # asks the office now, and not in two minutes
    wait_for(lambda: district.office.query(find_state))
    assert "已办结，谢谢您的反映。" in browser.open(page)
    district.move("quducha", "order", "CHECK_PASS", note="已看过现场。")
    district.move("quzhiban", "order", "CLOSE", reply="街道已修好。")


def test_the_district_sees_no_case_that_it_did_not_send(offices: Journey, buji: Journey) -> None:
    for office, sent in ((offices, [offices.cases["order"]]), (buji, [])):
        listed = get_json(f"{office.address}/api/v1/cases", office.notes["upper"])
        assert [case["number"] for case in listed["cases"]] == sent
        assert listed["total"] == len(sent)
    token, cases = offices.notes["upper"], f"{offices.address}/api/v1/cases"
    assert get_json(f"{cases}/{offices.cases['order']}", token)["number"] == offices.cases["order"]
    for name in ("ended", "merged", "divided with a point"):
        get_json(f"{cases}/{offices.cases[name]}", token, expect=404)
        assert get_json(f"{cases}?q={offices.cases[name]}", token)["total"] == 0
    get_json(f"{offices.address}/api/v1/figures", token, expect=403)
    get_json(f"{offices.address}/api/v1/registers", token, expect=403)
