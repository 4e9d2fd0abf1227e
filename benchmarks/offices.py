"""One office alone, and twenty on the same PostgreSQL server, at the same number of requests a second in all."""

import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.client import Load, encode_get, encode_post, send_at_rate
from benchmarks.report import Line
from benchmarks.servers import POSTGRES_OPTIONS, Server, find_database_process, run_module
from benchmarks.texts import ROOT, encode_bodies
from jiedao.offices.creating import create_office
from jiedao.offices.file import Office, read_offices
from jiedao.testing.ports import find_free_port
from tools.test_pg import throwaway_postgres

MANY = 20
CASES = 2_000  # of each office
RATE = 5.0  # requests a second of all offices together; one in ten files a case
START_SECONDS = 600.0
KEYS = ("secret_key", "field_key")


def measure(vendor: str, seconds: float) -> list[Line]:
    """Measure one office with its two processes, then twenty with a process each; only on PostgreSQL."""
    if vendor != "postgresql":
        return []
    folder = Path(tempfile.mkdtemp(prefix="jiedao-bench-"))
    try:
        with throwaway_postgres(durable=True, options=POSTGRES_OPTIONS) as address:
            file = write_file(folder, address)
            offices = list(read_offices(file).values())
            credentials = fill_first(offices[0])
            alone = measure_offices(folder, address, offices[:1], credentials, seconds, processes=2)
            for office in offices[1:]:
                copy_office(offices[0], office, address)
            many = measure_offices(folder, address, offices, credentials, seconds, processes=1)
            at_rest = measure_workers(file)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return list_results(alone, many, at_rest)


def write_file(folder: Path, address: str, processes: int = 1, count: int = MANY) -> Path:
    """Write the file of so many offices and return its path."""
    lines = [f'database_url = "{address}"', 'data = "data"', "[settings]", 'log_level = "ERROR"']
    lines += ["api_token_rate = 0", "api_address_rate = 0"]
    for number in range(count):
        lines += [f"[offices.o{number:02}]", f'hosts = ["o{number:02}.example"]']
        lines += [f"port = {find_free_port()}", f"processes = {processes}"]
    path = folder / f"offices-{count}.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def run(office: Office, *arguments: str) -> str:
    """Run a Python module for an office; return its standard output."""
    return run_module({**office.build_environment(), "PYTHONPATH": str(ROOT)}, *arguments)


def fill_first(office: Office) -> dict[str, str]:
    """Make the office with the reference town and its cases; return its credentials."""
    create_office(office)
    credentials: dict[str, str] = json.loads(run(office, "benchmarks.town"))
    run(office, "benchmarks.fill", str(CASES))
    return credentials


def copy_office(first: Office, office: Office, address: str) -> None:
    """Make an office with the keys and rows of the first."""
    office.data.mkdir(parents=True)
    for name in KEYS:
        shutil.copy(first.data / name, office.data / name)
    create_office(office)
    dump = ["pg_dump", "--no-owner", "--no-privileges", f"--schema={first.schema}", f"--dbname={address}"]
    text = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    text = text.replace(f"CREATE SCHEMA {first.schema};", "").replace(f"{first.schema}.", f"{office.schema}.")
    load = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    subprocess.run([*load, f"--dbname={office.address}"], input=text, text=True, check=True)


