"""Workbooks and texts as other programs write them: WPS, LibreOffice, Excel for Mac, report generators."""

from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from jiedao.exchange.tests.books import (
    FIRST,
    HEADER,
    SHEET_PART,
    make_csv,
    make_sheet_xml,
    make_xlsx,
    rename_parts,
    replace_part,
)
from jiedao.exchange.tests.test_workbooks import read_refusal, read_rows
from jiedao.kernel.tables.rows import PICTURE, UNSTORED_FORMULA

AT = datetime(2020, 3, 5, 9, 30)  # noqa: DTZ001 (a cell has no zone)
STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
    b"http://schemas.openxmlformats.org/drawingml/2006/main": b"http://purl.oclc.org/ooxml/drawingml/main",
}


def make_workbook(path: Path) -> Path:
    """Write a workbook with shared strings, a date and two sheets."""
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("数据")
        page.write_row(0, 0, ["编号", "时间"])
        page.write_string(1, 0, "X1")
        page.write_datetime(1, 1, AT, book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
        book.add_worksheet("另一张").write_row(0, 0, ["编号", "时间"])
    return path


def make_strict(content: bytes) -> bytes:
    for common, strict in STRICT.items():
        content = content.replace(common, strict)
    return content


def test_the_content_decides_and_not_the_suffix(tmp_path: Path) -> None:
    path = make_workbook(tmp_path / "a.xlsx").rename(tmp_path / "12-upload")

    assert read_rows(path)[1].cells == ("X1", AT)


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: name.replace("/", "\\"),
        lambda name: name if name.startswith("[") else f"/{name}",
        lambda name: name if name.startswith("[") else name.lower(),
    ],
    ids=["backslashes", "leading slash", "lower case"],
)
def test_part_names_of_other_writers_are_found(tmp_path: Path, rename: object) -> None:
    path = rename_parts(make_workbook(tmp_path / "a.xlsx"), rename)  # type: ignore[arg-type]

    assert read_rows(path)[1].cells == ("X1", AT)
    assert read_rows(path, sheet="另一张")[0].cells == ("编号", "时间")


def test_absolute_targets_of_relationships_are_found(tmp_path: Path) -> None:
    path = rename_parts(
        make_workbook(tmp_path / "a.xlsx"),
        str,
        lambda content: content.replace(b'Target="worksheets/', b'Target="/xl/worksheets/'),
    )

    assert read_rows(path)[1].cells == ("X1", AT)


def test_strict_open_xml_is_read(tmp_path: Path) -> None:
    path = rename_parts(make_workbook(tmp_path / "a.xlsx"), str, make_strict)
    assert read_rows(path)[1].cells == ("X1", AT)

    body = '<row r="1"><c r="A1" t="d" s="1"><v>2020-03-05T09:30:00</v></c></row>'
    assert read_rows(replace_part(path, SHEET_PART, make_strict(make_sheet_xml(body))))[0].cells == (AT,)


def test_faulty_properties_are_no_reason_to_refuse(tmp_path: Path) -> None:
    path = replace_part(make_workbook(tmp_path / "a.xlsx"), "docProps/core.xml", b"<not-closed>")

    assert read_rows(path)[1].cells == ("X1", AT)


def test_inline_strings_and_shared_formulas_give_their_values(tmp_path: Path) -> None:
    body = (
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t>布</t></r><r><t>吉</t></r></is></c>'
        '<c r="B1"><f t="shared" ref="B1:B2" si="0">C1*2</f><v>4</v></c>'
        '<c r="D1"><v>1</v></c></row><row r="2"><c r="B2"><f t="shared" si="0"/><v>6</v></c>'
        '<c r="C2" t="str"><f>IF(1,"")</f><v></v></c><c r="D2" t="str"><f>A1</f><v>布吉</v></c></row>'
    )
    path = replace_part(make_xlsx(tmp_path / "a.xlsx", [("a",)]), SHEET_PART, make_sheet_xml(body))

    first, second = (row.cells for row in read_rows(path))
    assert (first[:2], second[1], second[3]) == (("布吉", 4), 6, "布吉")
    assert second[2] in (None, "")


@pytest.mark.parametrize("cell", ["<f>B1*35</f>", "<f>B1*35</f><v/>", '<f t="shared" si="0"/><v></v>'])
def test_a_formula_without_a_stored_value_is_marked(tmp_path: Path, cell: str) -> None:
    body = f'<row r="1"><c r="A1">{cell}</c><c r="B1"><v>1</v></c></row>'
    path = replace_part(make_xlsx(tmp_path / "a.xlsx", [("a",)]), SHEET_PART, make_sheet_xml(body))

    assert read_rows(path)[0].cells == (UNSTORED_FORMULA, 1)


def test_a_picture_in_a_cell_is_marked(tmp_path: Path) -> None:
    cell = (
        '<c r="A1" t="str"><f>_xlfn.DISPIMG("ID_7",1)</f><v>=DISPIMG("ID_7",1)</v></c><c r="B1"><v>1</v></c>'
    )
    path = replace_part(
        make_xlsx(tmp_path / "a.xlsx", [("a",)]), SHEET_PART, make_sheet_xml(f'<row r="1">{cell}</row>')
    )

    assert read_rows(path)[0].cells == (PICTURE, 1)


@pytest.mark.parametrize(("stream", "message"), [("WordDocument", "Word"), ("Workbook", ".xls 或 .et")])
def test_a_document_of_the_old_container_is_refused_by_its_name(
    tmp_path: Path, stream: str, message: str
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + stream.encode("utf-16-le"))

    assert message in str(read_refusal(path))


def test_an_ofd_file_is_refused_by_its_name(tmp_path: Path) -> None:
    path = make_workbook(tmp_path / "a.xlsx")
    rename_parts(path, lambda name: {"[Content_Types].xml": "OFD.xml"}.get(name, f"Doc_0/{name}"))

    assert "OFD" in str(read_refusal(path))


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_text_with_cr_line_ends_is_read(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = "编号|内容\r1|路灯不亮\r2|井盖缺失，请修\r".replace("|", delimiter)

    rows = read_rows(make_csv(tmp_path / "a.txt", text, encoding))

    assert [row.cells for row in rows] == [("编号", "内容"), ("1", "路灯不亮"), ("2", "井盖缺失，请修")]


def test_a_long_text_with_cr_line_ends_is_split_at_its_delimiter(tmp_path: Path) -> None:
    text = "编号\t内容\r" + "".join(f"{number}\t一,二,三\r" for number in range(20_000))

    assert read_rows(make_csv(tmp_path / "a.txt", text))[20_000].cells == ("19999", "一,二,三")


def test_a_mark_that_is_written_twice_is_no_part_of_the_header(tmp_path: Path) -> None:
    assert (
        read_rows(make_csv(tmp_path / "a.csv", "\ufeff编号,内容\n1,甲\n", "utf-8-sig"))[0].cells[0] == "编号"
    )


def test_the_rows_of_the_first_message_survive_every_writer(tmp_path: Path) -> None:
    path = rename_parts(make_xlsx(tmp_path / "a.xlsx", [HEADER, FIRST]), lambda name: name.replace("/", "\\"))

    assert read_rows(path)[1].cells == FIRST
