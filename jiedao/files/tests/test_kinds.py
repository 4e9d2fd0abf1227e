import pytest

from jiedao.files.kinds import (
    AMR,
    DOC,
    DOCX,
    FILE_TYPES,
    GIF,
    GP3,
    JPEG,
    M4A,
    MOV,
    MP3,
    MP4,
    OFD,
    PDF,
    PNG,
    PPT,
    PPTX,
    WAV,
    WEBP,
    XLS,
    XLSX,
    FileType,
    detect_type,
)
from jiedao.files.names import clean_name
from jiedao.files.tests.pictures import make_picture
from jiedao.files.tests.samples import make_archive, make_compound, make_movie, make_mp3, make_wav
from jiedao.kernel.errors import UserError

TYPES = "[Content_Types].xml"
ACCEPTED: list[tuple[bytes, FileType]] = [
    (make_picture("JPEG"), JPEG),
    (make_picture("PNG"), PNG),
    (make_picture("WEBP"), WEBP),
    (make_picture("GIF"), GIF),
    (b"%PDF-1.7\n", PDF),
    (make_archive("OFD.xml", "Doc_0/Document.xml"), OFD),
    (make_archive(TYPES, "word/document.xml"), DOCX),
    (make_archive(TYPES, "xl/workbook.xml"), XLSX),
    (make_archive(TYPES, "ppt/presentation.xml"), PPTX),
    (make_compound("WordDocument", "1Table"), DOC),
    (make_compound("Workbook"), XLS),
    (make_compound("Book"), XLS),
    (make_compound("Current User", "a", "b", "c", "d", "PowerPoint Document"), PPT),
    (make_mp3(), MP3),
    (make_mp3(tag=b"TIT2 recording"), MP3),
    (b"#!AMR\n\x3c\x08", AMR),
    (b"#!AMR-WB\n\x3c\x08", AMR),
    (make_wav(), WAV),
    (make_movie(b"M4A ", (b"soun",)), M4A),
    (make_movie(b"mp42", (b"soun",)), M4A),
    (make_movie(b"3gp4", (b"soun",)), M4A),
    (make_movie(b"isom"), MP4),
    (make_movie(b"mp42"), MP4),
    (make_movie(b"qt  "), MOV),
    (make_movie(b"isom")[20:], MOV),  # old QuickTime begins without `ftyp`
    (make_movie(b"3gp5"), GP3),
]
REFUSED: list[tuple[bytes, str, str]] = [
    (b"", "空", "重新选择"),
    (b"<html><script>alert(1)</script>", "网页", "PDF"),
    (b"\xef\xbb\xbf\n<!DOCTYPE html>", "网页", "PDF"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "SVG", "截图"),
    (b"MZ\x90\x00", "程序", "来源"),
    (b"\x7fELF\x02", "程序", "来源"),
    (b"#!/bin/sh\n", "程序", "来源"),
    (make_archive("AndroidManifest.xml", "classes.dex"), "程序", "来源"),
    (make_archive("META-INF/MANIFEST.MF", "a.class"), "程序", "来源"),
    (b"\x00\x00\x00\x18ftypheic", "HEIC", "JPEG"),
    (b"\x00\x00\x00\x18ftypavif" + bytes(12), "HEIC", "JPEG"),
    (b"II*\0\x08\0\0\0", "TIFF", "PDF"),
    (b"BM\x36\0\0\0", "BMP", "JPEG"),
    (b"8BPS\0\1", "PSD", "JPEG"),
    (b"RIFF\x10\0\0\0AVI LIST", "AVI", "MP4"),
    (b"\x1aE\xdf\xa3\x01", "MKV", "MP4"),
    (b"FLV\x01\x05", "FLV", "MP4"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA", "MP3"),
    (b"OggS\0\x02", "OGG", "MP3"),
    (b"\x02#!SILK_V3\x0b", "SILK", "MP3"),
    (b"\xff\xf1\x50\x80\x02\x1f\xfc\x21", "AAC", "MP3"),
    (make_movie()[:80], "损坏", "MP4"),
    (make_movie(tracks=(b"meta",)), "损坏", "MP4"),
    (make_compound("EncryptedPackage", "EncryptionInfo"), "密码", "去掉密码"),
    (make_compound("WordDocument", "Macros", "VBA"), "宏", "不带宏"),
    (make_compound("Workbook", "_VBA_PROJECT_CUR"), "宏", "不带宏"),
    (make_compound("__properties_version1.0"), "邮件", "PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "损坏", "重新导出"),
    (make_archive("readme.txt"), "压缩包", "解压"),
    (make_archive("readme.txt", "evil.ofd"), "压缩包", "解压"),
    (b"Rar!\x1a\x07\x01", "压缩包", "解压"),
    (b"7z\xbc\xaf\x27\x1c\x00", "压缩包", "解压"),
    (b"\x1f\x8b\x08", "压缩包", "解压"),
    (b"PK\x05\x06" + bytes(18), "压缩包", "解压"),
    (make_archive(TYPES, "word/document.xml", "word/vbaProject.bin"), "宏", "不带宏"),
    (make_archive(TYPES, "word/document.xml")[:40], "损坏", "重新导出"),
    (make_archive("mimetype", "content.xml"), "OpenDocument", "docx"),
    (b"{\\rtf1\\ansi", "RTF", "docx"),
    (b"%!PS-Adobe-3.0", "PostScript", "PDF"),
    (b"AC1032\0\0", "CAD", "PDF"),
    ("编号,内容\n1,路灯不亮\n".encode("gb18030"), "纯文本", "粘贴"),
    ("路灯不亮".encode() * 900, "纯文本", "粘贴"),
    (bytes(range(256)), "认不出", "可以上传"),
    (b"\xff\xfb\x90\x00" + b"no second frame follows" * 40, "认不出", "可以上传"),
]


@pytest.mark.parametrize(("content", "expected"), ACCEPTED)
def test_the_content_decides_the_type(content: bytes, expected: FileType) -> None:
    assert detect_type(content) is expected


def test_every_type_that_may_be_stored_is_recognised_by_a_content() -> None:
    assert {file_type.code for _content, file_type in ACCEPTED} == {row.code for row in FILE_TYPES}


@pytest.mark.parametrize(("content", "message", "advice"), REFUSED)
def test_a_refused_type_states_what_it_is_and_what_to_do(content: bytes, message: str, advice: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        detect_type(content)

    assert advice in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "file_type", "stored"),
    [
        ("通知.wps", DOC, "通知.wps"),
        ("统计.ET", XLS, "统计.et"),
        ("汇报.dps", PPT, "汇报.dps"),
        ("通知.exe", DOC, "通知.doc"),
        ("run.bat", MP4, "run.mp4"),
        ("page.html", JPEG, "page.jpg"),
        ("没有后缀", OFD, "没有后缀.ofd"),
        ("录音.amr.js", AMR, "录音.amr.amr"),
        ("统计.et", DOC, "统计.doc"),
    ],
)
def test_a_name_never_keeps_a_suffix_of_another_type(name: str, file_type: FileType, stored: str) -> None:
    assert clean_name(name, file_type.choose_extension(name), "附件") == stored


def is_accepted_or_refused_with_a_hint(content: bytes) -> bool:
    try:
        return detect_type(content) in FILE_TYPES
    except UserError as fault:
        return bool(fault.hint)


def test_no_damaged_file_raises_anything_but_a_refusal() -> None:
    samples = [
        make_movie(),
        make_compound("WordDocument", "a", "b", "c", "d", "e"),
        make_mp3(),
        make_archive("OFD.xml"),
    ]
    for content in samples:
        for place in range(0, len(content), 7):
            for damaged in (content[:place], content[:place] + b"\xff\xff\xff\xff" + content[place + 4 :]):
                assert is_accepted_or_refused_with_a_hint(damaged)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("路灯.JPG", "路灯.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        (r"C:\Users\a\b.png", "b.jpg"),
        ("a\x00b\r\n.jpg", "ab.jpg"),
        ("photo\u202egpj.exe", "photogpj.jpg"),
        ('a<b>:"|?*.jpg', "a_b______.jpg"),
        ("", "附件.jpg"),
        ("...", "附件.jpg"),
        (".htaccess", "附件.jpg"),
        ("x" * 300 + ".jpeg", "x" * 116 + ".jpg"),
        ("evil.php.jpg", "evil.php.jpg"),
    ],
)
def test_a_name_is_cleaned_and_gets_the_extension_of_its_content(name: str, clean: str) -> None:
    assert clean_name(name, ".jpg", "附件") == clean
