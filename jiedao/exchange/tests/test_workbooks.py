import io
import itertools
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from jiedao.exchange.tests.books import FIRST, HEADER, SHEET_PART, make_sheet_xml, make_xlsx, replace_part
from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.reading import Limits, Row, read_table


def read_rows(path: Path, **options: object) -> list[Row]:
    with read_table(path, **options) as table:  # type: ignore[arg-type]
        return [table.head[0], *table.body(table.head[0])]


def read_refusal(path: Path, **options: object) -> UserError:
    with pytest.raises(UserError) as caught:
        read_rows(path, **options)
    assert caught.value.hint, "a refusal states what to do"
    return caught.value


def test_cells_keep_their_type_and_rows_their_number(tmp_path: Path) -> None:
    moment = datetime(2019, 2, 28, 11, 25, 5)  # noqa: DTZ001 (a cell has no zone)
    last = (2, "b", None, moment, "x", 1.5, True)
    path = make_xlsx(tmp_path / "a.xlsx", [("留言清单",), (), HEADER, FIRST, (), last])

    with read_table(path) as table:
        rows = list(table.body(table.head[1]))

    assert [row.number for row in rows] == [4, 6]
    assert rows[0].cells == FIRST
    assert rows[1].cells == last


def test_short_rows_of_a_workbook_are_padded(tmp_path: Path) -> None:
    rows = read_rows(make_xlsx(tmp_path / "a.xlsx", [HEADER, (1, "a")]))

    assert rows[1].cells == (1, "a", None, None, None, None, None)
    assert rows[1].fault == ""


def test_the_first_visible_sheet_is_read_unless_another_is_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.title, hidden.sheet_state = "隐藏", "hidden"
    hidden.append(["secret"])
    book.create_sheet("数据").append(["open"])
    book.save(tmp_path / "a.xlsx")

    assert read_rows(tmp_path / "a.xlsx")[0].cells == ("open",)
    assert read_rows(tmp_path / "a.xlsx", sheet="隐藏")[0].cells == ("secret",)
    assert "数据" in str(read_refusal(tmp_path / "a.xlsx", sheet="数锯").hint)


def test_the_claimed_size_of_a_sheet_is_ignored(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [("a",)])
    cell = '<row r="1"><c r="A1"><v>7</v></c></row>'
    replace_part(path, SHEET_PART, make_sheet_xml(cell, dimension="A1:XFD1048576"))

    rows = read_rows(path)

    assert [row.cells for row in rows] == [(7,)]


def test_a_row_number_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [("a",)])
    replace_part(
        path,
        SHEET_PART,
        make_sheet_xml('<row r="1"><c r="A1"><v>7</v></c></row><row r="99999999999"><c><v>8</v></c></row>'),
    )

    assert "行" in read_refusal(path).message  # type: ignore[operator]


def test_a_zip_bomb_is_refused_before_unpacking(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "bomb.xlsx", [("a",)])
    replace_part(path, SHEET_PART, make_sheet_xml(" " * 50_000_000))
    assert path.stat().st_size < 200_000

    assert "解开后太大" in str(read_refusal(path, limits=Limits(unpacked_bytes=40_000_000)))


def test_a_part_with_a_false_size_is_read_only_up_to_that_size(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "bomb.xlsx", [("a",)])
    replace_part(path, SHEET_PART, make_sheet_xml(" " * 50_000_000))
    raw = path.read_bytes()
    with zipfile.ZipFile(path) as package:
        true_size = package.getinfo(SHEET_PART).file_size
    path.write_bytes(raw.replace(true_size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))

    assert "损坏" in str(read_refusal(path))


def test_a_workbook_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [("a",)])
    giant = f'<row><c t="inlineStr"><is><t>{"y" * 90_000_000}</t></is></c></row>'
    replace_part(path, SHEET_PART, make_sheet_xml(giant))

    assert "内存" in str(read_refusal(path, limits=Limits(memory_bytes=120 * 1024 * 1024)))


def test_a_workbook_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [("a",)])
    replace_part(
        path, SHEET_PART, make_sheet_xml('<row><c t="inlineStr"><is><t>x</t></is></c></row>' * 600_000)
    )

    assert "用时太长" in str(read_refusal(path, limits=Limits(cpu_seconds=1, rows=10**6)))


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [("a",)])
    body = make_sheet_xml('<row><c t="inlineStr"><is><t>&b;</t></is></c></row>').decode()
    doctype = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    replace_part(path, SHEET_PART, body.replace("?>", f"?>{doctype}", 1).encode())

    assert "损坏" in str(read_refusal(path))


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [tuple(range(12))] * 30)

    assert "超过 25 行" in str(read_refusal(path, limits=Limits(rows=25)))


