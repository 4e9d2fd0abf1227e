"""Access to the pages of board, map, dispatcher's desk, administration, notices and account."""

import pytest
from django.test import Client
from django.urls import reverse

from jiedao.desk.admin.urls import urlpatterns as admin_urls
from jiedao.desk.board.urls import urlpatterns as board_urls
from jiedao.desk.home.urls import urlpatterns as home_urls
from jiedao.desk.map.urls import urlpatterns as map_urls
from jiedao.desk.tests.conftest import SignedIn
from jiedao.testing.cast import Town

# page -> the users who may open it, and the status that they get; the other users get 403
PEOPLE = (
    "grid1",
    "registrar",
    "dispatcher",
    "handler",
    "shift",
    "supervisor",
    "visitor",
    "leader",
    "admin",
    "auditor",
)
CASEWORK = set(PEOPLE) - {"admin", "auditor"}
BOARD = {"dispatcher", "shift", "supervisor", "leader"}
DISPATCH = {"registrar", "dispatcher", "shift"}
EVERYBODY = set(PEOPLE)
PAGES: dict[str, tuple[set[str], int]] = {
    "board": (BOARD, 200),
    "board_export": (BOARD, 200),
    "board_rows": (BOARD, 422),  # the measure is missing
    "board_rows_export": (BOARD, 422),
    "dispatcher": (DISPATCH, 200),
    "map": (CASEWORK, 200),
    "map_data": (CASEWORK, 200),
    "notices": (EVERYBODY, 200),
    "notices_read": (EVERYBODY, 405),
    "tasks": (EVERYBODY, 200),
    "account": (EVERYBODY, 200),
    "deputies": (EVERYBODY, 200),
    "deputy_end": (EVERYBODY, 405),
    "messages": (EVERYBODY, 200),
    "messages_address": (EVERYBODY, 405),
    "messages_verify": (EVERYBODY, 405),
    "messages_remove": (EVERYBODY, 405),
    "switch_post": (EVERYBODY, 405),
    "admin": ({"admin", "auditor"}, 302),
    "admin_import": (set(), 200),
    "admin_people": ({"admin"}, 200),
    "admin_person_new": ({"admin"}, 200),
    "admin_person": ({"admin"}, 200),
    "admin_person_rename": ({"admin"}, 405),
    "admin_person_active": ({"admin"}, 405),
    "admin_person_password": ({"admin"}, 405),
    "admin_person_second_factor": ({"admin"}, 405),
    "admin_person_take": ({"admin"}, 405),
    "admin_person_link": ({"admin"}, 405),
    "admin_person_unlink": ({"admin"}, 405),
    "admin_person_deputy": ({"admin"}, 200),
    "admin_person_deputy_end": ({"admin"}, 405),
    "admin_deliveries": ({"admin"}, 200),
    "admin_deliveries_again": ({"admin"}, 405),
    "admin_robots": ({"admin"}, 200),
    "admin_robot_test": ({"admin"}, 405),
    "admin_robot_remove": ({"admin"}, 405),
    "admin_tokens": ({"admin"}, 200),
    "admin_token_revoke": ({"admin"}, 405),
    "admin_posts": ({"admin"}, 200),
    "admin_post_new": ({"admin"}, 200),
    "admin_post": ({"admin"}, 200),
    "admin_units": ({"admin"}, 200),
    "admin_unit_new": ({"admin"}, 200),
    "admin_unit": ({"admin"}, 200),
    "admin_undecided": ({"admin", "dispatcher", "shift"}, 302),
    "admin_rights": ({"admin", "auditor"}, 200),
    "admin_calendar": ({"admin"}, 200),
    "admin_categories": ({"admin"}, 200),
    "admin_category": ({"admin"}, 200),
    "admin_audit": ({"auditor"}, 200),
    "admin_audit_export": ({"auditor"}, 200),
    "admin_audit_verify": ({"auditor"}, 405),
    "admin_values": ({"admin"}, 200),
    "admin_outlines": ({"admin"}, 200),
    "admin_value": ({"admin"}, 200),
    "admin_value_new": ({"admin"}, 200),
    "admin_value_off": ({"admin"}, 405),
    "admin_packs": ({"admin"}, 200),
    "admin_pack_draft": ({"admin"}, 404),
    "admin_pack_again": ({"admin"}, 405),
    "admin_pack_apply": ({"admin"}, 405),
    "admin_pack": ({"admin"}, 404),
    "admin_pack_zip": ({"admin"}, 404),
    "admin_pack_back": ({"admin"}, 405),
    "admin_own": ({"admin"}, 200),
    "admin_offices": (set(), 200),
    "admin_office": (set(), 200),
    "admin_office_check": (set(), 200),
    "admin_office_remove": (set(), 200),
    "admin_endpoints": ({"admin"}, 200),
    "admin_endpoint_new": ({"admin"}, 200),
    "admin_endpoint": ({"admin"}, 404),
    "admin_endpoint_again": ({"admin"}, 405),
    "admin_endpoint_test": ({"admin"}, 405),
    "admin_endpoint_drop": ({"admin"}, 405),
    "admin_endpoint_secret": ({"admin"}, 405),
    "admin_endpoint_remove": ({"admin"}, 405),
    "admin_reconcile": ({"admin"}, 405),
    "admin_reconciliation": ({"admin"}, 404),
    "admin_health": ({"admin"}, 200),
    "admin_health_retry": ({"admin"}, 405),
    "admin_own_toml": ({"admin"}, 200),
    "admin_own_decide": ({"admin"}, 405),
}
ARGUMENTS = {
    "admin_person": "users",
    "admin_person_rename": "users",
    "admin_person_active": "users",
    "admin_person_password": "users",
    "admin_person_take": "users",
    "admin_person_link": "users",
    "admin_person_unlink": "users",
    "admin_person_deputy": "users",
    "admin_person_deputy_end": "users",
    "admin_person_second_factor": "users",
    "admin_token_revoke": "users",
    "admin_post": "posts",
    "admin_unit": "units",
    "admin_category": "categories",
}


