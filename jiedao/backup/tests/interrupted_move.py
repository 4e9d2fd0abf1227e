"""Move an office, and do something at one step: `python -m jiedao.backup.tests.interrupted_move URL STEP DEED`.

DEED is "kill", or "work": change rows as an office does that works on. Prints as JSON how many rows were replaced, and
what a process that writes during the last step is answered.
"""

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import django

WORK = """
UPDATE accounts_user SET full_name = full_name || '改' WHERE id % 2 = 0;
DELETE FROM kernel_policy WHERE id = (SELECT max(id) FROM kernel_policy);
INSERT INTO kernel_periodic (name, next_at) VALUES ('test:work', '2026-11-29 10:00:00.000123');
INSERT INTO kernel_calendarday (id, date, is_workday, name) VALUES (900001, '2031-01-01', 0, '元旦');
DELETE FROM kernel_calendarday WHERE id = 900001;
CREATE TEMP TABLE names AS SELECT id, username FROM accounts_user WHERE id IN (1, 2);
UPDATE accounts_user SET username = 'between' WHERE id = 1;
UPDATE accounts_user SET username = (SELECT username FROM names WHERE id = 1) WHERE id = 2;
UPDATE accounts_user SET username = (SELECT username FROM names WHERE id = 2) WHERE id = 1;
"""


def main(url: str, step: str, deed: str) -> None:
    """Move the office; at the step, do the deed."""
    from jiedao.backup.commands_move import open_source, open_target
    from jiedao.backup.moving.digests import Progress
    from jiedao.backup.moving.steps import move_office
    from jiedao.kernel.crypto import compute_key_mark

    source = open_source()
    path = source.address.removeprefix("sqlite:///")
    answers = []

    def try_to_write() -> None:
        with closing(sqlite3.connect(path, timeout=0.1)) as office:
            assert office.execute("SELECT count(*) FROM accounts_user").fetchone()[0]  # reading works
            try:
                office.execute("DELETE FROM accounts_user")
            except sqlite3.OperationalError as fault:
                answers.append(str(fault))

    @contextmanager
    def watch(name: str, _total: int) -> Iterator[Progress]:
        def report(_count: int) -> None:
            if name == step and deed == "kill":
                os.kill(os.getpid(), signal.SIGKILL)

        yield report
        if name == "compare":
            try_to_write()
        if name == step and deed == "work":
            with closing(sqlite3.connect(path, timeout=1)) as office:
                office.executescript(WORK)

    outcome = move_office(source, open_target(url), url, compute_key_mark(), watch)
    tables = {table: [digest.rows, digest.hex] for table, digest in outcome.tables.items()}
    sys.stdout.write(json.dumps({"changed": outcome.changed_rows, "answers": answers, "tables": tables}))


if __name__ == "__main__":
    django.setup()
    main(*sys.argv[1:])
