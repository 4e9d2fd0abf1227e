"""An office moves to another database complete, or not at all.

The tests move from SQLite to SQLite, which needs no server; tests/deploy/test_move.py moves to PostgreSQL and back.
"""

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection

from jiedao.backup.tests.conftest import Office, OfficeFactory

pytestmark = [
    pytest.mark.database,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="concerns offices on SQLite"),
]


def run_move(
    office: Office, url: str, step: str, deed: str, *more: str
) -> "subprocess.CompletedProcess[str]":
    """Move with a deed at one step."""
    return subprocess.run(
        [sys.executable, "-m", "jiedao.backup.tests.interrupted_move", url, step, deed, *more],
        env=office.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )


def refuse_all(office: Office, words: str) -> None:
    """Check that server, worker, migration and a command refuse the office's database in these words."""
    for line in ("serve --port 8999", "worker --once", "migrate", "user list"):
        done = office.run(*line.split())
        assert (done.returncode, done.stdout) == (1, ""), line
        assert words in done.stderr, line
        assert "Traceback" not in done.stderr


def test_a_move_that_is_cut_off_leaves_the_office_and_is_begun_anew(office: Office) -> None:
    url = f"sqlite:///{office.data / 'new.sqlite3'}"
    copy, before = (
        replace(office, url=url),
        office.read_column("SELECT username FROM accounts_user ORDER BY id"),
    )
    killed = run_move(office, url, "catch up", "kill")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    refuse_all(copy, "unfinished copy")
    assert office.work("chen")["intact"] is True  # the office works on
    # cut off while the office is still: the lock ends with the process, and the mark counts for nothing
    killed = run_move(office, url, "compare", "kill")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert office.read_column("SELECT state FROM jiedao_moving") == ["STILL"]
    refuse_all(copy, "unfinished copy")
    assert office.work("zhao")["intact"] is True
    assert office.run("worker", "--once").returncode == 0
    folder = office.data.parent / "elsewhere"
    moved = run_move(office, url, "read back", "work", str(folder))
    assert moved.returncode == 0, moved.stderr
    result = json.loads(moved.stdout)
    assert (result["answers"], result["missing"]) == (["database is locked"], [])
    assert result["changed"] >= 4
    names = copy.read_column("SELECT username FROM accounts_user ORDER BY id")
    assert names == [before[1], before[0], "chen", "zhao"]  # two unique values have changed places
    compare_all_tables(office, copy)
    assert replace(copy, data=folder).state()[1:] == office.state()[1:]  # attachments and the model
    refuse_all(office, "has moved to sqlite:///")
    check_a_move_that_was_cut_off_at_its_end(office, copy)
    assert copy.run("user", "list").returncode == 0
    assert copy.work("sun")["intact"] is True  # new rows continue after the last numbers
    assert copy.read_column("SELECT seq FROM sqlite_sequence WHERE name = 'kernel_calendarday'") == [900_001]
    check_the_way_back(office)


