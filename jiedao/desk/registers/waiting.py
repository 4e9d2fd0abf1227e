"""A sheet that was checked and waits to be imported: kept for a day, for the one who sent it."""

import re
import secrets
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor

KEEP_SECONDS = 24 * 3600
MOST = 30 * 1024 * 1024
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,60}")


def _folder() -> Path:
    found = Path(settings.JIEDAO_DATA) / "sheets"
    found.mkdir(parents=True, exist_ok=True)
    return found


def keep(actor: Actor, upload: Any) -> str:
    """Keep an upload and return the token by which its sender finds it; sheets older than a day are removed.

    Raises UserError for a file of over 30 MB.
    """
    if upload.size > MOST:
        raise UserError(
            _("表格超过 %(most)d MB。") % {"most": MOST // 1024 // 1024},
            hint=_("请拆成几份，或请系统管理员用命令导入。"),
            field="file",
        )
    for old in _folder().iterdir():
        if time.time() - old.stat().st_mtime > KEEP_SECONDS:
            old.unlink(missing_ok=True)
    token = secrets.token_urlsafe(18)
    with _path(actor, token).open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    return token


def kept(actor: Actor, token: str) -> Path:
    """Return the sheet of a token; raise UserError where this person has none of it."""
    path = _path(actor, token) if TOKEN.fullmatch(token) else None
    if path is None or not path.is_file():
        raise UserError(_("这份表格已经不在了。"), hint=_("请重新选择文件，先检查一遍。"), field="file")
    return path


def drop(path: Path) -> None:
    """Remove a sheet that was imported."""
    path.unlink(missing_ok=True)


def _path(actor: Actor, token: str) -> Path:
    return _folder() / f"{actor.user_id}-{token}"
