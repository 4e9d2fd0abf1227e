"""Every address answers each role with the status in url_table.txt, and every address is in that table."""

from string import Formatter
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from jiedao.accounts.models import ApiToken
from jiedao.api.open311.tests.conftest import open_endpoint
from jiedao.cases.models import Case
from jiedao.kernel.memo import forget_all
from jiedao.projects.models import ProjectKind, ProjectMeasure
from jiedao.projects.tests.parts import declare as declare_project
from jiedao.registers.actions.records import add_record
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town, make_town, walk
from jiedao.testing.public_site import open_site
from tests.structure.url_table import Row, list_addresses, read_table

ROWS = read_table()


@pytest.fixture
def town() -> Town:
    """The cast with one person who holds no post, in a town with a public site."""
    town = make_town()
    town.users["postless"] = type(town.users["admin"]).objects.create_user("postless", None, "许多")
    open_site()
    return town


def declare_register_with_record(town: Town) -> int:
    """Declare a register, grant rights on it, and return the id of its only record."""
    rights = {"grid1": "view edit", "grid3": "view edit", "handler": "view edit", "leader": "view"}
    for username, verbs in {**rights, "shift": "view edit reveal grade"}.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *(f"registers.record:{verb}" for verb in verbs.split())]
        post.save()
    data = RecordInput(name="一号楼", area="990001001001001", values={"use": "HOME"})
    return add_record(actor=town.actor("handler"), info=declare(), data=data).pk


def declare_open_project(town: Town) -> str:
    """Declare a project, grant rights on it, and return its key."""
    for username, verbs in {
        "grid1": "view",
        "grid3": "view",
        "handler": "view edit",
        "leader": "view",
    }.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *(f"projects.project:{verb}" for verb in verbs.split())]
        post.save()
    ProjectKind.objects.create(code="park", name="公园")
    for code in ("spaces", "land"):
        ProjectMeasure.objects.create(code=code, name=code, unit="个")
    return declare_project().key


def create_objects(town: Town) -> dict[str, Any]:
    """Create the objects that the table names, such as {case}, which is in grid G1 and handled by URBAN."""
    open_endpoint()
    case: Case = walk(town, to="HANDLING")
    return {
        "record": declare_register_with_record(town),
        "project": declare_open_project(town),
        "case": case.number,
        "handler": town.users["handler"].pk,
        "post": town.posts["handler"].pk,
        "rubbish": town.categories["RUBBISH"].pk,
    }


def fill_arguments(row: Row, world: dict[str, Any]) -> dict[str, Any]:
    """Return the row's arguments, with names of objects replaced by their ids in `world`."""
    return {
        key: Formatter().vformat(text, (), world) if "{" in text else text
        for key, text in row.arguments.items()
    }


def room_of(row: Row) -> str:
    """Return the namespace of the row's address."""
    return row.name.rpartition(":")[0]


def make_headers(role: str, room: str, town: Town) -> dict[str, str]:
    """Sign a role in and return the headers for it: a token for the API, a session for pages."""
    if role == "anonymous":
        return {}
    if room.startswith("api-"):
        return {"Authorization": f"Bearer {ApiToken.issue(town.users[role], 'test')[1]}"}
    client = Client()
    client.force_login(town.users[role], backend="django.contrib.auth.backends.ModelBackend")
    return {"Cookie": client.cookies.output(attrs=[], header="", sep=";").strip()}


def request_status(row: Row, headers: dict[str, str], world: dict[str, Any]) -> int:
    """Send the row's request with the headers of a role and return the status."""
    path = reverse(row.name, kwargs=fill_arguments(row, world))
    return Client(raise_request_exception=False).generic(row.method, path, headers=headers).status_code


def test_every_address_is_in_the_table() -> None:
    missing = list_addresses() - {row.name for row in ROWS}
    assert not missing, f"add to tests/structure/url_table.txt: {sorted(missing)}"


def test_the_table_has_no_removed_address() -> None:
    removed_addresses = {row.name for row in ROWS} - list_addresses()
    assert not removed_addresses, f"remove from tests/structure/url_table.txt: {sorted(removed_addresses)}"


# Each test has twenty addresses, so that parallel processes share the work.
PARTS = {
    f"{room or 'root'}-{begin + 1}": rows[begin : begin + 20]
    for room in sorted({room_of(row) for row in ROWS})
    for rows in [[row for row in ROWS if room_of(row) == room]]
    for begin in range(0, len(rows), 20)
}


@pytest.mark.django_db
@pytest.mark.parametrize("rows", PARTS.values(), ids=PARTS)
def test_each_role_gets_its_status(rows: list[Row], town: Town) -> None:
    world = create_objects(town)
    headers = {role: make_headers(role, room_of(rows[0]), town) for role in rows[0].status}
    faults = []
    for row in rows:
        with transaction.atomic():  # roll back, so that an address does not affect the next one
            faults.append(
                (str(row), {role: request_status(row, headers[role], world) for role in row.status})
            )
            transaction.set_rollback(True)
        forget_all()
    assert faults == [(str(row), row.status) for row in rows]
