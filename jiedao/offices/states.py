"""The state of each office: whether it answers, whether its tables are of this version, when its worker last worked."""

import json
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import psycopg

import jiedao
from jiedao.environment import name_sessions
from jiedao.kernel.errors import UserError
from jiedao.offices.file import Office

SECONDS = 10  # in which an office must answer
AT_ONCE = 4  # offices that are asked at a time


@dataclass(frozen=True)
class State:
    """The state of an office.

    Attributes:
        answers: whether its server can be used; `fault` is the reason why not, or why the database cannot be read.
        missing_migrations: of jiedao; None for an office without tables.
        sessions: number of connections of this office to the database.
        last_job_at: when a job of its worker last ended, ISO 8601.
    """

    key: str
    hosts: tuple[str, ...]
    port: int
    schema: str
    is_stopped: bool
    answers: bool
    fault: str = ""
    missing_migrations: int | None = None
    accounts: int | None = None
    sessions: int | None = None
    last_job_at: str | None = None

    @property
    def is_well(self) -> bool:
        """Return whether the office is stopped on purpose, or answers and has the tables of this version."""
        return self.is_stopped or (self.answers and self.missing_migrations == 0)


def read_states(offices: Iterable[Office]) -> list[State]:
    """Return the state of each office."""
    known = list_migrations()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda office: read_state(office, known), offices))


def read_state(office: Office, known: set[tuple[str, str]]) -> State:
    """Return the state of an office; a fault is part of it."""
    fault = "" if office.is_stopped else find_server_fault(office)
    facts: dict[str, Any] = {}
    try:
        facts = read_database(office, known)
    except (psycopg.Error, UserError) as error:
        fault = fault or str(error).strip().partition("\n")[0]
    answers = not office.is_stopped and not fault
    about = (office.key, office.hosts, office.port, office.schema, office.is_stopped)
    return State(*about, answers, fault=fault, **facts)


def find_server_fault(office: Office) -> str:
    """Return why the server of an office cannot be used, "" when it can."""
    # A proxy of the environment cannot reach this machine by its own name.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{office.port}/readyz", timeout=SECONDS):
            return ""
    except HTTPError as answer:
        try:
            return str(json.loads(answer.read())["reason"])
        except (ValueError, KeyError, TypeError):
            return f"port {office.port} answers {answer.code}"
    except (OSError, HTTPException) as fault:
        return f"no server at port {office.port}: {getattr(fault, 'reason', fault)}"


def read_database(office: Office, known: set[tuple[str, str]]) -> dict[str, Any]:
    """Return what the tables of an office state, as fields of its `State`; {} without tables."""
    with psycopg.connect(office.address, connect_timeout=SECONDS, autocommit=True) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", [office.schema])
        row = connection.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
        if row is None or not row[0]:
            return {}
        applied = set(connection.execute("SELECT app, name FROM django_migrations").fetchall())
        facts: dict[str, Any] = {"missing_migrations": len(known - applied)}
        if ("kernel", "0001_initial") in applied and ("accounts", "0001_initial") in applied:
            facts |= _read_work(connection, office)
        return facts


def _read_work(connection: "psycopg.Connection[Any]", office: Office) -> dict[str, Any]:
    [(accounts, sessions, ended_at)] = connection.execute(
        "SELECT (SELECT count(*) FROM accounts_user WHERE is_active), (SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = %s), "
        "(SELECT max(finished_at) FROM kernel_job)",
        [name_sessions(office.schema)],
    ).fetchall()
    ended: datetime | None = ended_at
    last = ended.astimezone(UTC).isoformat(timespec="seconds") if ended else None
    return {"accounts": accounts, "sessions": sessions, "last_job_at": last}


def list_migrations() -> set[tuple[str, str]]:
    """Return the migrations of the rooms of this version, as room and name."""
    rooms = Path(jiedao.__file__).parent
    return {(path.parts[-3], path.stem) for path in rooms.glob("*/migrations/[0-9]*.py")}