PACK_PAGES = {name for name in PAGES if name.startswith("admin_pack") and name != "admin_packs"}


ENDPOINT_PAGES = {name for name in PAGES if name.startswith(("admin_endpoint_", "admin_reconcil"))}
OFFICE_PAGES = {"admin_office", "admin_office_check", "admin_office_remove"}
FIXED_ARGUMENTS: dict[str, list[str | int]] = {
    "admin_value": ["policy", "max_returns"],
    "admin_value_new": ["reason"],
    "admin_value_off": ["reason", "RETURN NOT_OURS"],
    **{name: ["platform"] for name in {"admin_endpoint"} | ENDPOINT_PAGES},
    "admin_reconciliation": ["none", 1],
}


def address(town: Town, name: str) -> str:
    kind = ARGUMENTS.get(name)
    if name in FIXED_ARGUMENTS:
        return reverse(f"desk:{name}", args=FIXED_ARGUMENTS[name])
    if (
        name in {"admin_own_decide", "admin_robot_test", "admin_robot_remove"} | OFFICE_PAGES
        or name in PACK_PAGES
    ):
        return reverse(f"desk:{name}", args=[1])
    if kind is None:
        return reverse(f"desk:{name}")
    key = {"users": "handler", "posts": "handler", "units": "URBAN", "categories": "RUBBISH"}[kind]
    return reverse(f"desk:{name}", args=[getattr(town, kind)[key].pk])


@pytest.fixture
def auditor(town: Town) -> None:
    """Give grid3 a post that may only read the audit log."""
    post = town.posts["grid3"]
    post.permissions, post.scope = ["audit.entry:view"], "OWN"
    post.save()
    town.users["auditor"] = town.users["grid3"]


def test_table_lists_every_address() -> None:
    names = {pattern.name for pattern in (*home_urls, *board_urls, *map_urls, *admin_urls)}
    own = {"task", "task_file"}  # of the user who started the task alone: jiedao/tasks/tests
    assert names - {"home"} - own | {"dispatcher"} == set(PAGES)


@pytest.mark.parametrize("name", list(PAGES))
def test_page_opens_only_for_posts_with_its_right(
    town: Town, signed_in: SignedIn, auditor: None, name: str
) -> None:
    allowed, status = PAGES[name]
    for who in PEOPLE:
        answer = signed_in(who).get(address(town, name))
        assert answer.status_code == (status if who in allowed else 403), who


@pytest.mark.parametrize("name", list(PAGES))
def test_anonymous_user_is_redirected_to_sign_in(town: Town, name: str) -> None:
    answer = Client().get(address(town, name))
    assert answer.status_code == 302
    assert "/accounts/sign-in/" in answer["Location"]


@pytest.mark.parametrize(
    "name", ["admin_person", "admin_post", "admin_unit", "admin_category", "admin_token_revoke"]
)
def test_unknown_id_is_not_found(town: Town, signed_in: SignedIn, name: str) -> None:
    client = signed_in("admin")
    for pk in (0, 987654, 10**17):
        url = reverse(f"desk:{name}", args=[pk])
        answer = client.post(url) if name == "admin_token_revoke" else client.get(url)
        assert answer.status_code == 404
