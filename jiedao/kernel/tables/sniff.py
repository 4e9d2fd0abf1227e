"""Detect table files by their first bytes, never by their name."""

from pathlib import Path

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.rows import MIB, Limits

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_LOCKED_MARK = "EncryptedPackage".encode("utf-16-le")
# The names of the main streams of other documents in the same container.
_OLE_KINDS = (("WordDocument", "Word"), ("PowerPoint Document", "PowerPoint"), ("VisioDocument", "Visio"))
_OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3", "SQLite"),
    (b"{\\rtf", "RTF"),
)


def _get_accepted_kinds() -> str:
    return _("请上传 .xlsx 工作簿，或 .csv、.tsv 文本表格。")


def _check_markup(head: bytes, name: str) -> None:
    """Refuse HTML, XML and JSON; many systems name their HTML exports .xls."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml", b"<meta")):
        raise UserError(
            _("“%(name)s”其实是网页或 XML 文件。") % {"name": name},
            hint=_("请用 WPS 或 Excel 打开后另存为 .xlsx 再上传。"),
        )
    if start.startswith((b"{", b"[{")):
        raise UserError(_("“%(name)s”是 JSON 文件，不是表格。") % {"name": name}, hint=_get_accepted_kinds())


def _check_ole(path: Path, name: str) -> None:
    """Refuse the OLE container, which holds either a locked workbook or one in the format before 2007."""
    with path.open("rb") as file:
        beginning = file.read(4 * MIB)
    for sign, kind in _OLE_KINDS:
        if sign.encode("utf-16-le") in beginning:
            raise UserError(
                _("“%(name)s”是 %(kind)s 文件，不是表格。") % {"name": name, "kind": kind},
                hint=_get_accepted_kinds(),
            )
    if _LOCKED_MARK in beginning:
        raise UserError(_("“%(name)s”有打开密码。") % {"name": name}, hint=_("请去掉密码后另存再上传。"))
    raise UserError(
        _("“%(name)s”是旧格式（.xls 或 .et）。") % {"name": name},
        hint=_("请用 WPS 或 Excel 打开后另存为 .xlsx 再上传。"),
    )


def detect_table_kind(path: Path, name: str, limits: Limits) -> str:
    """Return "xlsx" or "text"; raise UserError when the file is neither, empty, too big or missing."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as fault:
        raise UserError(
            _("打不开文件“%(name)s”：%(reason)s。") % {"name": name, "reason": fault.strerror},
            hint=_("请检查文件名、路径和读取权限。"),
        ) from fault
    if not head.strip():
        raise UserError(_("“%(name)s”是空文件。") % {"name": name}, hint=_get_accepted_kinds())
    if size > limits.file_bytes:
        raise UserError(
            _("“%(name)s”有 %(size)d MB，超过 %(limit)d MB。")
            % {"name": name, "size": size // MIB, "limit": limits.file_bytes // MIB},
            hint=_("请拆成几个文件，每个文件都带表头，再依次导入。"),
        )
    if head.startswith(_OLE):
        _check_ole(path, name)
    for sign, kind in _OTHER_KINDS:
        if head.startswith(sign):
            raise UserError(
                _("“%(name)s”是 %(kind)s 文件，不是表格。") % {"name": name, "kind": kind},
                hint=_get_accepted_kinds(),
            )
    _check_markup(head, name)
    return "xlsx" if head.startswith(_ZIP) else "text"
