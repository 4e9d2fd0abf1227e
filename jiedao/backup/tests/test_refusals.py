"""A backup that is broken or does not fit is refused before anything changes; so is a folder that cannot be used."""

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from jiedao.backup.making import claim_folder
from jiedao.backup.manifest import FileInfo, Manifest, compute_key_fingerprint
from jiedao.backup.restoring import restore_backup
from jiedao.kernel.errors import UserError

BLOB = f"files/ab/{'0' * 62}"


@pytest.fixture
def backup(db: None, tmp_path: Path) -> Path:
    """A sound backup of three files, for the office of the test database."""
    folder = tmp_path / "backup"
    database = "database.sqlite3" if connection.vendor == "sqlite" else "database.pgdump"
    contents = {database: b"d" * 3_000_000, BLOB: b"photo", "models/suggest.npz": b"numbers"}
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    files = {
        name: FileInfo(len(content), hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    }
    Manifest(
        version="0.1.0",
        made_at="2026-11-25T03:00:00+00:00",
        vendor=connection.vendor,
        migrations=["kernel.0001_initial"],
        counts={},
        head="",
        key=compute_key_fingerprint(),
        files=files,
        missing=[],
    ).write(folder)
    return folder


def refusal(folder: Path, *, other_key: bool = False) -> UserError:
    """Try to restore a backup without permission to replace the data of the office; return the refusal.

    A sound backup gets past every check and is refused last, because the test database holds data.
    """
    with pytest.raises(UserError) as refused:
        restore_backup(
            folder, overwrite=False, other_key=other_key, keep_tokens=False, progress=lambda _n: None
        )
    return refused.value


def change_manifest(folder: Path, **fields: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_a_sound_backup_passes_every_check(backup: Path) -> None:
    assert "--yes" in refusal(backup).hint


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("damage", ["removed", "cut", "one bit", "longer"])
def test_a_damaged_file_is_named(backup: Path, position: int, damage: str) -> None:
    files = sorted(path for path in backup.rglob("*") if path.is_file() and path.name != "manifest.json")
    path = files[position]
    content = path.read_bytes()
    if damage == "removed":
        path.unlink()
    else:
        flipped = content[:-1] + bytes([content[-1] ^ 1])
        path.write_bytes({"cut": content[:-1], "one bit": flipped, "longer": content + b"x"}[damage])
    refused = refusal(backup)
    assert path.name in str(refused)
    assert refused.hint


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', "\x00\xff"])
def test_an_unreadable_manifest_is_refused(backup: Path, text: str) -> None:
    (backup / "manifest.json").write_text(text)
    assert "manifest" in str(refusal(backup))


def test_a_truncated_manifest_is_refused(backup: Path) -> None:
    path = backup / "manifest.json"
    path.write_bytes(path.read_bytes()[:-20])
    assert "manifest" in str(refusal(backup))


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    assert "manifest" in str(refusal(tmp_path / "nothing"))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "models/../../x", "files/ab/short", "secret_key", "models/"]
)
def test_a_manifest_may_not_name_a_file_elsewhere(backup: Path, name: str) -> None:
    files = json.loads((backup / "manifest.json").read_text())["files"]
    change_manifest(backup, files={**files, name: dataclasses.asdict(FileInfo(1, "0" * 64))})
    assert "manifest" in str(refusal(backup))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"format": 99}, "version"),
        ({"migrations": ["cases.9999_of_tomorrow"], "version": "7.0"}, "7.0"),
        ({"key": "0" * 16}, "--other-key"),
    ],
)
def test_a_backup_of_another_version_or_office_is_refused(
    backup: Path, fields: dict[str, object], text: str
) -> None:
    change_manifest(backup, **fields)
    assert text in str(refusal(backup))


def test_a_backup_of_another_database_system_is_refused(backup: Path) -> None:
    vendor = "postgresql" if connection.vendor == "sqlite" else "sqlite"
    name = "database.pgdump" if vendor == "postgresql" else "database.sqlite3"
    change_manifest(backup, vendor=vendor, files={name: dataclasses.asdict(FileInfo(1, "0" * 64))})
    assert "PostgreSQL" in str(refusal(backup))


def test_another_key_is_accepted_on_request_only(backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "JIEDAO_FIELD_KEY", "another")
    assert "--other-key" in refusal(backup).hint
    assert "--yes" in refusal(backup, other_key=True).hint


def write_half_a_backup(target: Path) -> None:
    with claim_folder(target) as part:
        (part / "half").touch()
        raise KeyboardInterrupt


def test_an_interrupted_backup_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_half_a_backup(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "new"
    with claim_folder(target) as part:
        (part / "file").touch()
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["file"]


def test_two_backups_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with claim_folder(tmp_path / "new") as part:
        (part / "file").touch()
        with pytest.raises(UserError), claim_folder(tmp_path / "new"):
            pass
        assert (part / "file").exists()


@pytest.mark.parametrize("name", ["full", "file", "no/such/disk"])
def test_a_target_that_is_in_use_or_has_no_parent_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "file").touch()
    with pytest.raises(UserError), claim_folder(tmp_path / name):
        pass
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full", "x"]
