from pathlib import Path

import pytest

from jiedao.exchange.tests.books import make_csv
from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.reading import Limits, Row, read_table
from jiedao.kernel.tables.textfile import detect_shape, find_delimiter

TEXT = '编号,标题,内容\n1,路灯不亮,"第一行\n第二行, 带逗号"\n2,占道经营,请处理\n'


def read_body(path: Path, limits: Limits | None = None) -> list[Row]:
    with read_table(path, limits=limits) as table:
        return list(table.body(table.head[0]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_common_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    rows = read_body(make_csv(tmp_path / "a.csv", TEXT, encoding))

    assert [row.cells for row in rows] == [
        ("1", "路灯不亮", "第一行\n第二行, 带逗号"),
        ("2", "占道经营", "请处理"),
    ]
    assert [row.number for row in rows] == [2, 3]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("shift", range(4))
def test_a_character_cut_by_a_block_does_not_change_the_encoding(
    tmp_path: Path, encoding: str, shift: int
) -> None:
    padding = "x" * (1024 * 1024 - 12 - shift)
    path = make_csv(tmp_path / "a.csv", f"a,b\n1,{padding}街道办事处街道办事处𠮷\n", encoding)

    shape = detect_shape(path, "a.csv")

    assert shape.encoding.removesuffix("-sig") == encoding
    assert not shape.damaged


def test_a_bad_byte_makes_only_its_row_unusable(tmp_path: Path) -> None:
    raw = TEXT.encode() + "3,坏行,".encode() + b"\xff\xfe" + "街道\n4,好行,街道\n".encode()
    path = tmp_path / "a.csv"
    path.write_bytes(raw)

    rows = read_body(path)

    assert [bool(row.fault) for row in rows] == [False, False, True, False]
    assert "编码" in rows[2].fault


def test_a_file_cut_within_a_character_keeps_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode() + "3,街道,街道".encode()[:-1])

    rows = read_body(path)

    assert rows[1].cells[1] == "占道经营"
    assert "编码" in rows[2].fault


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_detected(delimiter: str) -> None:
    lines = ["编号", "标题", "内容"], ["1", "路灯，不亮", "a,b;c"], ["2", "x", "多说,几句,话"]
    sample = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)

    assert find_delimiter(sample) == delimiter


def test_a_title_above_the_header_does_not_hide_the_delimiter() -> None:
    assert find_delimiter("2019年留言\na\tb\tc\n1\t2, 3\t4\n5\t6\t7\n") == "\t"


def test_ragged_rows_are_refused_and_not_shifted(tmp_path: Path) -> None:
    rows = read_body(make_csv(tmp_path / "a.csv", "a,b,c\n1,2\n1,2,3,4\n1,2,3,,\n1,2,3\n"))

    assert ["列" in row.fault for row in rows] == [True, True, False, False]
    assert rows[2].cells == ("1", "2", "3")


def test_a_nul_byte_makes_only_its_row_unusable(tmp_path: Path) -> None:
    rows = read_body(make_csv(tmp_path / "a.csv", "a,b\n1,x\x00y\n2,z\n"))

    assert "NUL" in rows[0].fault
    assert rows[1].fault == ""


def test_an_unclosed_quote_is_reported(tmp_path: Path) -> None:
    rows = read_body(make_csv(tmp_path / "a.csv", 'a,b\n1,x\n2,"y\n3,z\n4,w\n'))

    assert rows[0].fault == ""
    assert "引号" in rows[1].fault
    assert len(rows) == 2


def test_a_gigantic_cell_stops_the_reading_at_its_row(tmp_path: Path) -> None:
    path = make_csv(tmp_path / "a.csv", 'a,b\n1,x\n2,"' + "y" * 2_100_000 + "\n")

    with pytest.raises(UserError, match="第 3 行"):
        read_body(path)


def test_a_long_cell_makes_only_its_row_unusable(tmp_path: Path) -> None:
    path = make_csv(tmp_path / "a.csv", f"a,b\n1,{'y' * 100_000}\n2,z\n")

    rows = read_body(path, Limits(cell_chars=50_000))

    assert "100000 个字" in rows[0].fault
    assert rows[1].cells == ("2", "z")


def test_blank_lines_are_numbered_but_left_out(tmp_path: Path) -> None:
    rows = read_body(make_csv(tmp_path / "a.csv", "a,b\n\n1,x\n,\n2,y"))

    assert [(row.number, row.cells[0]) for row in rows] == [(3, "1"), (5, "2")]


def test_windows_and_old_mac_line_ends_are_read(tmp_path: Path) -> None:
    assert len(read_body(make_csv(tmp_path / "a.csv", "a,b\r\n1,x\r\n2,y\r\n"))) == 2
    assert len(read_body(make_csv(tmp_path / "b.csv", "a,b\r1,x\r2,y\r"))) == 2


def test_too_many_rows_stop_the_reading_at_the_limit(tmp_path: Path) -> None:
    path = make_csv(tmp_path / "a.csv", "a,b\n" + "1,x\n" * 60)

    with pytest.raises(UserError, match="读到第 51 行"):
        read_body(path, Limits(rows=50))


def test_utf_32_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="文字编码无法识别"):
        read_table(make_csv(tmp_path / "a.csv", TEXT, "utf-32"))
