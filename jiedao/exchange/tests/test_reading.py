from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jiedao.exchange.layout import find_layout
from jiedao.exchange.mapping import parse_mapping
from jiedao.exchange.reading import Message, RowReader
from jiedao.exchange.tests.books import FIRST, HEADER, make_xlsx
from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.reading import read_table
from jiedao.kernel.tables.rows import CellFault

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
REPLIED = ("留言编号", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间", "状态", "结案时间")


def read_messages(tmp_path: Path, rows: Sequence[Sequence[Any]], mapping: str = "") -> list[Message]:
    with read_table(make_xlsx(tmp_path / "a.xlsx", rows)) as table:
        layout = find_layout(table, parse_mapping(mapping, "m.toml") if mapping else None)
        reader = RowReader(layout, NOW)
        return [reader.read(row) for row in table.body(layout.header)]


def read_fault(tmp_path: Path, *rows: Sequence[Any], mapping: str = "") -> CellFault:
    with pytest.raises(CellFault) as caught:
        read_messages(tmp_path, rows, mapping)
    return caught.value


def test_a_message_is_read_by_its_chinese_headers(tmp_path: Path) -> None:
    (message,) = read_messages(tmp_path, [HEADER, FIRST])

    assert message == Message(
        row=2,
        number="188006",
        reporter="A000102948",
        subject="A3区一米阳光影楼是否合法纳税？",
        detail="请查一下。",
        reported_at=datetime(2019, 2, 28, 3, 25, 5, tzinfo=UTC),
        votes_for=3,
    )


@pytest.mark.parametrize(
    "header",
    [
        ("工单编号（必填）*", "标题", "诉求时间", "诉求内容"),
        ("ID", "Title", "Created_Date", "Description"),
        (" 编 号 ", "主题：", "留言日期", "内容"),
    ],
)
def test_headers_are_recognised_in_any_case_and_with_remarks(tmp_path: Path, header: tuple[str, ...]) -> None:
    (message,) = read_messages(tmp_path, [("某街道留言清单",), header, (1, "路灯", "2019-02-28", "不亮")])

    assert (message.number, message.subject, message.detail) == ("1", "路灯", "不亮")


def test_the_column_of_the_smallest_category_counts(tmp_path: Path) -> None:
    header = ("编号", "标题", "留言时间", "一级分类", "三级分类", "二级分类")
    (message,) = read_messages(tmp_path, [header, (1, "x", "2019-02-28", "城乡建设", "路灯", "市政")])

    assert message.category == "路灯"


def test_a_missing_header_is_reported_with_the_headers_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_messages(tmp_path, [("编号", "标题", "时间点"), (1, "x", "2019-02-28")])

    assert "留言时间" in str(caught.value.message)
    assert "编号、标题、时间点" in str(caught.value.hint)


def test_a_table_without_any_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="缺少这些列"):
        read_messages(tmp_path, [(1, "x", "2019-02-28"), (2, "y", "2019-02-28")])


def test_a_repeated_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="出现了两次"):
        read_messages(tmp_path, [("编号", "标题", "留言时间", "标题"), (1, "x", "2019-02-28", "y")])


def test_a_reply_with_its_time_closes_the_matter(tmp_path: Path) -> None:
    row = (1, "x", "2019/4/25 9:32:09", "y", "\n已处理。 ", "2019/5/10 14:56:53", None, None)
    (message,) = read_messages(tmp_path, [REPLIED, row])

    end = datetime(2019, 5, 10, 6, 56, 53, tzinfo=UTC)
    assert (message.reply, message.replied_at, message.ended_at) == ("已处理。", end, end)


def test_a_matter_does_not_end_before_its_reply(tmp_path: Path) -> None:
    row = (1, "x", "2019/4/25 9:00", "y", "好", "2019/5/10 9:00", "已办结", "2019/5/9 9:00")
    (message,) = read_messages(tmp_path, [REPLIED, row])

    assert message.ended_at == message.replied_at == datetime(2019, 5, 10, 1, 0, tzinfo=UTC)


def test_a_reply_on_the_day_of_the_message_is_not_before_it(tmp_path: Path) -> None:
    row = (1, "x", "2019/4/25 9:00", "y", "好", "2019/4/25", None, None)
    (message,) = read_messages(tmp_path, [REPLIED, row])

    assert message.replied_at == message.reported_at


