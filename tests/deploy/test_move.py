"""An office moves to PostgreSQL and back by the commands of the how-to, and nothing of it is lost.

The office is one of an earlier version, with cases, registers, inspections and projects, brought to this version.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from jiedao.backup.tests.conftest import Office, office_factory
from jiedao.backup.tests.test_move import run_move
from tests.deploy.test_upgrade import FOLDER, VERSIONS, load_dump
from tools.test_pg import NoPostgresError, throwaway_postgres

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/move-to-postgresql.md").read_text(encoding="utf-8")
ADDRESS = "postgresql://jiedao:PASSWORD@localhost/jiedao"
# Tried as the services are.
BY_THE_SYSTEM = re.compile(r"sudo systemctl|sudo -u postgres createuser|curl|set -a")

pytestmark = [
    pytest.mark.database,
    pytest.mark.skipif(
        not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"), reason="moves from SQLite and back"
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an empty database of a PostgreSQL server that exists only for this module."""
    try:
        with throwaway_postgres() as address:
            yield address
    except NoPostgresError as reason:
        pytest.skip(str(reason))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office of an earlier version with its data."""
    facts = json.loads((FOLDER / f"{VERSIONS[-1]}.json").read_text(encoding="utf-8"))["sqlite3"]
    with office_factory(tmp_path) as create:
        created = create("office", key=facts["key"])
        created.data.mkdir()
        load_dump(created, VERSIONS[-1])
        yield created


def list_steps() -> list[str]:
    """Return the lines of all code blocks of the page, in order."""
    return [
        line.strip() for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
    ]


def run_step(office: Office, step: str, server: str, folder: Path) -> str:
    """Run one line of the page, with the places and addresses of the test; return its standard output."""
    line = step.replace(ADDRESS, server).replace("/etc/jiedao", str(folder)).replace("sudo ", "")
    line = line.replace("/backups", str(folder)).replace("/var/lib/jiedao", str(office.data))
    line = re.sub(r"^jiedao (move --to|move --undo|\w+)", rf"{sys.executable} -m jiedao \1", line)
    line = re.sub(r"--to (\S+)", r"--to '\1' --json", line)
    done = subprocess.run(
        ["bash", "-c", line],
        env=office.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    is_without_files = "manifest.json 的 missing" in done.stderr  # the dump has no attachments
    assert done.returncode == 0 or is_without_files, f"{step}\n{done.stderr[-2000:]}"
    return done.stdout


def test_the_how_to_moves_an_office_to_postgresql_and_back(
    office: Office, server: str, tmp_path: Path
) -> None:
    (tmp_path / "env").write_text(f"JIEDAO_DATA={office.data}\nJIEDAO_DATABASE_URL={office.url}\n")
    moved = replace(office, url=server)
    results: dict[str, Any] = {}
    done = []
    for step in list_steps():
        if step.startswith("sudo -u postgres createdb"):
            with psycopg.connect(server) as database:  # as the line would have made it: empty
                assert database.execute(
                    "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
                ).fetchone() == (0,)
        elif not BY_THE_SYSTEM.match(step):
            is_before = "step 3" not in done
            where = office if is_before or step == "jiedao move --undo" else moved
            output = run_step(where, step, server, tmp_path)
            if step.startswith("jiedao move --to"):
                results[step.split()[3][:8]] = json.loads(output)
                done.append("step 3")
        if step == "jiedao move --undo":  # the other way back comes from PostgreSQL
            assert office.run("user", "list").returncode == 0
    assert f"JIEDAO_DATABASE_URL={server}" in (tmp_path / "env").read_text()
    there, back = results["postgres"], results["sqlite:/"]
    assert (there["audit"]["intact"], back["audit"]["intact"]) == (True, True)
    assert there["tables"]["cases_case"]["rows"] > 50
    assert there["tables"]["cases_searchrow"]["rows"] == there["tables"]["cases_case"]["rows"]
    assert len(there["tables"]) > 120
    assert len(there["missing_files"]) == len(back["missing_files"]) == 7
    # Every table has the same rows and the same digest, by its values, there and back.
    assert there["tables"] == back["tables"]
    check_an_office_that_works(replace(office, url=f"sqlite:///{office.data / 'jiedao-2.sqlite3'}"))


def check_an_office_that_works(office: Office) -> None:
    """Check that new rows continue after the moved ones, and that the chain of the audit goes on."""
    before = max(office.read_column("SELECT id FROM accounts_user"))
    assert office.work("afterwards")["intact"] is True
    assert max(office.read_column("SELECT id FROM accounts_user")) > before


def create_database(server: str, name: str) -> str:
    """Create an empty database beside that of the address; return its address."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server.partition('?')[0].rpartition('/')[0]}/{name}?{server.partition('?')[2]}"


