"""A database or a disk that is not usable is recognised, and answered in words, on pages and in the API."""

import errno
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.test import Client, RequestFactory

from jiedao.kernel import metrics, views
from jiedao.kernel.breaker import BREAKER, LOCK_BREAKER
from jiedao.kernel.outages import find_outage


@pytest.fixture(autouse=True)
def _closed_breakers() -> Iterator[None]:
    yield
    BREAKER.reset()
    LOCK_BREAKER.reset()


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (OperationalError("database or disk is full"), 507),
        (OperationalError('could not extend file "base/1": No space left on device'), 507),
        (OSError(errno.ENOSPC, "No space left on device"), 507),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 507),
        (OperationalError("database is locked"), 503),
        (OperationalError("canceling statement due to lock timeout"), 503),
        (OperationalError("couldn't get a connection after 2.20 sec"), 503),
        (OperationalError("connection failed: Connection refused"), 503),
        (OperationalError("server closed the connection unexpectedly"), 503),
        (InterfaceError("the connection is closed"), 503),
        (TimeoutError(), 503),
        (DatabaseError("syntax error"), 0),
        (OSError(errno.ENOENT, "No such file"), 0),
        (ValueError("database is locked"), 0),
        (None, 0),
    ],
)
def test_an_outage_is_distinguished_from_a_fault(fault: BaseException | None, status: int) -> None:
    assert find_outage(fault) == status


@pytest.mark.parametrize(("text", "status"), [("database is locked", 503), ("disk is full", 507), ("x", 500)])
def test_a_page_states_what_happened_and_that_nothing_was_stored(text: str, status: int) -> None:
    try:
        raise OperationalError(text)
    except OperationalError:
        page = views.server_error(RequestFactory().post("/desk/"))
    assert page.status_code == status
    assert f'data-problem="{status}"' in page.content.decode()


def test_while_the_database_is_away_others_are_answered_at_once() -> None:
    BREAKER.open()
    page = Client().get("/desk/")
    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "5", "no-store")
    answer = Client().get("/api/v1/cases", headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert "database" in answer.json()["message"]
    assert Client().get("/livez").status_code == 200


@pytest.mark.django_db
def test_while_sqlite_is_locked_only_writing_is_refused() -> None:
    LOCK_BREAKER.open()
    assert Client().post("/accounts/sign-in/").status_code == 503
    assert Client().get("/accounts/sign-in/").status_code == 200


def test_counts_have_their_space_on_the_disk(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "histogram_1.db"
    counts = metrics.ReservedCounts(str(file))
    for number in range(2000):
        counts.write_value(f"series {number} " + "x" * 40, float(number), 0.0)
    assert file.stat().st_blocks * 512 >= file.stat().st_size > 65536
    counts.close()

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(metrics.os, "posix_fallocate", refuse)
    with pytest.raises(OSError, match="No space"):
        metrics.ReservedCounts(str(tmp_path / "histogram_2.db"))
    assert not (tmp_path / "histogram_2.db").exists()


@pytest.mark.parametrize("path", ["/accounts/sign-in/", "/accounts/password/", "/static/css/base.css"])
@pytest.mark.django_db
def test_every_answer_limits_what_a_page_may_use(path: str) -> None:
    answer = Client().get(path)
    assert "geolocation=(self)" in answer["Permissions-Policy"]
    assert (answer["Cache-Control"] == "no-store") == path.startswith("/accounts/")
