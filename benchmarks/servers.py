"""Databases and servers that exist only while they are measured."""

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from benchmarks.texts import ROOT
from tools.test_pg import throwaway_postgres

POSTGRES_OPTIONS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


@dataclass(frozen=True)
class House:
    """A prepared database: its address, the environment of its processes, and the keys to it."""

    vendor: str
    address: str
    folder: Path
    environment: dict[str, str]
    token: str
    session: str

    @property
    def bearer(self) -> dict[str, str]:
        """Headers of an API client."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def cookie(self) -> dict[str, str]:
        """Headers of a signed-in dispatcher's browser."""
        return {"Cookie": f"sessionid={self.session}", "Accept-Language": "zh-CN"}

    def database_cpu(self) -> float:
        """Return the CPU seconds that PostgreSQL has taken so far; 0 for SQLite, which works in the server."""
        if self.vendor != "postgresql":
            return 0.0
        place = dict(parse_qsl(urlsplit(self.address).query))["host"]
        first = int((Path(place) / "cluster" / "postmaster.pid").read_text().split()[0])
        return Server(0, first).cpu()

    def run(self, *arguments: str) -> str:
        """Run a Python module against this database; return its standard output."""
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
        return done.stdout

    def statements(self, *paths: str) -> dict[str, int]:
        """Count the SQL statements of a filing ("POST") and of a GET of each path, once warm."""
        counted: dict[str, int] = json.loads(
            self.run("benchmarks.statements", self.token, self.session, *paths)
        )
        return counted


@contextmanager
def house(vendor: str) -> Iterator[House]:
    """Make a database of the reference town with its people; remove it after.

    Raises NoPostgresError where PostgreSQL is asked for and not installed.
    """
    folder = Path(tempfile.mkdtemp(prefix="jiedao-bench-"))
    try:
        if vendor == "postgresql":
            with throwaway_postgres(durable=True, options=POSTGRES_OPTIONS) as address:
                yield _prepared(vendor, address, folder)
        else:
            yield _prepared(vendor, f"sqlite:///{folder / 'jiedao.sqlite3'}", folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(vendor: str, address: str, folder: Path) -> House:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("JIEDAO_")},
        "JIEDAO_DATA": str(folder),
        "JIEDAO_DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "jiedao.settings",
        "PYTHONPATH": str(ROOT),
    }
    bare = House(vendor, address, folder, environment, "", "")
    keys: dict[str, Any] = json.loads(bare.run("benchmarks.town"))
    return House(vendor, address, folder, environment, **keys)


@dataclass(frozen=True)
class Server:
    """A running server: its port and the id of its first process."""

    port: int
    pid: int

    def memory(self) -> list[float]:
        """Return the proportional set size (shared pages counted once) of each process, MB."""
        return [_memory(pid, b"Pss:") for pid in self.processes()]

    def resident(self) -> list[float]:
        """Return the resident set size of each process, MB."""
        return [_memory(pid, b"Rss:") for pid in self.processes()]

    def cpu(self) -> float:
        """Return the CPU seconds that its processes have taken so far."""
        return cpu(self.processes())

    def processes(self) -> list[int]:
        """Return the ids of the server's processes, the first one's before its children's."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        below = [pid for child in children for pid in Server(0, int(child)).processes()]
        return [self.pid, *below]


def cpu(pids: list[int]) -> float:
    """Return the CPU seconds of these processes and of their children that ended."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory(pid: int, name: bytes) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def serving(home: House) -> Iterator[Server]:
    """Start `jiedao serve` on a free port and wait until it answers; stop it after."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (home.folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jiedao", "serve", "--port", str(port)],
            cwd=ROOT,
            env=home.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(port, process, home.folder / "server.log")
        yield Server(port, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")
