"""A backup that is broken or does not fit is refused before anything is touched; so is a folder to write to."""

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from jiedao.backup import restoring
from jiedao.backup.making import claimed
from jiedao.backup.manifest import FileInfo, Manifest, key_mark
from jiedao.kernel.errors import UserError

BLOB = f"files/ab/{'0' * 62}"


@pytest.fixture
def backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backup with three files; whoever gets as far as touching something is told."""

    def touched(*_args: object, **_named: object) -> None:
        raise AssertionError("the backup was taken")

    monkeypatch.setattr(restoring, "restore_sqlite", touched)
    monkeypatch.setattr(restoring, "restore_postgres", touched)
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
        key=key_mark(),
        files=files,
        missing=[],
    ).write(folder)
    return folder


def restore(folder: Path, *, other_key: bool = False) -> None:
    """Restore it whatever is there."""
    restoring.restore(folder, overwrite=True, other_key=other_key, progress=lambda _n: None)


def change(folder: Path, **fields: object) -> None:
    """Write other things into the manifest."""
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_a_whole_backup_is_taken(backup: Path) -> None:
    with pytest.raises(AssertionError, match="was taken"):
        restore(backup)


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("how", ["gone", "cut", "one bit", "longer"])
def test_a_file_that_is_not_as_it_was_is_named(backup: Path, which: int, how: str) -> None:
    path = sorted(path for path in backup.rglob("*") if path.is_file() and path.name != "manifest.json")[
        which
    ]
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        turned = content[:-1] + bytes([content[-1] ^ 1])
        path.write_bytes({"cut": content[:-1], "one bit": turned, "longer": content + b"x"}[how])
    with pytest.raises(UserError, match=path.name) as told:
        restore(backup)
    assert told.value.hint


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', "\x00\xff"])
def test_a_manifest_that_cannot_be_read_is_told(backup: Path, text: str) -> None:
    (backup / "manifest.json").write_text(text)
    with pytest.raises(UserError, match="manifest"):
        restore(backup)


def test_a_manifest_that_was_cut_is_told(backup: Path) -> None:
    path = backup / "manifest.json"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="manifest"):
        restore(backup)


def test_a_folder_without_a_backup_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="manifest"):
        restore(tmp_path / "nothing")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "models/../../x", "files/ab/short", "secret_key", "models/"]
)
def test_a_manifest_names_no_file_elsewhere(backup: Path, name: str) -> None:
    files = {name: dataclasses.asdict(FileInfo(1, "0" * 64))}
    kept = json.loads((backup / "manifest.json").read_text())["files"]
    change(backup, files={**kept, **files})
    with pytest.raises(UserError, match="manifest"):
        restore(backup)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"format": 99}, "version"),
        ({"migrations": ["cases.9999_of_tomorrow"], "version": "7.0"}, "7.0"),
        ({"key": "0" * 16}, "--other-key"),
    ],
)
def test_a_backup_of_another_version_or_office_is_told(
    backup: Path, fields: dict[str, object], told: str
) -> None:
    change(backup, **fields)
    with pytest.raises(UserError) as fault:
        restore(backup)
    assert told in str(fault.value)


def test_a_backup_of_another_database_system_is_told(backup: Path) -> None:
    vendor = "postgresql" if connection.vendor == "sqlite" else "sqlite"
    name = "database.pgdump" if vendor == "postgresql" else "database.sqlite3"
    change(backup, vendor=vendor, files={name: dataclasses.asdict(FileInfo(1, "0" * 64))})
    with pytest.raises(UserError, match="PostgreSQL"):
        restore(backup)


def test_the_key_may_be_lost_when_that_is_said(backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "JIEDAO_FIELD_KEY", "another")
    with pytest.raises(UserError):
        restore(backup)
    with pytest.raises(AssertionError, match="was taken"):
        restore(backup, other_key=True)


def test_a_backup_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "new"
    begun = claimed(target)
    (begun.__enter__() / "half").touch()
    assert begun.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None) is not True
    assert list(tmp_path.iterdir()) == []
    with claimed(target) as part:
        (part / "whole").touch()
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["whole"]


def test_two_backups_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with claimed(tmp_path / "new") as part:
        (part / "file").touch()
        with pytest.raises(UserError), claimed(tmp_path / "new"):
            pass
        assert (part / "file").exists()


@pytest.mark.parametrize("name", ["full", "file", "no/such/disk"])
def test_a_place_that_is_taken_or_not_there_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "file").touch()
    with pytest.raises(UserError), claimed(tmp_path / name):
        pass
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full", "x"]