@contextmanager
def start(name: str, file: Path) -> Iterator[Server]:
    """Run `jiedao offices serve` or `worker`."""
    process = subprocess.Popen([sys.executable, "-m", "jiedao", "offices", name, str(file)], cwd=ROOT)
    try:
        yield Server(0, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_for(offices: Sequence[Office]) -> None:
    """Return once all offices accept connections."""
    until = time.monotonic() + START_SECONDS
    for office in offices:
        while True:
            try:
                socket.create_connection(("127.0.0.1", office.port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)


class Measurement:
    """The load on some offices, its processor time, and the memory of an office."""

    def __init__(self, load: Load, cpu: tuple[float, float], memory: float) -> None:
        self.load, self.memory = load, memory
        self.server_ms, self.database_ms = (1000 * seconds / len(load.times) for seconds in cpu)

    @property
    def cpu_ms(self) -> float:
        """Return the processor time of an answer in server and database."""
        return self.server_ms + self.database_ms

    def __str__(self) -> str:
        statuses = {status: n for status, n in self.load.statuses.items() if status not in {200, 201}}
        return (
            f"p50 {self.load.percentile(0.5):.0f} ms, p95 {self.load.percentile(0.95):.0f} ms, CPU server "
            f"{self.server_ms:.1f} + database {self.database_ms:.1f} ms"
            + (f", other answers {statuses}" if statuses else "")
        )


def measure_offices(  # noqa: PLR0917 (the offices, and how they are measured)
    folder: Path,
    address: str,
    offices: Sequence[Office],
    credentials: dict[str, str],
    seconds: float,
    processes: int,
) -> Measurement:
    """Serve the offices and send them the load in turn, after as much to warm them up."""
    file = write_file(folder, address, processes, len(offices))
    offices = list(read_offices(file).values())
    database = Server(0, find_database_process(address))
    with start("serve", file) as server:
        wait_for(offices)
        calls = make_requests(offices, credentials)
        send_at_rate(calls, rate=RATE, seconds=max(seconds, 2 * len(offices) / RATE))
        before = server.cpu_seconds(), database.cpu_seconds()
        load = send_at_rate(calls, rate=RATE, seconds=seconds)
        cpu = server.cpu_seconds() - before[0], database.cpu_seconds() - before[1]
        memory = sum(server.proportional_memory()[1:]) / len(offices)  # without the process that starts them
    return Measurement(load, cpu, memory)


def make_requests(offices: Sequence[Office], credentials: dict[str, str]) -> Iterator[tuple[int, bytes]]:
    """Yield requests with the port they are for, the offices in turn: lists, case searches, and new cases."""
    bodies = itertools.cycle(encode_bodies(500))
    choose = random.Random(7)
    for office in itertools.cycle(offices):
        host = {"Host": office.hosts[0]}
        api = {**host, "Authorization": f"Bearer {credentials['token']}"}
        page = {**host, "Cookie": f"sessionid={credentials['session']}", "Accept-Language": "zh-CN"}
        dice = choose.random()
        if dice < 0.1:
            yield office.port, encode_post("/api/v1/cases", api, next(bodies))
        elif dice < 0.6:
            yield office.port, encode_get("/api/v1/cases?state=HANDLING", api)
        else:
            yield office.port, encode_get("/desk/cases/", page)


def measure_workers(file: Path, seconds: float = 30.0) -> tuple[float, float]:
    """Return the cores that the workers of all offices use when they have little to do, and MB of each."""
    with start("worker", file) as workers:
        while len(workers.processes()) <= MANY:
            time.sleep(1)
        time.sleep(seconds)  # the first jobs of each
        before = workers.cpu_seconds()
        time.sleep(seconds)
        used = (workers.cpu_seconds() - before) / seconds
        return used, sum(workers.proportional_memory()[1:]) / MANY


def list_results(alone: Measurement, many: Measurement, at_rest: tuple[float, float]) -> list[Line]:
    """Return the lines of the table."""
    at = f"offices, {RATE:.0f} requests/s in all"
    median = many.load.percentile(0.5) / alone.load.percentile(0.5)
    slow = many.load.percentile(0.95) / alone.load.percentile(0.95)
    cost = many.cpu_ms / alone.cpu_ms
    return [
        Line(f"{at}: one alone, 2 processes", str(alone)),
        Line(
            f"{at}: {MANY}, a process each",
            str(many),
            f"p50 {median:.2f}, p95 {slow:.2f}, CPU {cost:.2f} times",
        ),
        Line(
            "offices: memory of the server of an office, shared pages counted once",
            f"{alone.memory:.0f} MB alone, {many.memory:.0f} MB of {MANY}",
        ),
        Line(
            f"offices: {MANY} workers with their periodic jobs alone",
            f"{at_rest[0]:.2f} of {os.cpu_count()} cores, {at_rest[1]:.0f} MB each",
        ),
    ]
