"""An office is put back as it was, on the database system of this run."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from jiedao.backup.tests.conftest import Maker, Office

WAS = [["li", "wang"], ["the attachment of li", "the attachment of wang"], "numbers of wang"]
pytestmark = pytest.mark.database  # commands in processes of their own
only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a file of SQLite")


@pytest.fixture(scope="session")
def backup(lived_in: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the office that others are copies of."""
    folder = tmp_path_factory.mktemp("taken") / "backup"
    done = lived_in.run("backup", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["files"] == 4
    assert (told["keys"], told["missing"]) == (False, [])
    return folder


@pytest.fixture
def taken(backup: Path, tmp_path: Path) -> Path:
    """A copy of that backup, for a test to do with what it likes; it is one of every copied office too."""
    return Path(shutil.copytree(backup, tmp_path / "backup"))


def test_an_office_moves_to_another_machine(taken: Path, new_office: Maker, tmp_path: Path) -> None:
    other = new_office("other")
    done = other.run("restore", str(taken), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["audit"]["intact"] is True
    assert other.state() == WAS
    assert not [path for path in other.data.rglob(".*") if path.is_file()]
    assert other.run("backup", str(tmp_path / "second")).returncode == 0
    first, second = (
        json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("backup", "second")
    )
    assert first["counts"] == second["counts"]
    assert first["head"] == second["head"] != ""


def test_a_backup_holds_no_key_and_is_for_its_owner_alone(office: Office, taken: Path) -> None:
    held = [path.read_text(errors="replace") for path in taken.rglob("*") if path.is_file()]
    assert office.key not in "".join(held)
    assert all(path.stat().st_mode & 0o077 == 0 for path in [taken, *taken.rglob("*")])


def test_what_came_after_the_backup_is_replaced_only_when_that_is_said(office: Office, taken: Path) -> None:
    office.live("late")
    refused = office.run("restore", str(taken))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--yes" in refused.stderr
    assert office.state()[0] == ["li", "wang", "late"]
    done = office.run("restore", str(taken), "--yes")
    assert done.returncode == 0, done.stderr
    assert office.state() == WAS
    assert office.live("afterwards")["intact"] is True  # the numbers go on


def test_a_lost_attachment_is_named_and_the_rest_is_saved(office: Office, tmp_path: Path) -> None:
    lost = next(path for path in (office.data / "files").rglob("*") if path.is_file())
    lost.unlink()
    done = office.run("backup", str(tmp_path / "backup"), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["missing"] == [lost.parent.name + lost.name]
    assert json.loads((tmp_path / "backup" / "manifest.json").read_text())["counts"]["accounts_user"] == 2


def test_a_killed_backup_leaves_nothing_under_its_name_and_the_next_one_works(
    office: Office, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    process = subprocess.Popen(
        [sys.executable, "-m", "jiedao", "backup", str(folder)],
        env=office.environment,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while time.monotonic() < until and not (tmp_path / ".backup.part").exists():
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not folder.exists()
    assert office.run("backup", str(folder)).returncode == 0
    assert not (tmp_path / ".backup.part").exists()


def test_an_older_backup_is_brought_to_this_version_and_its_broken_audit_chain_is_told(
    office: Office, new_office: Maker, tmp_path: Path
) -> None:
    migrations = "SELECT name FROM django_migrations WHERE app = 'desk' ORDER BY name"
    now = office.column(migrations)
    office.script(
        "import django; django.setup()\nfrom django.core.management import call_command\n"
        "from django.db import connection\n"
        "call_command('migrate', 'desk', '0001', verbosity=0)\n"
        "connection.cursor().execute(\"UPDATE audit_entry SET action = 'x' WHERE id = 1\")"
    )
    assert office.column(migrations) == now[:1] != now
    assert office.run("backup", str(tmp_path / "backup")).returncode == 0
    other = new_office("other")
    done = other.run("restore", str(tmp_path / "backup"), "--json")
    assert (done.returncode, json.loads(done.stdout)["audit"]["intact"]) == (1, False)
    assert other.state() == WAS
    assert other.column(migrations) == now


def test_nothing_is_replaced_while_somebody_works(office: Office, taken: Path) -> None:
    hold = "import django; django.setup()\nfrom jiedao.accounts.models import User\nUser.objects.count()\n"
    worker = subprocess.Popen(
        [sys.executable, "-c", hold + "print('open', flush=True)\nimport time; time.sleep(600)"],
        env=office.environment, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"open\n"
        done = office.run("restore", str(taken), "--yes")
        assert done.returncode == 1
        assert "jiedao serve" in done.stderr
    finally:
        worker.kill()
        worker.wait()
    assert office.run("restore", str(taken), "--yes").returncode == 0


@only_sqlite
def test_a_database_that_is_broken_is_replaced_and_kept(office: Office, taken: Path) -> None:
    database = office.data / "jiedao.sqlite3"
    database.write_bytes(b"not a database at all" * 1000)
    assert office.run("backup", str(taken.with_name("of-rubbish"))).returncode == 1
    assert not taken.with_name("of-rubbish").exists()
    assert office.run("restore", str(taken), "--yes").returncode == 0
    assert office.state() == WAS
    assert (office.data / "jiedao.sqlite3.before-restore").read_bytes().startswith(b"not a database")


@only_sqlite
def test_what_is_not_in_the_main_file_yet_is_in_the_backup(office: Office, tmp_path: Path) -> None:
    with sqlite3.connect(office.data / "jiedao.sqlite3") as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute("UPDATE accounts_user SET full_name = '新名' WHERE username = 'li'")
        writer.commit()
        assert office.run("backup", str(tmp_path / "backup")).returncode == 0
    copy = sqlite3.connect(tmp_path / "backup" / "database.sqlite3")
    assert copy.execute("SELECT full_name FROM accounts_user WHERE username = 'li'").fetchone() == ("新名",)
    copy.close()