def test_what_the_office_changes_while_it_is_copied_arrives(office: Office, server: str) -> None:
    assert office.run("migrate").returncode == 0
    database = create_database(server, "working")
    before = office.read_column("SELECT username FROM accounts_user ORDER BY id LIMIT 2")
    moved = run_move(office, database, "read back", "work")
    assert moved.returncode == 0, moved.stderr
    result = json.loads(moved.stdout)
    assert result["answers"] == ["database is locked"]
    assert result["changed"] >= 5
    with psycopg.connect(database) as there:
        for name, (rows, _digest) in result["tables"].items():
            assert there.execute(f'SELECT count(*) FROM "{name}"').fetchone() == (rows,), name
        names = [name for (name,) in there.execute("SELECT username FROM accounts_user ORDER BY id")]
    assert names == office.read_column("SELECT username FROM accounts_user ORDER BY id")
    assert names[:2] == before[1::-1]  # two unique values have changed places
    with psycopg.connect(database) as there:
        is_next = there.execute("SELECT nextval('kernel_calendarday_id_seq')").fetchone()
    assert is_next is not None
    assert is_next[0] > 900_001
    new = replace(office, url=database)
    assert new.run("user", "list").returncode == 0
    assert new.work("afterwards")["intact"] is True
    assert new.run("worker", "--once").returncode == 0
    check_a_move_between_servers(new, server)


def check_a_move_between_servers(office: Office, server: str) -> None:
    """Move from PostgreSQL to PostgreSQL with the data folder, after a try whose connections are cut off."""
    database, folder = create_database(server, "second"), office.data.parent / "second"
    assert office.work("paul")["intact"] is True
    cut = run_move(office, database, "copy", "cut", str(folder))
    assert cut.returncode == 1
    assert "The move was interrupted" in cut.stderr
    assert "run `jiedao move` again" in cut.stderr
    assert office.work("mary")["intact"] is True
    moved = run_move(office, database, "read back", "work", str(folder))
    assert moved.returncode == 0, moved.stderr
    result = json.loads(moved.stdout)
    assert result["answers"] == ["canceling statement due to lock timeout"]
    assert result["changed"] >= 5
    for name in result["tables"]:
        assert read_table(office.url, name) == read_table(database, name), name
    second = replace(office, url=database, data=folder)
    held = second.read_column("SELECT sha256 FROM files_blob ORDER BY id")
    missing = set(result["missing"])  # the dump has no attachments
    contents = [(folder / "files" / name[:2] / name[2:]).read_text() for name in held if name not in missing]
    assert contents == [f"the attachment of {name}" for name in ("afterwards", "paul", "mary")]
    with pytest.raises(psycopg.errors.RaiseException, match="moved to another database"):
        office.execute("DELETE FROM kernel_periodic")
    assert second.work("third")["intact"] is True


def read_table(address: str, name: str) -> list[Any]:
    """Return all rows of a table as texts."""
    with psycopg.connect(address) as database:
        return database.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1').fetchall()
