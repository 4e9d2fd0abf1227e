"""Two offices on one PostgreSQL server that exists only for these tests, made and run by `jiedao offices`."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from jiedao.offices.file import Office, read_offices
from jiedao.testing.ports import find_free_ports
from tools.test_pg import NoPostgresError, throwaway_postgres

# Every statement with the user and the name of its session, by which the statements of an office are recognised.
LOGGED = {"log_statement": "all", "log_line_prefix": "@ %u %a|"}
ADMINISTRATOR = "district"  # who may create users and schemas, and is no superuser


@dataclass(frozen=True)
class Answer:
    """An answer of a server; redirects are not followed."""

    status: int
    text: str
    location: str = ""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leave redirects to the test."""

    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        """Follow nothing."""


@dataclass
class Offices:
    """The offices of a file, and a server that runs them.

    Attributes:
        superuser: the address of the database for its superuser.
        headers: of an API client and of a browser, of the user registrar of each office.
    """

    file: Path
    superuser: str
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Office:
        return read_offices(self.file)[key]

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `jiedao offices` with these words; FILE is the file."""
        words = tuple(str(self.file) if word == "FILE" else word for word in words)
        command = [sys.executable, "-m", "jiedao", "offices", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)

    def call(self, key: str, path: str, body: object = None, **headers: str) -> Answer:
        """Return what the server of an office answers to a client with these headers, and with its host name."""
        office = self[key]
        about = {"Host": office.hosts[0], "Content-Type": "application/json", **headers}
        request = urllib.request.Request(
            f"http://127.0.0.1:{office.port}{path}",
            data=json.dumps(body).encode() if body else None,
            headers=about,
        )
        try:
            with urllib.request.build_opener(NoRedirect).open(request, timeout=60) as answer:
                return Answer(answer.status, answer.read().decode(errors="replace"))
        except urllib.error.HTTPError as fault:
            text = fault.read().decode(errors="replace")
            return Answer(fault.code, text, fault.headers.get("Location", ""))

    def file_case(self, key: str, detail: str) -> str:
        """File a case in an office by its API and return its number."""
        body = {"channel": "HOTLINE", "detail": detail, "point": {"lon": 114.105, "lat": 22.605}}
        answer = self.call(key, "/api/v1/cases", body, **self.headers[key])
        assert answer.status == 201, answer.text
        return str(json.loads(answer.text)["number"])

    def read(self, key: str, query: str) -> list[Any]:
        """Return the rows of a query in the schema of an office."""
        with closing(psycopg.connect(self[key].address)) as connection:
            return connection.execute(query).fetchall()

    def digest(self, key: str) -> dict[str, tuple[Any, ...]]:
        """Return the number and the digest of the rows of every table of an office, read by the superuser."""
        schema = self[key].schema
        with closing(psycopg.connect(self.superuser)) as connection:
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
            return {
                name: tuple(
                    connection.execute(
                        f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {schema}."{name}" t'
                    ).fetchone()
                    or ()
                )
                for (name,) in names.fetchall()
            }

    def read_statements(self) -> list[tuple[str, str, str]]:
        """Return user, name of the session and text of every statement that the server has logged."""
        folder = Path(parse_qs(urlsplit(self.superuser).query)["host"][0])
        log = (folder / "log").read_text(encoding="utf-8", errors="replace")
        entries = re.findall(r"^@ (\S*) (.*?)\|(.*?)(?=^@ |\Z)", log, re.MULTILINE | re.DOTALL)
        return [entry for entry in entries if re.match(r"LOG:  (statement|execute)", entry[2])]


def write_file(path: Path, address: str, keys: Sequence[str], more: str = "") -> None:
    """Write a file of offices whose keys are these letters."""
    lines = [f'database_url = "{address}"', 'data = "data"', "[settings]", 'log_level = "WARNING"']
    for key, port in zip(keys, find_free_ports(len(keys)), strict=True):
        lines += [f"[offices.{key}]", f'hosts = ["{key}.example.gov.cn"]', f"port = {port}"]
    path.write_text("\n".join([*lines, more]), encoding="utf-8")


def fill_office(office: Office) -> dict[str, str]:
    """Make tables and the cast in an office; return the headers of an API client and of a browser."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.serving.prepare"],
        env=office.build_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    credentials = json.loads(done.stdout)
    return {
        "Authorization": f"Bearer {credentials['token']}",
        "Cookie": f"sessionid={credentials['session']}",
    }


def wait_until_answering(offices: Offices, keys: Sequence[str], seconds: float = 90) -> None:
    """Return once the servers of these offices are ready."""
    deadline = time.monotonic() + seconds
    for key in keys:
        while True:
            try:
                answer = offices.call(key, "/readyz")
                if answer.status == 200:
                    break
            except OSError:
                answer = Answer(0, "")
            assert time.monotonic() < deadline, (key, answer)
            time.sleep(0.2)


@pytest.fixture(scope="session")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    """The offices b and a, in this order, with the same people, and the empty office c; a and b are served."""
    folder = tmp_path_factory.mktemp("offices")
    try:
        with throwaway_postgres(options=LOGGED) as superuser:
            with psycopg.connect(superuser, autocommit=True) as connection:
                connection.execute(f"CREATE ROLE {ADMINISTRATOR} LOGIN CREATEROLE")
                connection.execute(f"ALTER DATABASE jiedao OWNER TO {ADMINISTRATOR}")
            address = superuser.replace("//jiedao@", f"//{ADMINISTRATOR}@")
            write_file(folder / "offices.toml", address, ["b", "a", "c"], "stopped = true\n")
            made = Offices(folder / "offices.toml", superuser)
            for key in ("b", "a", "c"):
                done = made.run("create", "FILE", key, "--empty")
                assert done.returncode == 0, done.stderr
            with ThreadPoolExecutor() as threads:
                filled = threads.map(fill_office, [made["a"], made["b"]])
                made.headers = dict(zip(("a", "b"), filled, strict=True))
            server = start(made, "serve")
            try:
                wait_until_answering(made, ["a", "b"])
                yield made
            finally:
                server.send_signal(signal.SIGTERM)
                assert server.wait(60) == 0
    except NoPostgresError as reason:
        pytest.skip(str(reason))


def start(offices: Offices, name: str) -> "subprocess.Popen[bytes]":
    """Start `jiedao offices serve` or `worker`."""
    command = [sys.executable, "-m", "jiedao", "offices", name, str(offices.file)]
    environment = {key: text for key, text in os.environ.items() if not key.startswith("JIEDAO_")}
    return subprocess.Popen(command, env=environment)
