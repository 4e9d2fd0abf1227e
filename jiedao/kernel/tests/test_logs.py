"""The fields of a log line, and what it must not hold."""

import io
import json
import logging
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from jiedao.kernel.logs import JsonFormatter, TextFormatter, add_log_fields
from jiedao.kernel.serving import wait_until_up
from jiedao.testing.ports import find_free_port


def make_record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    """Return a record as a logger makes it."""
    return logging.getLogger("jiedao.x").makeRecord(
        "jiedao.x", logging.INFO, "file.py", 1, message, args, None, extra=extra
    )


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Collect the log lines of the process in JSON form."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_a_line_is_one_object_with_the_fields_of_its_block() -> None:
    with add_log_fields(request_id="r1", job="a:b"):
        line = json.loads(JsonFormatter().format(make_record("two\nlines of %s", "街道", status=200)))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "jiedao.x",
        "message": "two\nlines of 街道",
        "request_id": "r1",
        "status": 200,
        "job": "a:b",
    }


def test_fields_end_with_their_block() -> None:
    with add_log_fields(request_id="r1"), add_log_fields(job="a:b"):
        pass
    assert "request_id" not in json.loads(JsonFormatter().format(make_record("after")))


def test_the_traceback_is_in_the_same_object() -> None:
    try:
        raise ValueError("街道")
    except ValueError:
        line = make_record("failed")
        line.exc_info = sys.exc_info()
    assert "ValueError: 街道" in json.loads(JsonFormatter().format(line))["exception"]
    assert "\n" not in JsonFormatter().format(line)


def test_a_readable_line_cannot_be_forged_by_a_line_break() -> None:
    line = TextFormatter().format(make_record("GET %s", "/a\n2026 INFO jiedao.access GET /b", user_id=3))
    assert "\n" not in line
    assert "\\n2026" in line
    assert line.endswith(" user_id=3")


def test_lines_of_one_office_among_several_name_it() -> None:
    assert json.loads(JsonFormatter("office_buji").format(make_record("hello")))["office"] == "office_buji"
    assert TextFormatter("office_buji").format(make_record("hello")).endswith("hello office=office_buji")
    assert "office" not in json.loads(JsonFormatter().format(make_record("hello")))


@pytest.mark.django_db
def test_every_request_writes_one_access_line_without_its_query(written: io.StringIO) -> None:
    user = get_user_model().objects.create_user("li", None, "李")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.get("/accounts/password/?phone=13800000000")
    client.get("/no-such-page?phone=13800000000")
    client.post("/api/v1/cases", b'{"subject": "13800000000"}', content_type="application/json")
    first, second, third = (json.loads(line) for line in written.getvalue().splitlines())
    assert first | {"user_id": user.pk, "path": "/accounts/password/", "status": 200} == first
    assert second | {"method": "GET", "path": "/no-such-page", "status": 404} == second
    assert third | {"method": "POST", "path": "/api/v1/cases", "status": 401} == third
    assert len({line["request_id"] for line in (first, second, third)}) == 3
    assert all(line["duration_ms"] > 0 for line in (first, second, third))
    assert "13800000000" not in written.getvalue()


@pytest.mark.django_db
def test_the_line_of_a_failed_sign_in_does_not_name_the_account(written: io.StringIO) -> None:
    Client().post("/accounts/sign-in/", {"username": "zhangsan", "password": "wrong"}, REMOTE_ADDR="10.1.2.3")
    assert "10.1.2.3" in written.getvalue()
    assert "zhangsan" not in written.getvalue()


def read_status(port: int, path: str) -> int:
    """Return the status of the server's answer at a path."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as fault:
        return fault.code


@pytest.mark.skipif(sys.platform != "linux", reason="finds the server's processes under /proc")
def test_all_lines_of_the_server_are_json(tmp_path: Path) -> None:
    port = find_free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JIEDAO_")}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jiedao", "serve", "--port", str(port)],
            env={**environment, "JIEDAO_DATA": str(tmp_path), "JIEDAO_LOG_JSON": "true"},
            stdout=log,
            stderr=log,
        )
    try:
        assert wait_until_up("127.0.0.1", port, server)
        assert read_status(port, "/livez") == 200
        assert read_status(port, "/desk/") == 500  # there are no tables
        [worker] = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        os.kill(int(worker), signal.SIGKILL)  # the server itself logs that, and starts another
        deadline = time.monotonic() + 30
        while "_granian" not in (tmp_path / "log").read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        server.terminate()
        server.wait(30)
    finally:
        server.kill()
        server.wait()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert {"jiedao.serving", "jiedao.access", "django.request", "_granian"} <= {
        line["logger"] for line in lines
    }
    wrong = next(line for line in lines if line["logger"] == "django.request")
    assert "no such table" in wrong["exception"]
    assert wrong["request_id"] in {line["request_id"] for line in lines if line["logger"] == "jiedao.access"}
