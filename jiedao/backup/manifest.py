"""The list of the files of a backup: `manifest.json`."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError

NAME = "manifest.json"
FORMAT = 1
CHUNK = 1 << 20
# No other file is ever read or written, whatever a manifest contains.
ALLOWED = re.compile(r"database\.(sqlite3|pgdump)|files/[0-9a-f]{2}/[0-9a-f]{62}|models/\w[\w.-]*")
Progress = Callable[[int], object]


@dataclass(frozen=True)
class FileInfo:
    """Length in bytes and SHA-256 (hex) of a file."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup contains and which office it belongs to.

    Attributes:
        version: of jiedao. made_at: ISO 8601, UTC. vendor: "sqlite" or "postgresql".
        migrations: "app.name" of each. counts: rows by table. head: the newest link of the audit chain, "" for none.
        key: fingerprint of the field key, by which the right key can be recognised.
        files: by their paths below the folder. missing: attachments that were not there or not as they were stored.
        schema: of the tables in a dump of PostgreSQL; before offices could share a database it was always public.
    """

    version: str
    made_at: str
    vendor: str
    migrations: list[str]
    counts: dict[str, int]
    head: str
    key: str
    files: dict[str, FileInfo]
    missing: list[str]
    schema: str = "public"

    @property
    def size(self) -> int:
        """Return the number of bytes of all files."""
        return sum(file.size for file in self.files.values())

    @property
    def database(self) -> str:
        """Return the name of the database file."""
        return "database.sqlite3" if self.vendor == "sqlite" else "database.pgdump"

    def write(self, folder: Path) -> None:
        """Write the manifest into the folder."""
        (folder / NAME).write_text(
            json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1), encoding="utf-8"
        )


def compute_key_fingerprint() -> str:
    """Return a fingerprint of this office's field key, from which the key cannot be derived."""
    key = settings.JIEDAO_FIELD_KEY.encode()
    return hmac.new(key, b"jiedao backup", hashlib.sha256).hexdigest()[:16]


def make_broken_backup_error(folder: Path, what: str) -> UserError:
    """Return the error for a backup that is incomplete or damaged."""
    return UserError(
        _("备份 %(folder)s 不完整或已损坏：%(what)s。") % {"folder": folder, "what": what},
        hint=_("什么都没有改动。请重新复制这份备份，或换用另一份。"),
    )


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a backup; raise UserError if there is none or it cannot be read."""
    path = folder / NAME
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise UserError(
                _("备份 %(folder)s 的格式是这个版本不认识的。") % {"folder": folder},
                hint=_("请安装做备份时的版本（manifest.json 里的 version）或更新的版本。"),
            )
        files = {name: FileInfo(**info) for name, info in content.pop("files").items()}
        manifest = Manifest(**content, files=files)
    except FileNotFoundError:
        raise UserError(
            _("%(folder)s 里没有备份：缺少 %(name)s。") % {"folder": folder, "name": NAME},
            hint=_("请写 jiedao backup 做成的文件夹。"),
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise make_broken_backup_error(folder, _("%(name)s 读不出来") % {"name": NAME}) from fault
    forbidden = [name for name in manifest.files if not ALLOWED.fullmatch(name)]
    if forbidden or manifest.database not in manifest.files or not isinstance(manifest.schema, str):
        raise make_broken_backup_error(folder, _("%(name)s 里列的文件不对") % {"name": NAME})
    return manifest


def check_files(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Read every file of the backup; raise UserError for the first that differs from the manifest."""
    for name, info in manifest.files.items():
        try:
            if (folder / name).stat().st_size != info.size:
                raise make_broken_backup_error(folder, _("%(name)s 的长度不对") % {"name": name})
            with (folder / name).open("rb") as file:
                digest = copy_and_hash(file, None, progress)
        except OSError as fault:
            raise make_broken_backup_error(folder, f"{name}: {fault.strerror}") from fault
        if digest != info.sha256:
            raise make_broken_backup_error(folder, _("%(name)s 的内容变了") % {"name": name})


def copy_and_hash(source: BinaryIO, target: BinaryIO | None, progress: Progress) -> str:
    """Read the source to its end, write it to the target if there is one, and return the SHA-256."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
        progress(len(chunk))
    return digest.hexdigest()


def copy_file(source: Path, target: Path, progress: Progress) -> FileInfo:
    """Copy a file, creating its folder, and return the length and digest of the copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as old, target.open("wb") as new:
        digest = copy_and_hash(old, new, progress)
    return FileInfo(target.stat().st_size, digest)
