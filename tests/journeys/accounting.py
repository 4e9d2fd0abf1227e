"""What is counted and shown of the second town, to be compared before and after a change."""

import json
from typing import Any

from tests.journeys.browsing import get_json
from tests.journeys.offices import Office
from tests.journeys.second_town import TOWN
from tests.journeys.walking import Journey

SUCCESSORS = {
    "001003": {"004001"},
    "002001": {"002009"},
    "002002": {"002009"},
    "003001": {"003004", "003005"},
    "ANJIAN": {"CHENGGUAN"},
    "WENHUA": {"FUWU"},
    "JIANSHE": {"ZHUJIAN", "GUIHUA"},
    "SQ001": {"SQ004"},
}
RETIRED_AREAS = {"001003", "002001", "002002", "003001"}


def read_rows(office: Office) -> dict[str, dict[str, list[str]]]:
    """Return everything that the change may move: for each row its place and its unit or post."""
    place = f"coalesce(replace(a.code, '{TOWN}', ''), '')"
    finished = "'CLOSED', 'TO_CONFIRM', 'DONE', 'REJECTED', 'MERGED', 'VOIDED'"
    queries = {
        "open cases": f"SELECT c.number, {place}, coalesce(u.code, '') FROM cases_case c"
        " LEFT JOIN places_area a ON a.id = c.area_id LEFT JOIN orgs_unit u ON u.id = c.lead_unit_id"
        f" WHERE c.state NOT IN ({finished})",
        "closed cases": f"SELECT c.number, {place}, coalesce(u.code, '') FROM cases_case c"
        " LEFT JOIN places_area a ON a.id = c.area_id LEFT JOIN orgs_unit u ON u.id = c.lead_unit_id"
        f" WHERE c.state IN ({finished})",
        "records": f"SELECT r.code, {place}, coalesce(u.code, '') FROM registers_record r"
        " LEFT JOIN places_area a ON a.id = r.area_id LEFT JOIN orgs_unit u ON u.id = r.unit_id",
        "inspections": f"SELECT i.id, {place}, i.state FROM registers_inspection i"
        " LEFT JOIN places_area a ON a.path = i.area_path",
        "holders": "SELECT h.id, p.code, us.username FROM orgs_holding h JOIN orgs_post p ON p.id = h.post_id"
        " JOIN accounts_user us ON us.id = h.user_id WHERE h.to_date IS NULL",
        "quotas": f"SELECT q.id, {place}, q.amount FROM projects_quota q LEFT JOIN places_area a ON a.id = q.area_id",
    }
    return {
        what: {str(key): [str(first), str(second)] for key, first, second in office.query(query)}
        for what, query in queries.items()
    }


def find_moved(before: dict[str, list[str]], after: dict[str, list[str]]) -> set[str]:
    """Return the keys of rows that are elsewhere now; no row may be lost or added."""
    assert before.keys() == after.keys()
    return {key for key in before if before[key] != after[key]}


def check_moved(what: str, before: list[str], after: list[str]) -> None:
    """Check that a row which is elsewhere now is where the pack states that its place or unit went."""
    for old, new in zip(before, after, strict=True):
        if old == new:
            continue
        if what == "holders":
            (old_unit, old_role), (new_unit, new_role) = old.split("."), new.split(".")
            assert new_unit == old_unit or new_unit in SUCCESSORS[old_unit]
            assert new_role == old_role or (old_role, new_role) == ("VISITOR", "SHIFT")
        elif (old, new) != ("001001", "001002"):  # the estate that lies in another grid
            assert new in SUCCESSORS[old], f"{what}: {old} became {new}"


def read_past_half(office: Office) -> dict[str, Any]:
    """Return what is published about the past half-year: the board by area and by unit, and a figure."""
    office.run("jiedao figures update")
    boards = {
        by: json.loads(office.run(f"jiedao board --period 2020H1 --by {by} --json"))
        for by in ("area", "unit")
    }
    figure = json.loads(office.run("jiedao figures show cases.reported --period 2020H1 --json"))
    return {**boards, "figure": {name: figure[name] for name in ("value", "rows", "period")}}


def drop_moments(value: Any) -> Any:
    """Return an answer of the API without the moments at which it was computed."""
    if isinstance(value, dict):
        return {key: drop_moments(item) for key, item in value.items() if key != "as_of"}
    return [drop_moments(item) for item in value] if isinstance(value, list) else value


def read_office(day: Journey, token: str) -> dict[str, Any]:
    """Return what pages and the API show: lists, a search, the board, figures."""
    paths = (
        "cases?order=oldest",
        "registers/lifts/records",
        "inspections",
        "figures/cases.reported?period=2020H1&by=area",
    )
    answers = {path: get_json(f"{day.address}/api/v1/{path}", token) for path in paths}
    browser = day["lingdao"]
    browser.open("/desk/search/?q=垃圾")
    found = sorted(set(browser.links(start="/desk/cases/2").values()))
    board = browser.open("/desk/board/?period=2020H1&by=unit&places=now")
    return {**drop_moments(answers), "found": found, "board": board}
