"""The front: what it gives to Django, what it refuses, and that no thread waits for a client."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import FileResponse

from jiedao.kernel import front
from jiedao.kernel.front import Front, build_environ, find_big_file


class Headers:
    """The headers of granian."""

    def __init__(self, items: list[tuple[str, str]]) -> None:
        self.pairs = items

    def items(self) -> list[tuple[str, str]]:
        return self.pairs


class Connection:
    """A connection whose client sends the parts of the body, then nothing more."""

    def __init__(self, *parts: bytes, ends: bool = True) -> None:
        self.parts, self.ends = list(parts), ends
        self.answer: tuple[int, bytes | str] = (0, b"")

    async def __call__(self) -> bytes:
        if not self.ends:
            await asyncio.sleep(3600)
        return b"".join(self.parts)

    def __aiter__(self) -> "Connection":
        return self

    async def __anext__(self) -> bytes:
        if self.parts:
            return self.parts.pop(0)
        if not self.ends:
            await asyncio.sleep(3600)
        raise StopAsyncIteration

    def response_bytes(self, status: int, _headers: object, body: bytes) -> None:
        self.answer = (status, body)

    response_file = response_bytes


def make_scope(*headers: tuple[str, str], method: str = "GET", path: str = "/") -> Any:
    return SimpleNamespace(
        method=method,
        path=path,
        query_string="q=%E4%B8%AD",
        client="10.0.0.9:4711",
        server="127.0.0.1:8000",
        scheme="http",
        authority=None,
        http_version="1.1",
        headers=Headers(list(headers)),
    )


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("content-type", "text/plain")])
    return [environ["wsgi.input"].read()]


def run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a thread of its own: tests in a browser leave an event loop running in the main thread."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def has_right_token(environ: dict[str, Any]) -> bool:
    if "Bearer broken" in environ.get("HTTP_AUTHORIZATION", ""):
        raise OSError("no database")
    return environ.get("HTTP_AUTHORIZATION", "") == "Bearer right"


def answer(application: Any, *exchanges: tuple[Any, Connection], threads: int = 2) -> None:
    """Run the front until all requests are answered."""

    async def run() -> None:
        server = Front(application, threads, is_known_caller=has_right_token)
        server.__rsgi_init__(asyncio.get_running_loop())
        await asyncio.gather(*(server.__rsgi__(scope, connection) for scope, connection in exchanges))

    run_apart(run())


def test_the_environment_is_that_of_wsgi() -> None:
    environ = build_environ(
        make_scope(
            ("host", "a.example"),
            ("content-type", "text/plain"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
            ("x-forwarded-for", "1.1.1.1"),
            ("x_forwarded_for", "6.6.6.6"),
            ("x-forwarded-for", "2.2.2.2"),
            path="/街道",
        )
    )
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/街道"
    assert (environ["HTTP_HOST"], environ["CONTENT_TYPE"]) == ("a.example", "text/plain")
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,2.2.2.2"
    assert (environ["REMOTE_ADDR"], environ["SERVER_PORT"]) == ("10.0.0.9", "8000")


@pytest.mark.parametrize("size", [5, front.FIRST_BYTES + 5, front.IN_MEMORY + 5])
def test_a_body_arrives_complete(size: int) -> None:
    parts = [b"x" * (size - 5), b"world"]
    connection = Connection(*parts)
    headers = [("content-length", str(size)), ("authorization", "Bearer right")]
    answer(echo, (make_scope(*headers, method="POST"), connection))
    assert connection.answer == (200, b"".join(parts))


def test_a_body_that_does_not_arrive_occupies_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(front, "SILENCE_SECONDS", 0.3)
    short = make_scope(("content-length", "10"), method="POST")
    long = make_scope(("content-length", str(front.FIRST_BYTES + 1)), method="POST", path="/api/v1/cases")
    slow = [(scope, Connection(b"a", ends=False)) for scope in (short, long) for _ in range(20)]
    prompt = Connection()
    answer(echo, *slow, (make_scope(), prompt), threads=1)
    assert prompt.answer == (200, b"")
    assert {connection.answer[0] for _scope, connection in slow} == {408}
    assert b'"message"' in slow[-1][1].answer[1]  # type: ignore[operator]


def test_a_client_without_a_session_cannot_send_files() -> None:
    connection = Connection()
    answer(echo, (make_scope(("content-length", "2000000"), method="POST"), connection))
    assert connection.answer[0] == 413


@pytest.mark.parametrize("path", ["/report/lamp/", "/follow/2020-00000001/add/", "/open311/v2/requests.json"])
def test_the_public_may_send_photos_with_the_forms_of_its_site(path: str) -> None:
    size = 9 * 3_000_000
    connection, huge = Connection(b"x" * size), Connection()
    scopes = [
        make_scope(("content-length", str(length)), method="POST", path=path)
        for length in (size, front.PUBLIC_BYTES + 1)
    ]
    answer(echo, (scopes[0], connection), (scopes[1], huge))
    assert (connection.answer[0], huge.answer[0]) == (200, 413)


def test_the_public_can_fill_only_half_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front.settings, "JIEDAO_UPLOAD_BYTES", 1_000_000)
    size = str(front.PUBLIC_BYTES)
    visitor, user = Connection(), Connection(b"x" * 1000)
    public = make_scope(("content-length", size), method="POST", path="/report/lamp/")
    desk = make_scope(
        ("content-length", "20000000"), ("authorization", "Bearer right"), method="POST", path="/desk/"
    )
    answer(echo, (public, visitor), (desk, user))
    assert visitor.answer[0] == 503
    assert user.answer == (200, b"x" * 1000)


@pytest.mark.parametrize(
    "header", [("cookie", "sessionid=x"), ("authorization", "Bearer x"), ("authorization", "Basic eDp5")]
)
def test_an_invalid_credential_lifts_no_limit(header: tuple[str, str]) -> None:
    lengths = ("/desk/", 2_000_000), ("/report/lamp/", front.PUBLIC_BYTES + 1)
    scopes = [
        make_scope(("content-length", str(size)), header, method="POST", path=path) for path, size in lengths
    ]
    desk, public = Connection(b"x" * 2_000_000), Connection(b"x" * 1000)
    answer(echo, (scopes[0], desk), (scopes[1], public))
    assert desk.answer == (200, b"")  # answered as a visitor, without the body
    assert (public.answer[0], desk.parts) == (413, [])


def test_a_body_beyond_the_limit_of_a_valid_session_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front.settings, "JIEDAO_UPLOAD_BYTES", 1_000_000)
    size = str((front.MOST_FILES + 1) * 1_000_000 + 1)
    connection = Connection(b"x")
    scope = make_scope(
        ("content-length", size), ("authorization", "Bearer right"), method="POST", path="/desk/"
    )
    answer(echo, (scope, connection))
    assert connection.answer[0] == 413


def test_only_a_large_body_costs_a_look_at_the_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = ("cookie", "sessionid=x"), ("authorization", "Bearer broken")
    small = make_scope(("content-length", "5"), *headers, method="POST", path="/desk/")
    large = make_scope(("content-length", "2000000"), *headers, method="POST", path="/desk/")
    first, second = Connection(b"hello"), Connection(b"x")
    answer(echo, (small, first), (make_scope(*headers), Connection()), (large, second))
    assert first.answer == (200, b"hello")
    assert second.answer[0] == 503  # a database that is away is no reason to call a file too large


def test_bodies_beyond_the_memory_are_stored_in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "MOST_IN_MEMORY", 0)
    kinds = []

    def note(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        kinds.append(type(environ["wsgi.input"]).__name__)
        return echo(environ, start_response)

    size = front.FIRST_BYTES + 1
    connection = Connection(b"x" * size)
    answer(note, (make_scope(("content-length", str(size)), method="POST"), connection))
    assert connection.answer == (200, b"x" * size)
    assert kinds == ["BufferedRandom"]


def test_visitors_of_an_address_have_a_share_of_the_store_and_a_limit_of_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(front.settings, "JIEDAO_UPLOAD_BYTES", 1 << 20)
    monkeypatch.setattr(front, "PUBLIC_BYTES", 4 << 20)
    monkeypatch.setattr(front, "PUBLIC_BYTES_AN_HOUR", 13 << 20)
    size = 4 << 20
    scope = make_scope(("content-length", str(size)), method="POST", path="/report/lamp/")
    statuses = []

    async def run() -> None:
        server = Front(echo, 2)
        server.__rsgi_init__(asyncio.get_running_loop())
        together = [Connection(b"x" * size) for _number in range(3)]  # of 84 MB, an eighth is for one address
        await asyncio.gather(*(server.__rsgi__(scope, connection) for connection in together))
        later = Connection(b"x" * size)
        await server.__rsgi__(scope, later)
        statuses.extend(connection.answer[0] for connection in (*together, later))
        assert (server.stored_bytes, server.public_bytes) == (0, {})

    run_apart(run())
    assert statuses == [200, 200, 503, 429]


@pytest.mark.parametrize(("size", "left"), [(2_000_000, 0), (front.DISCARDED_BYTES + 1, 2)])
def test_a_refused_body_is_received_before_the_answer_unless_it_is_huge(size: int, left: int) -> None:
    connection = Connection(b"x" * 1000, b"x" * 1000)
    answer(echo, (make_scope(("content-length", str(size)), method="POST"), connection))
    assert (connection.answer[0], len(connection.parts)) == (413, left)


def test_a_refused_body_that_does_not_arrive_is_answered_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(front, "SILENCE_SECONDS", 0.2)
    connection = Connection(b"x", ends=False)
    answer(echo, (make_scope(("content-length", "2000000"), method="POST"), connection))
    assert connection.answer[0] == 413


def test_who_finds_no_thread_is_refused_in_words_and_probes_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(front, "QUEUE_SECONDS", 0.3)
    gate = threading.Event()

    def work(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/livez":
            gate.wait(5)
        start_response("200 OK", [])
        return [b"done"]

    first, second, probe = Connection(), Connection(), Connection()

    async def run() -> None:
        server = Front(work, 1)
        server.__rsgi_init__(asyncio.get_running_loop())
        busy = asyncio.ensure_future(server.__rsgi__(make_scope(), first))
        await asyncio.sleep(0.05)
        await server.__rsgi__(make_scope(), second)
        await server.__rsgi__(make_scope(path="/livez"), probe)
        gate.set()
        await busy

    run_apart(run())
    assert (first.answer[0], second.answer[0], probe.answer[0]) == (200, 503, 200)
    assert "过一分钟" in second.answer[1].decode()  # type: ignore[union-attr]


def test_a_large_file_is_sent_by_the_server(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"a")
    large.write_bytes(bytes(front.BIG_FILE + 1))
    assert find_big_file(FileResponse(small.open("rb"))) is None
    assert find_big_file(FileResponse(large.open("rb"))) == str(large)
    opened = large.open("rb")
    opened.seek(10)
    assert find_big_file(FileResponse(opened)) is None
    replaced = FileResponse(large.open("rb"))
    large.unlink()
    large.write_bytes(bytes(front.BIG_FILE + 1))
    assert find_big_file(replaced) is None
