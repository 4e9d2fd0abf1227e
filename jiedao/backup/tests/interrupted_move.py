"""Move an office, and do something at one step: `python -m jiedao.backup.tests.interrupted_move URL STEP DEED [DIR]`.

DEED is
- "kill": this process dies;
- "work": rows of the office change, as in an office that works on;
- "intrude": a row of the new database changes;
- "cut": the server ends all connections to the new database.

DIR is a new data folder. Prints as JSON how many rows were replaced, and what a process that writes during the last
step is answered.
"""

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import django
import psycopg

WORK = """
UPDATE accounts_user SET full_name = full_name || '改' WHERE id % 2 = 0;
DELETE FROM kernel_policy WHERE id = (SELECT max(id) FROM kernel_policy);
DELETE FROM kernel_periodic WHERE name = 'test:work';
INSERT INTO kernel_periodic (name, next_at) VALUES ('test:work', '2026-11-29 10:00:00.000123');
INSERT INTO kernel_calendarday (id, date, is_workday, name) VALUES (900001, '2031-01-01', false, '元旦');
DELETE FROM kernel_calendarday WHERE id = 900001;
CREATE TEMP TABLE names AS SELECT id, username FROM accounts_user WHERE id IN (1, 2);
UPDATE accounts_user SET username = 'between' WHERE id = 1;
UPDATE accounts_user SET username = (SELECT username FROM names WHERE id = 1) WHERE id = 2;
UPDATE accounts_user SET username = (SELECT username FROM names WHERE id = 2) WHERE id = 1;
"""


INTRUSION = "UPDATE accounts_user SET full_name = 'of another program' WHERE id = 1"
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def connect(side: Any) -> Any:
    """Connect to the database of a side as another program does, which waits a tenth of a second for locks."""
    if side.vendor == "sqlite":
        return sqlite3.connect(side.path, timeout=0.1)
    connection = psycopg.connect(side.arguments[0], password=side.arguments[1] or None)
    connection.execute("SET lock_timeout = '100ms'")
    connection.commit()
    return connection


def run_script(side: Any, script: str) -> None:
    """Run statements in a transaction of another program."""
    with closing(connect(side)) as database:
        for statement in script.split(";\n"):
            if statement.strip():
                database.execute(statement)
        database.commit()


def try_to_write(side: Any) -> str:
    """Try to write in the office, where reading works; return the refusal."""
    with closing(connect(side)) as office:
        assert office.execute("SELECT count(*) FROM accounts_user").fetchone()[0]
        try:
            office.execute("DELETE FROM kernel_periodic")
        except (sqlite3.OperationalError, psycopg.errors.LockNotAvailable) as fault:
            return str(fault).partition("\n")[0]
    return ""


def main(url: str, step: str, deed: str, folder: str = "") -> None:
    """Move the office; at the step, do the deed."""
    from jiedao.backup.commands_move import explain_faults, open_source, open_target
    from jiedao.backup.moving.digests import Progress
    from jiedao.backup.moving.move import Move
    from jiedao.backup.moving.steps import move_office
    from jiedao.kernel.crypto import compute_key_mark

    source, target = open_source(), open_target(url)
    answers: list[str] = []
    deeds = {
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "work": lambda: run_script(source, WORK),
        "intrude": lambda: run_script(target, INTRUSION),
        "cut": lambda: run_script(target, CUT),
    }

    @contextmanager
    def watch(name: str, _total: int) -> Iterator[Progress]:
        yield lambda _count: None
        if name == "compare":
            answers.append(try_to_write(source))
        if name == step:
            deeds[deed]()

    place = Path(folder) if folder else None
    with explain_faults():
        outcome = move_office(Move(source, target, url, compute_key_mark(), watch, place))
    tables = {table: [digest.rows, digest.hex] for table, digest in outcome.tables.items()}
    result = {"changed": outcome.changed_rows, "answers": answers, "tables": tables}
    sys.stdout.write(json.dumps({**result, "missing": outcome.missing_files}))


if __name__ == "__main__":
    from jiedao.kernel.errors import UserError

    django.setup()
    try:
        main(*sys.argv[1:])
    except UserError as refusal:
        sys.exit(str(refusal))
