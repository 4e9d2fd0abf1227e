"""Sheets that wait for their import: stored for one day, for the user who uploaded them.

A sheet is stored under a token, and beside it its name, which messages and the reason of a change state.
"""

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor

LIFETIME_SECONDS = 24 * 3600
MAX_BYTES = 30 * 1024 * 1024
MOST_SHEETS = 20  # of a user
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,60}")


MAX_NAME = 200


@dataclass(frozen=True)
class PendingSheet:
    """A stored sheet: its token, its file, and the name that the user's file had."""

    token: str
    path: Path
    name: str


def _get_folder() -> Path:
    folder = Path(settings.JIEDAO_DATA) / "sheets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def erase_old_sheets() -> None:
    """Delete the sheets older than a day, and those of a clock that was ahead."""
    for path in _get_folder().iterdir():
        with suppress(FileNotFoundError):  # another process deletes it at the same time
            if abs(clock.real_now().timestamp() - path.stat().st_mtime) > LIFETIME_SECONDS:
                path.unlink()


def store_sheet(actor: Actor, upload: Any) -> PendingSheet:
    """Store an upload for the same user; delete the sheets older than a day.

    The oldest of a user's sheets gives way to the twentieth. Raise UserError for a file of more than 30 MB.
    """
    if upload.size > MAX_BYTES:
        raise UserError(
            _("表格超过 %(most)d MB。") % {"most": MAX_BYTES // 1024 // 1024},
            hint=_("请拆成几份，或请系统管理员用命令导入。"),
            field="file",
        )
    erase_old_sheets()
    _make_room(actor)
    token = secrets.token_urlsafe(18)
    path = _get_path(actor, token)
    path.touch(mode=0o600)  # it may hold names and phone numbers
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    _get_name_path(path).write_text((upload.name or "")[:MAX_NAME], encoding="utf-8")
    return get_sheet(actor, token)


def _make_room(actor: Actor) -> None:
    """Delete the oldest sheets of the user, so that one user cannot fill the disk."""
    sheets = list(_get_folder().glob(f"{actor.user_id}-*.sheet"))
    for path in sorted(sheets, key=_read_age)[: max(0, len(sheets) - MOST_SHEETS + 1)]:
        path.unlink(missing_ok=True)
        _get_name_path(path).unlink(missing_ok=True)


def _read_age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def get_sheet(actor: Actor, token: str) -> PendingSheet:
    """Return the sheet of a token; raise UserError if this user has no such sheet."""
    path = _get_path(actor, token) if TOKEN.fullmatch(token) else None
    if path is None or not path.is_file() or not _get_name_path(path).is_file():
        raise UserError(_("这份表格已经不在了。"), hint=_("请重新选择文件，先检查一遍。"), field="file")
    return PendingSheet(token, path, _get_name_path(path).read_text(encoding="utf-8"))


def delete_sheet(sheet: PendingSheet) -> None:
    """Delete a sheet."""
    sheet.path.unlink(missing_ok=True)
    _get_name_path(sheet.path).unlink(missing_ok=True)


def _get_path(actor: Actor, token: str) -> Path:
    return _get_folder() / f"{actor.user_id}-{token}.sheet"


def _get_name_path(path: Path) -> Path:
    return path.with_suffix(".name")
