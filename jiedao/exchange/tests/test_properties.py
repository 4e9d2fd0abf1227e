"""Properties of reading any table and any moment."""

import contextlib
import csv
import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from jiedao.exchange.dates import DateReader
from jiedao.kernel.tables.reading import read_table
from jiedao.kernel.tables.rows import CellFault
from jiedao.kernel.tables.textfile import TextSource

CELL = st.text(
    st.characters(codec="gb18030", exclude_characters="\x00\r\ufeff\ufffd", exclude_categories=["Cs"]),
    max_size=12,
)
ROWS = st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8)
MOMENT = st.datetimes(datetime(1991, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001 (the wall clock of a cell)
TOWN = ZoneInfo("Asia/Shanghai")


@given(
    ROWS,
    st.sampled_from(",\t;|"),
    st.sampled_from(["utf-8-sig", "gb18030", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_table_written_as_text_is_read_back(
    rows: list[list[str]], delimiter: str, encoding: str, line_end: str
) -> None:
    header = ["编号街道办事处", "标题", "内容"]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(
        [header, *rows]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(buffer.getvalue().encode(encoding))
        with read_table(path) as table:
            read_rows = list(table.body(table.head[0]))
            source = table._source
    assert isinstance(source, TextSource)
    assert source.delimiter == delimiter
    expected = [
        (number, tuple(row)) for number, row in enumerate(rows, 2) if any(cell.strip() for cell in row)
    ]
    assert [(row.number, row.cells) for row in read_rows] == expected
    assert not any(row.fault for row in read_rows)


@given(
    MOMENT,
    st.sampled_from(["%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y年%m月%d日 %H时%M分%S秒", "%Y%m%d%H%M%S"]),
)
def test_any_moment_written_in_a_common_form_is_read_back(wall: datetime, pattern: str) -> None:
    wall = wall.replace(microsecond=0)
    reader = DateReader(TOWN, datetime(2026, 11, 23, tzinfo=UTC))

    assert reader.read(wall.strftime(pattern)).at == wall.replace(tzinfo=TOWN)
    assert reader.read(wall).at == wall.replace(tzinfo=TOWN)


@given(st.text(max_size=40))
def test_a_text_is_read_as_a_moment_or_refused_with_a_cell_fault(text: str) -> None:
    with contextlib.suppress(CellFault):
        assert DateReader(TOWN, datetime(2026, 11, 23, tzinfo=UTC)).read(text).at.year >= 1989
