import io
import zipfile

import pytest

from jiedao.files.kinds import DOCX, GIF, JPEG, PDF, PNG, WEBP, XLSX, FileType, type_of
from jiedao.files.names import clean_name
from jiedao.files.tests.pictures import picture
from jiedao.kernel.errors import UserError


def package(*parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for part in parts:
            # a fixed date: the same bytes in every test process
            made.writestr(zipfile.ZipInfo(part, (2026, 1, 1, 0, 0, 0)), "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (picture("JPEG"), JPEG),
        (picture("PNG"), PNG),
        (picture("WEBP"), WEBP),
        (picture("GIF"), GIF),
        (b"%PDF-1.7\n", PDF),
        (package("[Content_Types].xml", "word/document.xml"), DOCX),
        (package("[Content_Types].xml", "xl/workbook.xml"), XLSX),
    ],
)
def test_a_type_is_told_by_content(content: bytes, expected: FileType) -> None:
    assert type_of(content) is expected


@pytest.mark.parametrize(
    ("content", "said"),
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
        (package("readme.txt"), "压缩包"),
        (package("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "宏"),
        (package("[Content_Types].xml", "word/document.xml")[:40], "损坏"),
    ],
)
def test_what_is_not_accepted_is_told_with_what_to_do(content: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        type_of(content)

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
def test_names_are_cleaned_and_take_the_extension_of_their_content(name: str, clean: str) -> None:
    assert clean_name(name, ".jpg", "附件") == clean
