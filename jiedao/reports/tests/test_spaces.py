"""The room that texts of blanks leave for a period or a day."""

from datetime import date

import pytest

from jiedao.kernel.periods import parse_period
from jiedao.reports.forms.spaces import Days, fill_room, find_room

AS_OF = date(2020, 6, 30)


@pytest.mark.parametrize(
    ("text", "period", "filled"),
    [
        ("统计表（2020年  月）", "2020-05", "统计表（2020年5月）"),
        ("统计表（20   年   月）", "2020-05", "统计表（2020年5月）"),
        ("统计表（2019年 月）", "2020-05", "统计表（2020年5月）"),
        ("统计表（2020年月）", "2020-05", "统计表（2020年5月）"),
        ("____年__月份情况", "2020-05", "2020年5月份情况"),
        ("统计表（    月份）", "2020-05", "统计表（5月份）"),
        ("统计表（2020年  月）", "2020Q2", "统计表（2020年4-6月）"),
        ("2020年第  季度汇总表", "2020Q2", "2020年第二季度汇总表"),
        ("    年度计划", "2020", "2020年度计划"),
        ("2020年  半年情况", "2020H1", "2020年上半年情况"),
        ("截至　　年　　月　　日", "2020-06", "截至2020年6月30日"),
        ("（  年  月  日至  年  月  日）", "2020-06", "（2020年6月1日至2020年6月30日）"),
    ],
)
def test_a_period_is_written_into_the_room_that_a_text_leaves(text: str, period: str, filled: str) -> None:
    days = parse_period(period)
    assert find_room(text)
    assert fill_room(text, Days(days.first, days.last), AS_OF) == filled


@pytest.mark.parametrize(
    "text",
    [
        "上年同期",
        "2020年5月",
        "2020年 5 月",
        "2020年度计划",
        "每年月均",
        "本月 处置",
        "各社区 年度情况",
        "月报",
    ],
)
def test_a_text_without_room_is_left_alone(text: str) -> None:
    days = parse_period("2020-06")
    assert not find_room(text)
    assert fill_room(text, Days(days.first, days.last), AS_OF) == text