def test_a_target_that_changes_or_has_no_space_is_refused(office: Office, tmp_path: Path) -> None:
    url, before = f"sqlite:///{tmp_path / 'new.sqlite3'}", office.state()
    full = subprocess.run(
        ["bash", "-c", 'ulimit -f 2000; exec "$0" -m jiedao move --to "$1"', sys.executable, url],
        env=office.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert full.returncode == 1
    assert "The office was not moved" in full.stderr
    assert "Traceback" not in full.stderr
    changed = run_move(office, url, "index", "intrude")
    assert changed.returncode == 1
    assert "accounts_user from 0 on. The office was not moved" in changed.stderr
    refuse_all(replace(office, url=url), "unfinished copy")
    assert office.state() == before
    assert office.run("user", "list").returncode == 0


def check_a_move_that_was_cut_off_at_its_end(office: Office, copy: Office) -> None:
    """Check that the same command finishes a move that was killed before it removed the mark of the new database."""
    (key,) = office.read_column("SELECT mark FROM kernel_keymark")
    copy.execute("CREATE TABLE jiedao_moving (state text, other text, office text, since text)")
    copy.execute(f"INSERT INTO jiedao_moving VALUES ('READY', '{office.url}', '{key}', '2026-11-29')")
    refuse_all(copy, "unfinished copy")
    done = office.run("move", "--to", copy.url)
    assert done.returncode == 0, done.stderr
    assert "interrupted at its end is finished" in done.stderr
    again = office.run("move", "--to", copy.url)
    assert again.returncode == 1
    assert "has moved to" in again.stderr


def compare_all_tables(office: Office, copy: Office) -> None:
    """Compare every row of every table by the driver alone."""
    with closing(office.connect()) as old, closing(copy.connect()) as new:
        names = [name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert len(names) > 120
        for name in names:
            if "searchrow_" not in name and name != "jiedao_moving":
                rows = " WHERE seq > 0" if name == "sqlite_sequence" else ""
                statement = f'SELECT * FROM "{name}"{rows} ORDER BY 1'
                assert old.execute(statement).fetchall() == new.execute(statement).fetchall(), name


def check_the_way_back(office: Office) -> None:
    """Check that the old database refuses every write until the move is undone.

    The audit then states that what people entered in the new database since the move is missing.
    """
    with pytest.raises(sqlite3.IntegrityError, match="moved to another database"):
        office.execute("UPDATE accounts_user SET full_name = 'x'")
    undone = office.run("move", "--undo")
    assert undone.returncode == 0, undone.stderr
    assert office.run("user", "list").returncode == 0
    verified = office.run("audit", "verify")
    assert verified.returncode == 1
    assert "are not in the chain" in verified.stdout + verified.stderr
    assert office.run("move", "--undo").returncode == 1


def test_a_target_that_holds_something_else_is_refused(
    office: Office, new_office: OfficeFactory, tmp_path: Path
) -> None:
    other = new_office("other", copy_of=office)
    foreign, unfinished = tmp_path / "foreign.sqlite3", tmp_path / "unfinished.sqlite3"
    for path, statement in (
        (foreign, "CREATE TABLE recipes (id integer)"),
        (unfinished, "CREATE TABLE jiedao_moving (state text, other text, office text, since text)"),
    ):
        with closing(sqlite3.connect(path)) as database:
            database.execute(statement)
            if path == unfinished:
                database.execute(
                    "INSERT INTO jiedao_moving VALUES ('UNFINISHED', 'sqlite:///x', 'its key', '')"
                )
                database.commit()
    before = office.state()
    for url, words in (
        (office.url, "office's own database"),
        (other.url, "the data of an office (0 cases, 2 accounts)"),
        (f"sqlite:///{foreign}", "1 tables, such as recipes"),
        (f"sqlite:///{unfinished}", "unfinished copy of another office"),
        (f"sqlite:///{tmp_path}/nowhere/a.sqlite3", "There is no folder"),
        ("mysql://localhost/a", "unknown kind of database"),
        ("postgresql://localhost:1/a", "cannot be reached"),
    ):
        done = office.run("move", "--to", url)
        assert (done.returncode, done.stdout) == (1, ""), url
        assert words in done.stderr, url
        assert "Traceback" not in done.stderr, url
    other.execute("DELETE FROM kernel_keymark")
    other.execute("INSERT INTO kernel_keymark (name, mark) VALUES ('field', 'of another office')")
    assert "the data of another office" in office.run("move", "--to", other.url).stderr
    assert office.state() == before
    assert office.run("user", "list").returncode == 0


def test_an_office_with_foreign_tables_is_not_moved_without_them(office: Office, tmp_path: Path) -> None:
    office.execute("CREATE TABLE notes_of_the_administrator (id integer)")
    done = office.run("move", "--to", f"sqlite:///{tmp_path / 'new.sqlite3'}")
    assert done.returncode == 1
    assert "notes_of_the_administrator" in done.stderr
    assert not (tmp_path / "new.sqlite3").exists()
