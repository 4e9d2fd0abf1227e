"""While an office moves it can be read; the database that it has left answers nothing but where to look."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from jiedao.kernel import standstill
from jiedao.kernel.errors import UserError
from jiedao.kernel.standstill import CLOSED, MOVED, READY, STILL, UNFINISHED, follow_mark, require_home
from jiedao.kernel.worker import run_worker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(standstill, "is_move_alive", lambda: True)
    yield
    follow_mark(follow=False)


def mark(state: str) -> None:
    """Mark the database of the test as `jiedao move` does."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE jiedao_moving (state text, other text, office text, since text)")
        cursor.execute(
            "INSERT INTO jiedao_moving VALUES (%s, 'postgresql://db/office', '', '2026-11-29')", [state]
        )
    follow_mark()


def test_a_still_office_is_read_and_refuses_what_writes() -> None:
    mark(STILL)
    client = Client()
    assert client.get("/accounts/sign-in/").status_code == 200
    page = client.post("/accounts/sign-in/", {"username": "li", "password": "x"})
    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "60", "no-store")
    assert "数据正在搬到另一个数据库" in page.content.decode()
    assert (
        "The data are being moved"
        in client.post("/desk/", headers={"Accept-Language": "en"}).content.decode()
    )
    answer = client.post("/api/v1/cases", "{}", content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["hint"].startswith("查看不受影响")
    assert client.get("/readyz").status_code == 200
    with pytest.raises(UserError, match="still for the last step"):
        require_home()
    assert require_home(may_be_still=True).state == STILL


@pytest.mark.parametrize("state", [MOVED, UNFINISHED, READY])
def test_a_database_that_is_not_the_offices_answers_nothing_else(state: str) -> None:
    assert state in CLOSED
    mark(state)
    for path in ("/", "/accounts/sign-in/", "/desk/", "/api/v1/cases"):
        answer = Client().get(path)
        assert answer.status_code == 503, path
        assert "JIEDAO_DATABASE_URL" in answer.content.decode(), path
    ready = Client().get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert "postgresql://db/office" in ready.json()["reason"]
    with pytest.raises(UserError, match="JIEDAO_DATABASE_URL"):
        require_home(may_be_still=True)


def test_a_worker_ends_on_a_database_that_the_office_has_left() -> None:
    mark(MOVED)
    with pytest.raises(UserError, match="has moved to postgresql://db/office"):
        run_worker(threading.Event())


def test_the_mark_of_a_move_that_was_killed_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    mark(STILL)
    monkeypatch.setattr(standstill, "is_move_alive", lambda: False)
    follow_mark()
    assert require_home().state == ""
    assert Client().post("/accounts/sign-in/", {"username": "li"}).status_code != 503
