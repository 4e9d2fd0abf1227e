"""Sheets that were checked and not yet imported: stored for one day, for the user who uploaded them."""

import re
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor

LIFETIME_SECONDS = 24 * 3600
MAX_BYTES = 30 * 1024 * 1024
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,60}")


def _get_folder() -> Path:
    folder = Path(settings.JIEDAO_DATA) / "sheets"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def store_sheet(actor: Actor, upload: Any) -> str:
    """Store an upload and return the token with which the same user gets it; delete the sheets older than a day.

    Raise UserError for a file of more than 30 MB.
    """
    if upload.size > MAX_BYTES:
        raise UserError(
            _("表格超过 %(most)d MB。") % {"most": MAX_BYTES // 1024 // 1024},
            hint=_("请拆成几份，或请系统管理员用命令导入。"),
            field="file",
        )
    for path in _get_folder().iterdir():
        if clock.real_now().timestamp() - path.stat().st_mtime > LIFETIME_SECONDS:
            path.unlink(missing_ok=True)
    token = secrets.token_urlsafe(18)
    with _get_path(actor, token).open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    return token


def get_sheet(actor: Actor, token: str) -> Path:
    """Return the sheet of a token; raise UserError if this user has no such sheet."""
    path = _get_path(actor, token) if TOKEN.fullmatch(token) else None
    if path is None or not path.is_file():
        raise UserError(_("这份表格已经不在了。"), hint=_("请重新选择文件，先检查一遍。"), field="file")
    return path


def delete_sheet(path: Path) -> None:
    """Delete a sheet."""
    path.unlink(missing_ok=True)


def _get_path(actor: Actor, token: str) -> Path:
    return _get_folder() / f"{actor.user_id}-{token}"
