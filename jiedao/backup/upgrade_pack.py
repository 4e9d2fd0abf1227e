"""What a new version means for the pack that an office has applied."""

import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from jiedao.files.storage import get_content_path
from jiedao.kernel.errors import UserError
from jiedao.packs.archives import read_archive, read_pack_files
from jiedao.packs.history import compare_files
from jiedao.packs.shipped import list_shipped_packs


@dataclass(frozen=True)
class AppliedArchive:
    """The pack that was applied last: its name, version and town, and its .zip file."""

    name: str
    version: str
    town: str
    path: Path


def find_applied_pack(tables: set[str]) -> AppliedArchive | None:
    """Return the pack that was applied last; None where no archive has it, or its file is missing.

    By statements of its own: the models are those of the new version, the tables those of the old one.
    """
    if "packs_appliedpack" not in tables:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, version, town, sha256 FROM packs_appliedpack "
            "JOIN files_blob ON files_blob.id = blob_id ORDER BY packs_appliedpack.id DESC LIMIT 1"
        )
        row = cursor.fetchone()
    if row is None:
        return None
    name, version, town, sha256 = row
    path = get_content_path(sha256)
    return AppliedArchive(name, version, town, path) if path.is_file() else None


def check_pack(folder: Path) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the document of `jiedao pack check` of this version."""
    command = [sys.executable, "-m", "jiedao", "pack", "check", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if not done.stdout:
        raise UserError(f"The pack {folder} cannot be checked: {done.stderr.strip().rpartition(chr(10))[2]}")
    document: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, document


def compare_with_shipped(applied: AppliedArchive) -> list[dict[str, Any]]:
    """Return the files in which this version's pack of the same town and name differs from the applied one.

    Empty where this version ships none: most offices have a pack of their own.
    """
    for folder in list_shipped_packs().values():
        about = tomllib.loads((folder / "pack.toml").read_text(encoding="utf-8"))["pack"]
        if (about["town"], about["name"]) == (applied.town, applied.name):
            changes = compare_files(read_archive(applied.path.read_bytes()), read_pack_files(folder))
            return [
                {
                    "name": change.name,
                    "action": change.action,
                    "added": change.added,
                    "removed": change.removed,
                }
                for change in changes
            ]
    return []
