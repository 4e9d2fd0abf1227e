"""The type of a content, detected from its bytes; the file name and the type that the client claims are ignored.

What is not recognised is refused, so a wrong or unknown suffix changes nothing. Every refusal states what to do.
"""

import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from jiedao.files.compound import SIGNATURE, BrokenFile, read_entry_names
from jiedao.files.movies import BrokenMovie, clean_movie, is_movie
from jiedao.kernel.errors import UserError

Refusal = tuple[str, str]  # what it is, and what to do


@dataclass(frozen=True)
class FileType:
    """A file type that may be stored; `other_extensions` are those of the same type that a name may keep."""

    code: str
    content_type: str
    extension: str
    is_image: bool = False
    other_extensions: tuple[str, ...] = ()

    def choose_extension(self, name: str) -> str:
        """Return the extension of a name if it is one of this type, else the usual one of the type."""
        suffix = "." + name.rpartition(".")[2].lower()
        return suffix if suffix in self.other_extensions else self.extension


_OPENXML = "application/vnd.openxmlformats-officedocument."
JPEG = FileType("JPEG", "image/jpeg", ".jpg", is_image=True)
PNG = FileType("PNG", "image/png", ".png", is_image=True)
WEBP = FileType("WEBP", "image/webp", ".webp", is_image=True)
GIF = FileType("GIF", "image/gif", ".gif", is_image=True)
PDF = FileType("PDF", "application/pdf", ".pdf")
OFD = FileType("OFD", "application/ofd", ".ofd")
DOCX = FileType("DOCX", f"{_OPENXML}wordprocessingml.document", ".docx")
XLSX = FileType("XLSX", f"{_OPENXML}spreadsheetml.sheet", ".xlsx")
PPTX = FileType("PPTX", f"{_OPENXML}presentationml.presentation", ".pptx")
DOC = FileType("DOC", "application/msword", ".doc", other_extensions=(".wps",))
XLS = FileType("XLS", "application/vnd.ms-excel", ".xls", other_extensions=(".et",))
PPT = FileType("PPT", "application/vnd.ms-powerpoint", ".ppt", other_extensions=(".dps",))
MP3 = FileType("MP3", "audio/mpeg", ".mp3")
AMR = FileType("AMR", "audio/amr", ".amr")
WAV = FileType("WAV", "audio/wav", ".wav")
M4A = FileType("M4A", "audio/mp4", ".m4a")
MP4 = FileType("MP4", "video/mp4", ".mp4", other_extensions=(".m4v",))
MOV = FileType("MOV", "video/quicktime", ".mov")
GP3 = FileType("3GP", "video/3gpp", ".3gp")
FILE_TYPES = (
    *(JPEG, PNG, WEBP, GIF, PDF, OFD, DOCX, XLSX, PPTX, DOC, XLS, PPT, MP3, AMR, WAV, M4A, MP4, MOV, GP3),
)
MOVIE_TYPES = {M4A, MP4, MOV, GP3}
ACCEPTED_EXTENSIONS = [
    extension for file_type in FILE_TYPES for extension in (file_type.extension, *file_type.other_extensions)
]

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"}
_MAX_PARTS = 5_000
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK\x05\x06", b"PK\x07\x08")
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"dex\n", b"@echo", b"\xcf\xfa\xed\xfe")
_MARKUP = (b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script", b"<!--", b"<head", b"<body")
_AS_PICTURE = gettext_noop("请另存为 JPEG 图片再上传；几页的扫描件请存成一个 PDF。")
_AS_MP4 = gettext_noop("请用手机或播放器转成 MP4 再上传，或截取能说明情况的画面。")
_AS_MP3 = gettext_noop("请转成 MP3 再上传。")
# The beginning of types that users send but that are not accepted.
_REFUSED: list[tuple[Callable[[bytes], bool], Refusal]] = [
    (
        lambda c: c.startswith((b"II*\0", b"MM\0*", b"BM")),
        (gettext_noop("不接受 TIFF、BMP 图片。"), _AS_PICTURE),
    ),
    (lambda c: c.startswith(b"8BPS"), (gettext_noop("不接受 PSD 图片。"), _AS_PICTURE)),
    (
        lambda c: c.startswith((b"RIFF", b"\x1aE\xdf\xa3", b"FLV\1", b"\0\0\1\xba", b"\0\0\1\xb3", b".RMF")),
        (gettext_noop("不接受这种视频（AVI、MKV、FLV、MPG 等）。"), _AS_MP4),
    ),
    (
        lambda c: c.startswith((b"OggS", b"fLaC", b"\x02#!SILK", b"#!SILK", b"FORM")) or _is_adts(c),
        (gettext_noop("不接受这种录音（AAC、OGG、FLAC、SILK 等）。"), _AS_MP3),
    ),
    (
        lambda c: c.startswith(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
        (gettext_noop("不接受 WMA、WMV。"), gettext_noop("录音请转成 MP3，视频请转成 MP4，再上传。")),
    ),
    (
        lambda c: c.startswith(b"{\\rtf"),
        (gettext_noop("不接受 RTF 文件。"), gettext_noop("请另存为 .docx 或 PDF 再上传。")),
    ),
    (
        lambda c: c.startswith(b"%!PS"),
        (gettext_noop("不接受 PostScript 文件。"), gettext_noop("请另存为 PDF 再上传。")),
    ),
    (
        lambda c: c.startswith((b"AC10", b"AC1.")),
        (gettext_noop("不接受 CAD 图纸。"), gettext_noop("请导出为 PDF 再上传。")),
    ),
    (
        lambda c: c.startswith(_ARCHIVES),
        (gettext_noop("不接受压缩包。"), gettext_noop("请解压后逐个上传。")),
    ),
    (
        lambda c: c.startswith(_PROGRAMS),
        (gettext_noop("这是程序，不能上传。"), gettext_noop("请确认文件来源；要说明的内容请截图上传。")),
    ),
    (
        lambda c: c.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].lower().startswith(_MARKUP),
        (gettext_noop("不接受网页、SVG 和 XML 文件。"), gettext_noop("请打印成 PDF，或截图上传。")),
    ),
    (
        lambda c: _is_text(c),  # noqa: PLW0108 (defined below)
        (
            gettext_noop("不接受纯文本文件。"),
            gettext_noop("请把文字粘贴到表单里，或另存为 .docx、PDF 再上传。"),
        ),
    ),
]


def list_accepted_types() -> str:
    """Return a sentence that lists what may be uploaded."""
    return _(
        "可以上传：图片（JPEG、PNG、WebP、GIF）、PDF、OFD、Word、Excel、PPT 和 WPS 文件、"
        "录音（MP3、M4A、AMR、WAV）、视频（MP4、MOV、3GP）。"
    )


def _detect_archive_type(content: bytes) -> FileType:
    """Return Word, Excel, PowerPoint or OFD by the parts of the archive, without unpacking; refuse all others."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {part.filename.replace("\\", "/") for part in archive.infolist()[:_MAX_PARTS]}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as fault:
        raise UserError(_("文件已损坏，打不开。"), hint=_("请重新导出后再上传。")) from fault
    if any(name.lower().endswith(("vbaproject.bin", "macrosheets/sheet1.xml")) for name in names):
        raise UserError(_("文件里有宏。"), hint=_("请另存为不带宏的 .docx 或 .xlsx 再上传。"))
    if "[Content_Types].xml" in names:
        for part, file_type in (
            ("word/document.xml", DOCX),
            ("xl/workbook.xml", XLSX),
            ("ppt/presentation.xml", PPTX),
        ):
            if part in names:
                return file_type
    if "OFD.xml" in names:
        return OFD
    if {"AndroidManifest.xml", "META-INF/MANIFEST.MF", "classes.dex"} & names:
        raise UserError(_("这是程序，不能上传。"), hint=_("请确认文件来源；要说明的内容请截图上传。"))
    if "mimetype" in names and "content.xml" in names:
        raise UserError(_("不接受 OpenDocument 文件。"), hint=_("请另存为 .docx、.xlsx 或 PDF 再上传。"))
    raise UserError(_("不接受压缩包。"), hint=_("请解压后逐个上传。") + list_accepted_types())


def _detect_compound_type(content: bytes) -> FileType:
    """Return the old Word, Excel or PowerPoint, which WPS writes too; refuse macros, passwords and all other uses."""
    try:
        names = read_entry_names(content)
    except BrokenFile as fault:
        raise UserError(_("文件已损坏，打不开。"), hint=_("请重新导出后再上传。")) from fault
    if "EncryptedPackage" in names:
        raise UserError(_("文件带密码，别人打不开。"), hint=_("请去掉密码，重新保存后再上传。"))
    if names & {"_VBA_PROJECT_CUR", "_VBA_PROJECT", "Macros", "VBA"}:
        raise UserError(_("文件里有宏。"), hint=_("请另存为不带宏的 .docx 或 .xlsx 再上传。"))
    for name, file_type in (
        ("WordDocument", DOC),
        ("Workbook", XLS),
        ("Book", XLS),
        ("PowerPoint Document", PPT),
    ):
        if name in names:
            return file_type
    raise UserError(_("这种 Office 文件（邮件、安装包、图纸等）不能上传。"), hint=_("请另存为 PDF 再上传。"))


def _detect_movie_type(content: bytes) -> FileType:
    """Return the type of a film or a sound by its brand and its tracks; refuse pictures in the same container."""
    brand = content[8:12] if content[4:8] == b"ftyp" else b"qt  "
    if brand in _HEIF_BRANDS:
        raise UserError(
            _("这是 HEIC/AVIF 图片，系统不能去除其中的位置信息。"),
            hint=_("请在手机“设置—相机—格式”里选“兼容性最佳”，或截图、转成 JPEG 后再上传。"),
        )
    try:
        has_video = clean_movie(content).has_video
    except BrokenMovie as fault:
        raise UserError(
            _("视频或录音已损坏，或没有录完。"), hint=_("请重新导出，或转成 MP4 再上传。")
        ) from fault
    if not has_video:
        return M4A
    if brand == b"qt  ":
        return MOV
    return GP3 if brand.startswith(b"3g") else MP4


def _is_mp3(content: bytes) -> bool:
    """Return whether the content is MPEG sound, layer III: with a tag, or with two frames that follow each other."""
    if content.startswith(b"ID3") and len(content) > 10:
        size = sum((content[6 + place] & 0x7F) << shift for place, shift in enumerate((21, 14, 7, 0)))
        content = content[10 + size :].lstrip(b"\0")
    length = _read_frame_length(content, 0)
    return length > 0 and (_read_frame_length(content, length) > 0 or len(content) == length)


def _read_frame_length(content: bytes, start: int) -> int:
    """Return the length of the frame that begins here; 0 where none does."""
    if len(content) < start + 4:
        return 0
    head = struct.unpack_from(">I", content, start)[0]
    version, layer, rate, frequency = (head >> 19) & 3, (head >> 17) & 3, (head >> 12) & 15, (head >> 10) & 3
    if head >> 21 != 0x7FF or version == 1 or layer != 1 or rate in {0, 15} or frequency == 3:
        return 0
    first = version == 3
    rates = _RATES if first else _LOW_RATES
    hertz = (44_100, 48_000, 32_000)[frequency] // {3: 1, 2: 2, 0: 4}[version]
    return int((144 if first else 72) * rates[rate - 1] * 1000 // hertz + ((head >> 9) & 1))


_RATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # kilobits a second
_LOW_RATES = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def _is_adts(content: bytes) -> bool:
    return len(content) > 7 and content[0] == 0xFF and content[1] & 0xF6 == 0xF0


def _is_text(content: bytes) -> bool:
    """Return whether the beginning is text in UTF-8 or GB 18030."""
    beginning = content[:4000]
    if any(byte < 9 or 13 < byte < 27 for byte in beginning):
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            beginning[: -4 if len(content) > 4000 else None].decode(encoding)
        except UnicodeDecodeError as fault:
            if fault.start < len(beginning) - 8:
                continue
        return True
    return False


_RECOGNISED = (
    ((b"\xff\xd8\xff",), JPEG),
    ((b"\x89PNG\r\n\x1a\n",), PNG),
    ((b"GIF87a", b"GIF89a"), GIF),
    ((b"%PDF-",), PDF),
    ((b"#!AMR\n", b"#!AMR-WB\n"), AMR),
)
_CONTAINERS: list[tuple[Callable[[bytes], bool], Callable[[bytes], FileType]]] = [
    (lambda c: c.startswith(b"RIFF") and c[8:12] == b"WEBP", lambda _content: WEBP),
    (lambda c: c.startswith(b"RIFF") and c[8:12] == b"WAVE", lambda _content: WAV),
    (lambda c: c.startswith(b"PK\x03\x04"), _detect_archive_type),
    (lambda c: c.startswith(SIGNATURE), _detect_compound_type),
    (is_movie, _detect_movie_type),
    (_is_mp3, lambda _content: MP3),
]


def detect_type(content: bytes) -> FileType:
    """Return the type of the content; raise UserError for one that is not accepted."""
    if not content:
        raise UserError(_("文件是空的。"), hint=_("请重新选择文件。"))
    for beginnings, file_type in _RECOGNISED:
        if content.startswith(beginnings):
            return file_type
    for matches, detect in _CONTAINERS:
        if matches(content):
            return detect(content)
    for matches, (message, hint) in _REFUSED:
        if matches(content):
            raise UserError(_(message), hint=_(hint))
    raise UserError(_("认不出这是什么文件。"), hint=list_accepted_types())