def test_an_open_matter_has_no_end_whatever_its_reply(tmp_path: Path) -> None:
    row = (1, "x", "2019/4/25 9:00", "y", "已转办", "2019/5/10", "办理中", None)
    (message,) = read_messages(tmp_path, [REPLIED, row])

    assert (message.reply, message.replied_at, message.ended_at) == ("", None, None)


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        ((None, "x", "2019/4/25", "y"), "留言编号", "没有编号"),
        ((20190425000000123, "x", "2019/4/25", "y"), "留言编号", "15 位"),
        (("9" * 61, "x", "2019/4/25", "y"), "留言编号", "60"),
        ((1, " ", "2019/4/25", "\t\n"), "留言详情", "都是空的"),
        ((1, "x", None, "y"), "留言时间", "没有填时间"),
        ((1, "x", "2019/2/30", "y"), "留言时间", "28 天"),
        ((1, "x", "2029/2/3", "y"), "留言时间", "在将来"),
        ((1, "x", "2019/4/25", "y", "好"), "答复时间", "没有答复时间"),
        ((1, "x", "2019/4/25", "y", None, "2019/4/26"), "答复意见", "没有答复"),
        ((1, "x", "2019/4/25", "y", "好", "2019/4/24"), "答复时间", "早于"),
        ((1, "x", "2019/4/25", "y", "好", "乱写"), "答复时间", "请写成"),
        ((1, "x", "2019/4/25", "y", None, None, "已办结"), "状态", "没有结案时间"),
        ((1, "x", "2019/4/25", "y", None, None, "搁置"), "状态", "不认识状态"),
    ],
)
def test_a_bad_row_is_refused_with_column_and_reason(
    tmp_path: Path, row: tuple[Any, ...], column: str, message: str
) -> None:
    cell_fault = read_fault(tmp_path, REPLIED, row)

    assert (cell_fault.column, message in cell_fault.reason) == (column, True)


@pytest.mark.parametrize(
    ("votes", "count"), [("128.0", 128), ("1,024", 1024), ("1.2万", 12_000), ("１２", 12), (3.0, 3), ("", 0)]
)
def test_a_count_is_read_as_people_write_it(tmp_path: Path, votes: Any, count: int) -> None:
    header = ("编号", "标题", "留言时间", "点赞数")
    (message,) = read_messages(tmp_path, [header, (1, "x", "2019/4/25", votes)])

    assert message.votes_for == count


@pytest.mark.parametrize("votes", [-1, "很多", "12,5", "1.5", True])
def test_a_bad_count_is_refused(tmp_path: Path, votes: Any) -> None:
    header = ("编号", "标题", "留言时间", "点赞数")

    assert read_fault(tmp_path, header, (1, "x", "2019/4/25", votes)).column == "点赞数"


def test_values_of_a_mapping_are_compared_folded(tmp_path: Path) -> None:
    row = ("k-1", "04/05/2024", None, "04/07/2024", "Ｄｏｎｅ\u200b", None, None, "Noise", "x", "", "")
    (message,) = read_messages(tmp_path, [ELSEWHERE, row], MAPPING)

    assert message.ended_at is not None


MAPPING = """
source = "elsewhere"
[columns]
number = "key"
reported_at = ["opened", "logged"]
closed_at = "closed"
status = "state"
lon = "x"
lat = "y"
[texts]
subject = "{kind}: {what}"
place = "{street}, {city}"
[constants]
channel = "OTHER"
[values.status]
Done = "CLOSED"
"*" = "OPEN"
[dates]
format = "%m/%d/%Y"
time_zone = "America/New_York"
"""
ELSEWHERE = ("key", "opened", "logged", "closed", "state", "x", "y", "kind", "what", "street", "city")


def test_a_mapping_file_defines_every_field(tmp_path: Path) -> None:
    row = ("k-1", None, "04/05/2024", "04/07/2024", "Done", 114.1, 22.6, "Noise", "", "Main St", "Queens")
    (message,) = read_messages(tmp_path, [ELSEWHERE, row], MAPPING)

    assert message.subject == "Noise"
    assert message.place == "Main St, Queens"
    assert message.channel == "OTHER"
    assert message.reported_at == datetime(2024, 4, 5, 4, 0, tzinfo=UTC)
    assert message.ended_at == datetime(2024, 4, 7, 4, 0, tzinfo=UTC)
    assert (message.lon, message.lat) == (114.1, 22.6)


def test_a_star_maps_all_other_values(tmp_path: Path) -> None:
    row = ("k-1", "04/05/2024", None, "04/07/2024", "Weird", None, None, "Noise", "x", "", "")
    (message,) = read_messages(tmp_path, [ELSEWHERE, row], MAPPING)

    assert message.ended_at is None


def test_a_missing_column_is_reported_with_line_and_similar_name(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_messages(
            tmp_path, [ELSEWHERE, ("k",)], MAPPING.replace('"logged"', '"loged"').replace("{city}", "{town}")
        )

    assert "第 5 行：文件里没有“loged”这一列。是不是 logged" in str(caught.value)
    assert "第 12 行：文件里没有“town”这一列。" in str(caught.value)
