"""An office is restored as it was, on the database system of this run."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from jiedao.backup.tests.conftest import Office, OfficeFactory

pytestmark = pytest.mark.database  # by processes of their own
STATE = [["li", "wang"], ["the attachment of li", "the attachment of wang"], "numbers of wang"]
only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="concerns the files of SQLite")


@pytest.fixture(scope="session")
def template_backup(template_office: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the office that others are copies of."""
    folder = tmp_path_factory.mktemp("backup") / "backup"
    done = template_office.run("backup", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["files"] == 4
    assert (document["keys"], document["missing"]) == (False, [])
    return folder


@pytest.fixture
def backup(template_backup: Path, tmp_path: Path) -> Path:
    """A backup for the test alone; it fits the template office and every copy of it."""
    return Path(shutil.copytree(template_backup, tmp_path / "backup"))


def test_an_office_moves_to_another_machine(backup: Path, new_office: OfficeFactory, tmp_path: Path) -> None:
    other = new_office("other")
    done = other.run("restore", str(backup), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["audit"]["intact"] is True
    assert other.state() == STATE
    assert not [path for path in other.data.rglob(".*") if path.is_file()]
    assert other.run("backup", str(tmp_path / "second")).returncode == 0
    first, second = (
        json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("backup", "second")
    )
    assert first["counts"] == second["counts"]
    assert first["head"] == second["head"] != ""


def test_a_restore_ends_sessions_and_revokes_tokens_and_begins_the_noted_heads_anew(
    office: Office, tmp_path: Path
) -> None:
    issued = office.run("token", "issue", "li", "--name", "exchange", "--scope", "cases:report")
    assert issued.returncode == 0, issued.stderr
    office.execute(
        "INSERT INTO django_session (session_key, session_data, expire_date) "
        "VALUES ('a', 'b', '2099-01-01 00:00:00+00:00')"
    )
    assert office.run("backup", str(tmp_path / "backup")).returncode == 0
    office.work("chen")  # seals and notes a head that the backup does not have
    kept = office.run("restore", str(tmp_path / "backup"), "--yes", "--json", "--keep-tokens")
    access = json.loads(kept.stdout)["access"]
    assert (access["sessions"], access["revoked"], [row["name"] for row in access["tokens"]]) == (
        1,
        False,
        ["exchange"],
    )
    done = office.run("restore", str(tmp_path / "backup"), "--yes", "--json")
    assert json.loads(done.stdout)["access"]["revoked"] is True
    assert "exchange" in done.stderr
    assert office.read_column("SELECT count(*) FROM accounts_apitoken WHERE revoked_at IS NULL") == [0]
    assert office.read_column("SELECT count(*) FROM django_session") == [0]
    verdict = json.loads(office.run("audit", "verify", "--json").stdout)
    assert [fault["kind"] for fault in verdict["faults"]] in ([], ["unsealed"])
    office.execute("DELETE FROM audit_seal")
    faults = json.loads(office.run("audit", "verify", "--json").stdout)["faults"]
    assert "head" in [fault["kind"] for fault in faults]


def test_a_message_that_waited_in_the_backup_is_not_sent_again_by_itself(
    office: Office, tmp_path: Path
) -> None:
    for number, state in enumerate(("WAITING", "SENDING", "SENT"), start=1):
        office.execute(
            "INSERT INTO delivery_delivery (purpose, channel, notice_ids, key, urgent, state, attempts, created_at, "
            "due_at, lease_token, reason, detail) VALUES ('NOTICE', 'SMS', '[]', "
            f"'k{number}', '0', '{state}', 0, '2026-11-29 00:00:00+00:00', '2026-11-29 00:00:00+00:00', 'x', '', '')"
        )
    assert office.run("backup", str(tmp_path / "backup")).returncode == 0
    assert office.run("restore", str(tmp_path / "backup"), "--yes").returncode == 0
    assert office.read_column("SELECT state FROM delivery_delivery ORDER BY key") == [
        "UNSURE",
        "UNSURE",
        "SENT",
    ]
    assert office.read_column("SELECT count(*) FROM delivery_delivery WHERE ended_at IS NOT NULL") == [2]


def test_a_backup_holds_no_key_and_is_readable_by_its_owner_alone(office: Office, backup: Path) -> None:
    contents = [path.read_text(errors="replace") for path in backup.rglob("*") if path.is_file()]
    assert office.key not in "".join(contents)
    assert all(path.stat().st_mode & 0o077 == 0 for path in [backup, *backup.rglob("*")])


def test_existing_data_are_replaced_with_yes_only(office: Office, backup: Path) -> None:
    office.execute("UPDATE accounts_user SET username = 'zhao' WHERE username = 'li'")
    refused = office.run("restore", str(backup))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--yes" in refused.stderr
    assert office.state()[0] == ["zhao", "wang"]
    done = office.run("restore", str(backup), "--yes")
    assert done.returncode == 0, done.stderr
    assert office.state() == STATE
    assert office.work("afterwards")["intact"] is True  # ids continue after those of the backup


def test_a_damaged_backup_replaces_nothing(office: Office, backup: Path) -> None:
    office.execute("UPDATE accounts_user SET username = 'zhao' WHERE username = 'li'")
    before = office.state()
    with (backup / "models" / "suggest.npz").open("ab") as file:
        file.write(b"x")
    done = office.run("restore", str(backup), "--yes")
    assert done.returncode == 1
    assert "suggest.npz" in done.stderr
    assert office.state() == before


def test_a_missing_attachment_is_named_and_everything_else_is_saved(office: Office, tmp_path: Path) -> None:
    missing = next(path for path in (office.data / "files").rglob("*") if path.is_file())
    missing.unlink()
    done = office.run("backup", str(tmp_path / "backup"), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["missing"] == [missing.parent.name + missing.name]
    assert json.loads((tmp_path / "backup" / "manifest.json").read_text())["counts"]["accounts_user"] == 2


def test_a_killed_backup_leaves_no_folder_and_the_next_one_succeeds(office: Office, tmp_path: Path) -> None:
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


def test_an_older_backup_is_migrated_and_its_broken_audit_chain_is_reported(
    office: Office, new_office: OfficeFactory, tmp_path: Path
) -> None:
    migrations = "SELECT name FROM django_migrations WHERE app = 'desk' ORDER BY name"
    current = office.read_column(migrations)
    office.run_python("-m", "django", "migrate", "desk", "0001", "--verbosity=0")
    office.execute("UPDATE audit_entry SET action = 'x' WHERE id = 1")
    assert office.read_column(migrations) == current[:1] != current
    assert office.run("backup", str(tmp_path / "backup")).returncode == 0
    other = new_office("other")
    done = other.run("restore", str(tmp_path / "backup"), "--json")
    assert (done.returncode, json.loads(done.stdout)["audit"]["intact"]) == (1, False)
    assert other.state() == STATE
    assert other.read_column(migrations) == current


def test_nothing_is_replaced_while_another_process_uses_the_database(office: Office, backup: Path) -> None:
    office.execute("UPDATE accounts_user SET username = 'zhao' WHERE username = 'li'")
    before = office.state()
    with closing(office.connect()) as other:
        other.execute("SELECT count(*) FROM accounts_user").fetchone()
        done = office.run("restore", str(backup), "--yes")
    assert done.returncode == 1
    assert "jiedao serve" in done.stderr
    assert office.state() == before


@only_sqlite
def test_a_broken_database_is_replaced_and_set_aside(office: Office, backup: Path) -> None:
    database = office.data / "jiedao.sqlite3"
    database.write_bytes(b"not a database at all" * 1000)
    assert office.run("backup", str(backup.with_name("of-rubbish"))).returncode == 1
    assert not backup.with_name("of-rubbish").exists()
    assert office.run("restore", str(backup), "--yes").returncode == 0
    assert office.state() == STATE
    assert (office.data / "jiedao.sqlite3.before-restore").read_bytes().startswith(b"not a database")


@only_sqlite
def test_a_backup_contains_changes_that_are_in_the_write_ahead_log_only(
    office: Office, tmp_path: Path
) -> None:
    with sqlite3.connect(office.data / "jiedao.sqlite3") as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute("UPDATE accounts_user SET full_name = '新名' WHERE username = 'li'")
        writer.commit()
        assert office.run("backup", str(tmp_path / "backup")).returncode == 0
    copy = sqlite3.connect(tmp_path / "backup" / "database.sqlite3")
    assert copy.execute("SELECT full_name FROM accounts_user WHERE username = 'li'").fetchone() == ("新名",)
    copy.close()
