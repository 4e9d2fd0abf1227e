"""Databases and servers that exist only during a measurement."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from benchmarks.texts import ROOT
from jiedao.testing.ports import find_free_port
from tools.test_pg import throwaway_postgres

# Without replicas the log of an index that is built, or of a table that is filled, is not needed.
POSTGRES_OPTIONS = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


@dataclass(frozen=True)
class Office:
    """An office in a database of its own: its address, the environment of its processes, and credentials.

    Attributes:
        token: of an API client.
        session: key of the session of a signed-in dispatcher.
    """

    vendor: str
    address: str
    folder: Path
    environment: dict[str, str]
    token: str
    session: str

    @property
    def api_headers(self) -> dict[str, str]:
        """Return the headers of an API client."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def page_headers(self) -> dict[str, str]:
        """Return the headers of a signed-in dispatcher's browser."""
        return {"Cookie": f"sessionid={self.session}", "Accept-Language": "zh-CN"}

    def database_cpu(self) -> float:
        """Return the CPU seconds that PostgreSQL has used so far; 0 for SQLite, which runs inside the server."""
        if self.vendor != "postgresql":
            return 0.0
        return Server(0, find_database_process(self.address)).cpu_seconds()

    def run(self, *arguments: str) -> str:
        """Run a Python module against this database; return its standard output."""
        return run_module(self.environment, *arguments)

    def count_statements(self, *paths: str) -> dict[str, int]:
        """Count the SQL statements of filing a case ("POST") and of a GET of each path, when caches are filled."""
        counts: dict[str, int] = json.loads(
            self.run("benchmarks.statements", self.token, self.session, *paths)
        )
        return counts


def find_database_process(address: str) -> int:
    """Return the id of the first process of the database server."""
    folder = dict(parse_qsl(urlsplit(address).query))["host"]
    return int((Path(folder) / "cluster" / "postmaster.pid").read_text().split()[0])


def run_module(environment: dict[str, str], *arguments: str) -> str:
    """Run a Python module in an environment; return its standard output, raise RuntimeError if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
    return done.stdout


@contextmanager
def prepare_office(vendor: str) -> Iterator[Office]:
    """Create a database with the reference town and its people; remove it after the block.

    Raises:
        NoPostgresError: PostgreSQL is requested and not installed.
    """
    folder = Path(tempfile.mkdtemp(prefix="jiedao-bench-"))
    try:
        if vendor == "postgresql":
            with throwaway_postgres(durable=True, options=POSTGRES_OPTIONS) as address:
                yield _create_office(vendor, address, folder)
        else:
            yield _create_office(vendor, f"sqlite:///{folder / 'jiedao.sqlite3'}", folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _create_office(vendor: str, address: str, folder: Path) -> Office:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("JIEDAO_")},
        "JIEDAO_DATA": str(folder),
        "JIEDAO_DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "jiedao.settings",
        # One token sends more than any office: the limits are kept, so that their cost is measured, but never reached.
        "JIEDAO_API_TOKEN_RATE": "10000000",
        "JIEDAO_API_ADDRESS_RATE": "10000000",
        "PYTHONPATH": str(ROOT),
    }
    empty = Office(vendor, address, folder, environment, token="", session="")
    credentials: dict[str, Any] = json.loads(empty.run("benchmarks.town"))
    return replace(empty, **credentials)


@dataclass(frozen=True)
class Server:
    """A running server: its port and the id of its first process."""

    port: int
    pid: int

    def proportional_memory(self) -> list[float]:
        """Return the proportional set size of each process in MB; shared pages are counted once."""
        return [_read_memory(pid, b"Pss:") for pid in self.processes()]

    def resident_memory(self) -> list[float]:
        """Return the resident set size of each process in MB."""
        return [_read_memory(pid, b"Rss:") for pid in self.processes()]

    def cpu_seconds(self) -> float:
        """Return the CPU seconds that its processes have used so far."""
        return cpu_seconds(self.processes())

    def processes(self) -> list[int]:
        """Return the ids of the server's processes, a parent before its children."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        below = [pid for child in children for pid in Server(0, int(child)).processes()]
        return [self.pid, *below]


def cpu_seconds(pids: list[int]) -> float:
    """Return the CPU seconds of these processes and of those of their children that have ended."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _read_memory(pid: int, name: bytes) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def run_server(office: Office) -> Iterator[Server]:
    """Start `jiedao serve` on a free port and wait until it answers; stop it after the block."""
    port = find_free_port()
    with (office.folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jiedao", "serve", "--port", str(port)],
            cwd=ROOT,
            env=office.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(port, process, office.folder / "server.log")
        yield Server(port, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")
