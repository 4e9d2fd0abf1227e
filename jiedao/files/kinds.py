"""The type of a content, detected from its bytes; the file name and the type that the client claims are ignored."""

import io
import zipfile
from dataclasses import dataclass

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError


@dataclass(frozen=True)
class FileType:
    """A file type that may be stored."""

    code: str
    content_type: str
    extension: str
    is_image: bool = False


JPEG = FileType("JPEG", "image/jpeg", ".jpg", is_image=True)
PNG = FileType("PNG", "image/png", ".png", is_image=True)
WEBP = FileType("WEBP", "image/webp", ".webp", is_image=True)
GIF = FileType("GIF", "image/gif", ".gif", is_image=True)
PDF = FileType("PDF", "application/pdf", ".pdf")
DOCX = FileType("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx")
XLSX = FileType("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx")

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"}
_MAX_PARTS = 5_000


def _list_allowed_types() -> str:
    return _("可以上传：JPEG、PNG、WebP、GIF 图片，PDF，.docx 和 .xlsx。")


def _detect_office_type(content: bytes) -> FileType:
    """Return Word or Excel by the parts of the archive, without unpacking; refuse macros and all other archives."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {part.filename for part in archive.infolist()[:_MAX_PARTS]}
    except (zipfile.BadZipFile, ValueError, OSError) as fault:
        raise UserError(_("文件已损坏，打不开。"), hint=_("请重新导出后再上传。")) from fault
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise UserError(_("文件里有宏。"), hint=_("请另存为不带宏的 .docx 或 .xlsx 再上传。"))
    if "[Content_Types].xml" in names:
        if "word/document.xml" in names:
            return DOCX
        if "xl/workbook.xml" in names:
            return XLSX
    raise UserError(
        _("不接受压缩包。"), hint=_("请解压后逐个上传。%(allowed)s") % {"allowed": _list_allowed_types()}
    )


def _refuse_common_types(content: bytes) -> None:
    """Raise UserError with a specific hint for the types that users often send but that are not accepted."""
    if content[4:8] == b"ftyp":
        if content[8:12] in _HEIF_BRANDS:
            raise UserError(
                _("这是 HEIC/AVIF 图片，系统不能去除其中的位置信息。"),
                hint=_("请在手机“设置—相机—格式”里选“兼容性最佳”，或截图、转成 JPEG 后再上传。"),
            )
        raise UserError(_("不接受视频。"), hint=_("请截取能说明情况的画面，以图片上传。"))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UserError(
            _("这是旧格式或带密码的 Office 文件。"), hint=_("请去掉密码，另存为 .docx 或 .xlsx 再上传。")
        )


def detect_type(content: bytes) -> FileType:
    """Return the type of the content; raise UserError for one that is not accepted."""
    if not content:
        raise UserError(_("文件是空的。"), hint=_("请重新选择文件。"))
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return WEBP
    if content.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"PK\x03\x04"):
        return _detect_office_type(content)
    _refuse_common_types(content)
    raise UserError(_("不接受这种文件。"), hint=_list_allowed_types())
