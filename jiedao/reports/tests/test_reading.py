"""Foreign documents are read in a process of their own; what cannot be read gets a message with what to do."""

import zipfile
from pathlib import Path

import pytest
import typst
from docx import Document as WordDocument
from pypdf import PdfReader, PdfWriter

from jiedao.kernel.errors import UserError
from jiedao.reports.output.layout import BODY_FACE
from jiedao.reports.output.typst_text import list_fonts
from jiedao.reports.reading import LARGEST, read_document

has_font = pytest.mark.skipif(
    not set(BODY_FACE.pdf) & list_fonts(), reason="no font for Chinese is installed"
)


def make_word(path: Path) -> Path:
    word = WordDocument()
    word.add_paragraph("共受理工单120件。")
    table = word.add_table(rows=2, cols=2)
    for cell, text in zip(
        (*table.rows[0].cells, *table.rows[1].cells), ("社区", "件数", "东湖", "120"), strict=True
    ):
        cell.text = text
    word.add_paragraph("结束。")
    word.save(str(path))
    return path


def make_pdf(path: Path, source: str) -> Path:
    file = path.with_suffix(".typ")
    file.write_text(source, encoding="utf-8")
    path.write_bytes(bytes(typst.compile(str(file), root=str(path.parent))))
    return path


def read_refusal(path: Path, name: str = "") -> UserError:
    with pytest.raises(UserError) as raised:
        read_document(path, name)
    return raised.value


def test_word_is_read_in_its_order_with_tables_as_lines(tmp_path: Path) -> None:
    text = read_document(make_word(tmp_path / "a.docx"))

    assert text.splitlines() == ["共受理工单120件。", "社区 | 件数 |", "东湖 | 120 |", "结束。"]


@has_font
def test_the_text_of_a_pdf_is_read(tmp_path: Path) -> None:
    font = next(name for name in BODY_FACE.pdf if name in list_fonts())
    path = make_pdf(tmp_path / "a.pdf", f'#set text(font: "{font}")\n共受理工单120件，办结118件。')

    assert "共受理工单120件" in read_document(path).replace(" ", "")


@has_font
def test_a_paragraph_of_a_pdf_is_joined_though_a_line_in_small_print_is_wider(tmp_path: Path) -> None:
    font = next(name for name in BODY_FACE.pdf if name in list_fonts())
    sentence = (
        "上半年全街道共受理群众诉求一千余件，其中城市管理类诉求 120 件，已经按时办结 90 件，按时办结率为 "
        "80%。下半年将继续努力把每一件诉求办好，让群众满意。"
    )
    path = make_pdf(
        tmp_path / "a.pdf",
        f'#set page(width: 160mm)\n#set text(font: "{font}", size: 16pt)\n{sentence}\n\n'
        f"#text(size: 4pt)[校验 {'0123456789abcdef' * 6}]",
    )

    assert sentence.replace(" ", "") in read_document(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_plain_text_is_read_in_usual_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("共受理工单120件。".encode(encoding))

    assert read_document(path) == "共受理工单120件。"


def test_html_is_read_without_scripts_and_with_tables_as_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<html><head><style>p{}</style></head><body><p>共120件。</p><script>x=1</script>"
        "<table><tr><td>东湖</td><td>120</td></tr></table></body></html>",
        encoding="utf-8",
    )

    text = read_document(path)

    assert text.splitlines()[0] == "共120件。"
    assert "东湖 | 120 |" in text
    assert "x=1" not in text


def test_a_pdf_of_pictures_is_named_a_scan(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "scan.pdf", "#rect(width: 100pt, height: 100pt, fill: gray)")

    refusal = read_refusal(path)

    assert "扫描件" in refusal.message
    assert "OCR" in refusal.hint


def test_an_encrypted_pdf_is_refused(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(make_pdf(tmp_path / "open.pdf", "Text with enough letters")))
    writer.encrypt("secret", algorithm="RC4-128")
    path = tmp_path / "locked.pdf"
    writer.write(path)

    assert "密码" in read_refusal(path).message


def test_an_encrypted_word_document_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "locked.docx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)

    assert "密码" in read_refusal(path).message


def test_an_old_word_document_is_refused_with_the_way_on(tmp_path: Path) -> None:
    path = tmp_path / "old.doc"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)

    assert ".docx" in read_refusal(path).hint


def test_a_document_with_macros_is_refused(tmp_path: Path) -> None:
    path = make_word(tmp_path / "a.docm")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"macro")

    assert "宏" in read_refusal(path).message


@pytest.mark.parametrize(("content", "word"), [(b"\0", "这种文件"), (b" ", "没有文字")])
def test_ten_megabytes_of_nothing_are_refused(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content * 10_000_000)

    assert word in read_refusal(path).message


def test_a_damaged_document_is_refused(tmp_path: Path) -> None:
    path = make_word(tmp_path / "a.docx")
    path.write_bytes(path.read_bytes()[:2000])

    assert "损坏" in read_refusal(path).message


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 210_000_000)

    assert "太大" in read_refusal(path).message


def test_too_large_a_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)

    assert "太大" in read_refusal(path).message


def test_too_long_a_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("字" * 1_000_001, encoding="utf-8")

    assert "600" in read_refusal(path).message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "没有文件" in read_refusal(tmp_path / "no.txt").message


def test_messages_use_the_name_that_the_user_gave(tmp_path: Path) -> None:
    path = tmp_path / "document"
    path.write_bytes(b"PK\x03\x04")

    assert "月报.docx" in read_refusal(path, "月报.docx").message
