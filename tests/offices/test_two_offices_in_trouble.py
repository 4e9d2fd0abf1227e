"""What happens to one office leaves the other on the same machine and database at work."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.offices.conftest import Answer, Offices, wait_until_answering

HALF_A_REQUEST = b"POST /api/v1/cases HTTP/1.1\r\nHost: a.example.gov.cn\r\nContent-Length: 900000\r\n\r\n{"


@pytest.fixture
def both_answer(offices: Offices) -> Iterator[None]:
    """Both offices answer before the test and after it."""
    wait_until_answering(offices, ["a", "b"])
    yield
    wait_until_answering(offices, ["a", "b"])


def file_in_b(offices: Offices, detail: str) -> None:
    """File a case in b and read it again."""
    number = offices.file_case("b", detail)
    answer = offices.call("b", f"/api/v1/cases/{number}", **offices.headers["b"])
    assert (answer.status, detail in answer.text) == (200, True)


@contextmanager
def lock_user(offices: Offices, key: str) -> Iterator[None]:
    """Let the database refuse the user of an office, as after a changed password, and end its connections."""
    user = offices[key].schema
    with psycopg.connect(offices.superuser, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {user} NOLOGIN")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [user]
        )
        try:
            yield
        finally:
            connection.execute(f"ALTER ROLE {user} LOGIN")


def find_server_processes(port: int) -> set[int]:
    """Return the processes whose command names the port."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(port).encode() in words:
            found.add(int(path.parent.name))
    return found


@pytest.mark.usefixtures("both_answer")
def test_200_slow_connections_to_one_office_do_not_reach_the_other(offices: Offices) -> None:
    with ExitStack() as stack:
        for _number in range(200):
            connection = stack.enter_context(
                socket.create_connection(("127.0.0.1", offices["a"].port), timeout=10)
            )
            connection.sendall(HALF_A_REQUEST)
        file_in_b(offices, "另一处有很多慢连接时")


@pytest.mark.usefixtures("both_answer")
def test_an_office_whose_database_user_is_refused_states_it_and_recovers(offices: Offices) -> None:
    with lock_user(offices, "a"):
        file_in_b(offices, "另一处的数据库用户被停用时")
        answer = offices.call("a", "/api/v1/cases", **offices.headers["a"])
        assert answer.status == 503, answer
        page = offices.call("a", "/desk/", Cookie=offices.headers["a"]["Cookie"])
        assert page.status == 503
        assert offices["a"].schema not in page.text
    wait_until_answering(offices, ["a"])
    offices.file_case("a", "恢复之后")


@pytest.mark.usefixtures("both_answer")
def test_a_killed_server_comes_back_alone(offices: Offices) -> None:
    neighbours = find_server_processes(offices["b"].port)
    killed = find_server_processes(offices["a"].port)
    assert killed
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    file_in_b(offices, "另一处的进程被终止时")
    wait_until_answering(offices, ["a"])
    assert not killed & find_server_processes(offices["a"].port)
    assert find_server_processes(offices["b"].port) == neighbours


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "b.example.gov.cn"},
        {"Host": "a.example.gov.cn:80@b.example.gov.cn"},
        {"Host": "a.example.gov.cn, b.example.gov.cn"},
        {"X-Forwarded-Host": "b.example.gov.cn"},
        {"Forwarded": "host=b.example.gov.cn"},
    ],
)
@pytest.mark.usefixtures("both_answer")
def test_no_header_leads_from_one_office_to_the_other(offices: Offices, headers: dict[str, str]) -> None:
    answer: Answer = offices.call("a", "/desk/", **{"Cookie": offices.headers["b"]["Cookie"], **headers})
    assert answer.status == 400 or (answer.status, answer.location.split("?")[0]) == (
        302,
        "/accounts/sign-in/",
    )
