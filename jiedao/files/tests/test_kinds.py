import io
import zipfile

import pytest

from jiedao.files.kinds import DOCX, GIF, JPEG, PDF, PNG, WEBP, XLSX, FileType, detect_type
from jiedao.files.names import clean_name
from jiedao.files.tests.pictures import make_picture
from jiedao.kernel.errors import UserError


def make_archive(*parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part in parts:
            # a fixed date: the same bytes in every test process
            archive.writestr(zipfile.ZipInfo(part, (2026, 1, 1, 0, 0, 0)), "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (make_picture("JPEG"), JPEG),
        (make_picture("PNG"), PNG),
        (make_picture("WEBP"), WEBP),
        (make_picture("GIF"), GIF),
        (b"%PDF-1.7\n", PDF),
        (make_archive("[Content_Types].xml", "word/document.xml"), DOCX),
        (make_archive("[Content_Types].xml", "xl/workbook.xml"), XLSX),
    ],
)
def test_the_content_decides_the_type(content: bytes, expected: FileType) -> None:
    assert detect_type(content) is expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "空"),
        (b"<html><script>alert(1)</script>", "不接受"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "不接受"),
        (b"MZ\x90\x00", "不接受"),
        (b"#!/bin/sh", "不接受"),
        (b"\x00\x00\x00\x18ftypheic", "JPEG"),
        (b"\x00\x00\x00\x18ftypavif", "JPEG"),
        (b"\x00\x00\x00\x18ftypisom", "视频"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧格式"),
        (make_archive("readme.txt"), "压缩包"),
        (make_archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "宏"),
        (make_archive("[Content_Types].xml", "word/document.xml")[:40], "损坏"),
    ],
)
def test_a_refused_type_gets_a_message_with_a_hint(content: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        detect_type(content)

    assert caught.value.hint


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
