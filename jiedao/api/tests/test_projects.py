"""Projects, campaigns and pledges over JSON: the same actions, rights and scope as the pages."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from jiedao.api import auth
from jiedao.api.tests.conftest import Caller
from jiedao.cases.models import Case
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.projects.models import ProjectKind, ProjectMeasure
from jiedao.projects.models.promises import CampaignEntry, Pledge
from jiedao.projects.tests.parts import declare
from jiedao.projects.tests.promise_parts import add_item, create_campaign, promise_town
from jiedao.testing.cast import Town

SEPTEMBER = datetime(2026, 9, 8, 2, 0, tzinfo=UTC)
PROJECT = "/api/v1/projects/garden-park"
ROLES = ("handler", "grid1", "grid3", "supervisor", "shift", "leader")


@pytest.fixture
def callers(db: None) -> Iterator[dict[str, Caller]]:
    """The callers of the town on 8 September 2026, with a project, a campaign and a pledge."""
    auth.forget_actors()
    town = promise_town()
    for username in ("handler", "grid1", "leader", "shift"):
        post, verbs = town.posts[username], ["view"] if username == "leader" else ["view", "edit"]
        post.permissions = [*post.permissions, *(f"projects.project:{verb}" for verb in verbs)]
        post.save()
    ProjectKind.objects.create(code="park", name="公园")
    for code in ("spaces", "land"):
        ProjectMeasure.objects.create(code=code, name=code, unit="个")
    forget_all()
    with clock.at(SEPTEMBER):
        declare()
        create_campaign(
            town,
            key="trees",
            feed=None,
            measure="棵",
            target=1000,
            from_date=date(2026, 1, 1),
            due_date=date(2026, 12, 31),
        )
        add_item(town, due=date(2026, 9, 30))
        yield {"town": town} | {name: Caller(town, name) for name in ROLES}  # type: ignore[dict-item]


def send(caller: Caller, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Send a body; return status and answer."""
    client = Client(headers={"Authorization": f"Bearer {caller.token}"})
    answer = client.post(path, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def get_task(project: dict[str, Any], code: str) -> dict[str, Any]:
    """Return a task of a project."""
    return next(task for task in project["tasks"] if task["code"] == code)


def test_a_project_is_read_with_its_plan(callers: dict[str, Caller]) -> None:
    status, answer = callers["leader"].get("/api/v1/projects", kind=["park", "other"], area="990001001001")
    assert (status, [row["key"] for row in answer["projects"]], answer["next"]) == (
        200,
        ["garden-park"],
        None,
    )
    project = callers["leader"].get(PROJECT)[1]
    assert (project["light"], project["unit"]) == (answer["projects"][0]["light"], "URBAN")
    assert get_task(project, "design")["parent"] == "prepare"
    assert [row["month"] for row in project["money"]] == ["2026-09", "2026-10"]
    assert project["money"][1]["budget"] == "120000.50"
    assert callers["leader"].get("/api/v1/projects", area="990001001002")[1]["projects"] == []
    assert callers["leader"].get("/api/v1/projects", kind="none")[1]["projects"] == []


def test_progress_is_reported_with_the_version_that_was_read(callers: dict[str, Caller]) -> None:
    handler, path = callers["handler"], f"{PROJECT}/tasks/design/progress"
    version = get_task(handler.get(PROJECT)[1], "design")["version"]

    status, project = send(handler, path, {"percent": 40, "started": "2026-09-02", "version": version})
    assert (status, get_task(project, "design")["percent"]) == (200, 40)
    assert send(handler, path, {"percent": 50, "version": version})[0] == 409
    status, refused = send(handler, path, {"percent": 50, "finished": "2026-09-30"})
    assert (status, refused["field"]) == (422, "finished")
    assert send(handler, f"{PROJECT}/tasks/fly/progress", {"percent": 1})[0] == 404
    assert send(callers["leader"], path, {"percent": 60})[0] == 403


def test_permits_money_and_obstacles_are_reported(callers: dict[str, Caller]) -> None:
    handler = callers["handler"]
    status, project = send(handler, f"{PROJECT}/permits/land", {"submitted": "2026-09-03"})
    assert (status, project["permits"][0]["submitted_date"]) == (200, "2026-09-03")
    status, project = send(handler, f"{PROJECT}/money", {"month": "2026-09", "paid": "150000.00"})
    assert (status, project["money"][0]["paid"]) == (200, "150000.00")
    status, refused = send(handler, f"{PROJECT}/money", {"month": "2026-09", "budget": "1"})
    assert (status, refused["field"]) == (422, "budget")

    body = {
        "text": "管线迁改未完成，无法开挖。",
        "task": "planting",
        "client_uuid": "6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10",
    }
    for _n in range(2):
        status, project = send(handler, f"{PROJECT}/obstacles", body)
    assert (status, len(project["obstacles"])) == (201, 1)
    obstacle = project["obstacles"][0]
    assert (obstacle["task"], obstacle["open"]) == ("planting", True)
    assert Case.objects.get(number=obstacle["case"]).detail == "管线迁改未完成，无法开挖。"
    assert (
        send(handler, f"{PROJECT}/obstacles", {"text": "卡住了不能动", "task": "none"})[1]["field"] == "task"
    )


def test_a_campaign_takes_amounts_with_their_documents(callers: dict[str, Caller]) -> None:
    handler, path = callers["handler"], "/api/v1/campaigns/trees"
    body = {"date": "2026-09-07", "amount": "120", "document": "验收单", "area": "990001001001"}

    status, entry = send(handler, f"{path}/entries", body)
    assert (status, entry["area_code"]) == (201, "990001001001")
    campaign = handler.get(path)[1]
    assert float(campaign["done"]) == 120.0
    assert campaign["light"] in {"RED", "YELLOW", "GREEN"}
    assert [row["document"] for row in handler.get(f"{path}/entries")[1]["entries"]] == ["验收单"]
    status, refused = send(handler, f"{path}/entries", {**body, "date": "2027-01-01"})
    assert (status, refused["field"]) == (422, "date")
    assert send(handler, f"{path}/entries", {**body, "area": "1"})[1]["field"] == "area"
    assert send(callers["leader"], f"{path}/entries", body)[0] == 403
    assert CampaignEntry.objects.count() == 1
    assert [row["key"] for row in handler.get("/api/v1/campaigns")[1]["campaigns"]] == ["trees"]


def test_a_pledge_is_reported_and_confirmed_by_another(callers: dict[str, Caller]) -> None:
    [row] = callers["handler"].get("/api/v1/pledges", state=["OPEN", "BACK"], unit="URBAN")[1]["pledges"]
    moves = f"{row['url']}/moves"

    assert (
        send(callers["supervisor"], f"{moves}/SUPERVISE", {"note": "请加快。", "date": "2026-09-10"})[0]
        == 200
    )
    assert send(callers["supervisor"], f"{moves}/SUPERVISE", {"note": "请加快。"})[1]["field"] == "date"
    pledge = callers["handler"].get(row["url"])[1]
    assert {"REPORT", "ANSWER"} <= set(pledge["allowed"])
    assert send(callers["handler"], f"{moves}/REPORT", {"note": ""})[1]["field"] == "note"
    status, pledge = send(callers["handler"], f"{moves}/REPORT", {"note": "管网已清疏。"})
    assert (status, pledge["state"], pledge["evidence"]) == (200, "REPORTED", "管网已清疏。")
    assert send(callers["handler"], f"{moves}/REPORT", {"note": "又一次"})[0] == 409
    assert send(callers["shift"], f"{moves}/CONFIRM", {})[1]["state"] == "CONFIRMED"
    assert callers["leader"].get(row["url"])[1]["steps"][0]["move"] == "CONFIRM"


def test_a_pledge_is_registered_once(callers: dict[str, Caller]) -> None:
    body = {
        "kind": "DECISION",
        "code": "2026-17",
        "text": "九月底前完成整改。",
        "source": "会议纪要",
        "unit": "URBAN",
        "helpers": ["WATER"],
        "due_date": "2026-09-30",
    }
    status, pledge = send(callers["supervisor"], "/api/v1/pledges", body)
    assert (status, pledge["helpers"], pledge["state"]) == (201, ["WATER"], "OPEN")
    status, refused = send(callers["supervisor"], "/api/v1/pledges", body)
    assert (status, refused["field"]) == (422, "code")
    assert send(callers["supervisor"], "/api/v1/pledges", {**body, "unit": "X"})[1]["field"] == "unit"
    assert send(callers["leader"], "/api/v1/pledges", body)[0] == 403


def test_pledges_come_page_by_page(callers: dict[str, Caller]) -> None:
    town: Town = callers["town"]  # type: ignore[assignment]
    Pledge.objects.bulk_create(
        Pledge(
            kind="ITEM",
            code=f"X{n:03}",
            text="x",
            source="x",
            unit=town.units["URBAN"],
            due_date=date(2026, 10, 1 + n % 3),
        )
        for n in range(60)
    )
    leader, codes, url = callers["leader"], [], "/api/v1/pledges"
    while url:
        answer = leader.get(url)[1]
        codes += [row["code"] for row in answer["pledges"]]
        url, before = answer["next"], answer["previous"]
    assert len(codes) == len(set(codes)) == 61
    assert codes[0] == "R01"
    assert [row["code"] for row in leader.get(before)[1]["pledges"]] == codes[:50]
    assert leader.get("/api/v1/pledges", cursor="n999999999")[1]["field"] == "cursor"


def test_a_token_needs_the_scope_of_projects(callers: dict[str, Caller]) -> None:
    town: Town = callers["town"]  # type: ignore[assignment]
    reader = Caller(town, "handler", ["projects:read"])
    assert reader.get(PROJECT)[0] == 200
    assert send(reader, f"{PROJECT}/money", {"month": "2026-09", "paid": "1"})[0] == 403
    assert Caller(town, "handler", ["cases:read"]).get("/api/v1/pledges")[0] == 403
    assert reader.get("/api/v1/units")[1]["units"][0].keys() == {"code", "name", "name_en", "kind", "parent"}
    areas = {row["code"]: row["parent"] for row in reader.get("/api/v1/areas")[1]["areas"]}
    assert areas["990001001001001"] == "990001001001"


def test_a_post_of_scope_own_reads_nothing_of_its_unit(callers: dict[str, Caller]) -> None:
    handler, town = callers["handler"], callers["town"]
    lists = ("projects", "campaigns", "pledges")
    before = {name: handler.get(f"/api/v1/{name}")[1][name] for name in lists}
    assert before["projects"]
    assert before["pledges"]
    town.posts["handler"].scope = "OWN"  # type: ignore[attr-defined]
    town.posts["handler"].save()  # type: ignore[attr-defined]
    auth.forget_actors()
    assert {name: handler.get(f"/api/v1/{name}")[1][name] for name in lists} == {name: [] for name in lists}
    for row in (*before["projects"], *before["campaigns"], *before["pledges"]):
        assert handler.get(row["url"])[0] == 404
    assert handler.get("/api/v1/campaigns/trees/entries")[0] == 404