def test_a_cell_beyond_the_last_column_makes_only_its_row_unusable(tmp_path: Path) -> None:
    rows = read_rows(
        make_xlsx(tmp_path / "a.xlsx", [("a", "b"), (1, 2, *[None] * 20, "x"), (3, 4)]),
        limits=Limits(columns=10),
    )

    assert "写到了第 23 列，超过 10 列" in rows[1].fault
    assert rows[2].cells[:2] == (3, 4)


def test_the_message_of_a_broken_part_is_one_line_without_a_path(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [("a",)])
    doctype = '<!DOCTYPE x [<!ENTITY a "ha">]>'
    body = make_sheet_xml("<row><c><v>&a;</v></c></row>").decode().replace("?>", f"?>{doctype}", 1)

    message = str(read_refusal(replace_part(path, SHEET_PART, body.encode())))

    assert str(tmp_path) not in message
    assert "\n" not in message


def test_rows_before_a_limit_are_returned(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [("n",)] + [(i,) for i in range(40)])
    with read_table(path, limits=Limits(rows=30)) as table:
        rows = table.body(table.head[0])
        values = [row.cells[0] for row in itertools.islice(rows, 29)]
        with pytest.raises(UserError, match="超过 30 行"):
            next(rows)

    assert values == list(range(29))


def test_a_cell_over_the_limit_makes_only_its_row_unusable(tmp_path: Path) -> None:
    rows = read_rows(
        make_xlsx(tmp_path / "a.xlsx", [HEADER, (1, "x" * 500), (2, "y")]), limits=Limits(cell_chars=400)
    )

    assert "第 2 列有 500 个字" in rows[1].fault
    assert rows[2].cells[0] == 2


def test_a_truncated_workbook_is_refused_as_broken(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [HEADER, FIRST])
    path.write_bytes(path.read_bytes()[:-400])

    assert "损坏" in str(read_refusal(path))


def test_damaged_xml_is_refused_as_broken(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [HEADER, FIRST])
    replace_part(path, SHEET_PART, make_sheet_xml('<row><c t="s"><v>99999</v></c></row><row>')[:-40])

    assert "损坏" in str(read_refusal(path))


def test_the_refusal_of_an_empty_sheet_names_the_others(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("留言").append(["x"])
    book.save(tmp_path / "a.xlsx")

    error = read_refusal(tmp_path / "a.xlsx")

    assert "没有内容" in str(error)
    assert "留言" in str(error.hint)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "空文件"),
        (b"  \r\n ", "空文件"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧格式"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "密码"),
        ("\ufeff<html><table><tr><td>编号</td></tr></table>".encode(), "网页"),
        (b'{"rows": []}', "JSON"),
        (bytes(range(256)) * 8, "无法识别"),
        (b"a\x00b\x00c\x00\n\x00" * 50, "无法识别"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_its_kind(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "名单.xlsx"
    path.write_bytes(content)

    assert message in str(read_refusal(path))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["readme.txt"], "压缩包"),
        (["[Content_Types].xml", "word/document.xml"], "Word"),
        (["mimetype", "content.xml"], "OpenDocument"),
        (["[Content_Types].xml", "xl/workbook.bin"], "xlsb"),
    ],
)
def test_another_package_is_refused_by_its_kind(tmp_path: Path, parts: list[str], message: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for part in parts:
            package.writestr(part, "x")
    path = tmp_path / "a.xlsx"
    path.write_bytes(buffer.getvalue())

    assert message in str(read_refusal(path))


def test_a_missing_or_too_big_file_is_refused(tmp_path: Path) -> None:
    assert "打不开" in str(read_refusal(tmp_path / "none.xlsx"))
    assert "打不开" in str(read_refusal(tmp_path))
    path = make_xlsx(tmp_path / "a.xlsx", [HEADER])
    assert "MB" in str(read_refusal(path, limits=Limits(file_bytes=1000)))


def test_closing_the_table_ends_the_reading_process(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [HEADER] + [FIRST] * 3000)

    with read_table(path) as table:
        child = table._source._child  # type: ignore[attr-defined]

    assert child.returncode is not None


def test_shared_strings_join_their_runs_without_phonetic_guides(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet().write_row(0, 0, ["甲", "乙"])
    runs = "<si><r><t>布</t></r><r><t>吉</t></r><rPh><t>buji</t></rPh></si>"
    ends = "<si><t>一_x000D_\n_x005F_x000D_</t></si>"
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    replace_part(path, "xl/sharedStrings.xml", f'<sst xmlns="{space}">{runs}{ends}</sst>'.encode())

    assert read_rows(path)[0].cells == ("布吉", "一\r\n_x000D_")
