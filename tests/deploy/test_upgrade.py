"""An office of each released version is upgraded to this one by `jiedao migrate`, and nothing of it is lost.

The offices were dumped by tools/make_upgrade_fixture.py.
"""

import json
import lzma
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from jiedao.backup.tests.conftest import Office, office_factory

FOLDER = Path(__file__).with_name("databases")
VERSIONS = sorted(path.stem for path in FOLDER.glob("*.json"))


def load_dump(office: Office, version: str) -> None:
    """Write the dump of a version into the empty database of an office."""
    if office.url.startswith("sqlite"):
        (office.data / "jiedao.sqlite3").write_bytes(
            lzma.decompress((FOLDER / f"{version}.sqlite3.xz").read_bytes())
        )
        return
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed (apt-get install postgresql-client)")
    done = subprocess.run(
        [psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={office.url}"],
        input=lzma.decompress((FOLDER / f"{version}.pgdump.sql.xz").read_bytes()),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(params=VERSIONS)
def old_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Office, dict[str, Any]]]:
    """An office of an older version, and its facts."""
    facts = json.loads((FOLDER / f"{request.param}.json").read_text(encoding="utf-8"))
    is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    facts = facts["sqlite3" if is_sqlite else "pgdump"]
    with office_factory(tmp_path) as create:
        office = create("upgrade", key=facts["key"])
        office.data.mkdir(exist_ok=True)
        load_dump(office, request.param)
        yield office, facts


@pytest.mark.database
def test_an_upgrade_keeps_everything_and_every_page_works(old_office: tuple[Office, dict[str, Any]]) -> None:
    office, facts = old_office
    migrated = office.run("migrate")
    assert migrated.returncode == 0, migrated.stderr
    seen = json.loads(office.run_python("-m", "tests.deploy.upgraded_office", facts["case"]))
    assert seen["counts"] == {table: facts["counts"][table] for table in seen["counts"]}
    assert (seen["states"], seen["reporter"]) == (facts["states"], facts["reporter"])
    assert seen["ready"] == 200
    people = {name.rpartition(" ")[0]: 0 for name in seen["pages"]}
    for name, count in seen["pages"].items():
        page, _space, status = name.rpartition(" ")
        assert int(status) < 500, name
        people[page] += count if status == "200" else 0
    assert min(people.values()) > 0, seen["pages"]  # each page opens for at least one user
    verified = office.run("audit", "verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    worked = office.run("worker", "--once")
    assert worked.returncode == 0, worked.stderr
    assert json.loads(office.run("worker", "--status", "--json").stdout)["failed"] == 0


@pytest.mark.database
def test_a_check_before_an_upgrade_names_its_migrations_and_writes_nothing(
    old_office: tuple[Office, dict[str, Any]], tmp_path: Path
) -> None:
    office, _facts = old_office
    before = office.read_column("SELECT name FROM django_migrations ORDER BY id")
    done = office.run("upgrade", "--check", "--backups", str(tmp_path), "--pack", "buji", "--json")
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    names = [migration["name"] for migration in document["pending"]]
    assert "cases.0018_stored_counts" in names
    assert len(document["faults"]) == 1  # no backup
    assert document["pack"]["errors"] == []
    tables = {table: rows for migration in document["pending"] for table, rows in migration["tables"].items()}
    assert tables["audit_entry"] == office.read_column("SELECT count(*) FROM audit_entry")[0]
    assert 5 < document["seconds"] < 60
    assert office.read_column("SELECT name FROM django_migrations ORDER BY id") == before
