"""Reading values as people and sheets write them, and formatting them."""

from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiedao.kernel.tables.rows import Percent
from jiedao.registers.definition import Choice, Field, FieldKind
from jiedao.registers.values import ValueFault, format_value, read_value

AREA = Field("area", "面积", FieldKind.NUMBER, unit="平方米", least=0)
MONEY = Field("paid", "金额", FieldKind.MONEY)
STOREYS = Field("storeys", "层数", FieldKind.NUMBER, unit="层", whole=True, least=1, most=60)
USE = Field(
    "use",
    "用途",
    FieldKind.CHOICE,
    choices=(Choice("HOME", "居住", "Dwelling"), Choice("OLD", "旧", retired=True)),
)
OWN = Field("own", "自住", FieldKind.CHOICE, choices=(Choice("OWN", "自住（一户）", "Single household"),))
FUND = Field("fund", "资金", FieldKind.NUMBER, unit="万元")
RATE = Field("rate", "出租率", FieldKind.NUMBER, unit="%")
SHARE = Field("share", "占比", FieldKind.NUMBER)
DAY = Field("day", "日期", FieldKind.DATE)
YES = Field("yes", "是否", FieldKind.BOOL)
TEXT = Field("text", "说明")


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        (AREA, "1,234.5 平方米", 1234.5),
        (AREA, 12.0, 12),
        (AREA, "１２", 12),
        (AREA, "  ", None),
        (MONEY, "188.85", 188.85),
        (STOREYS, "7层", 7),
        (STOREYS, 7.0, 7),
        (USE, "居住", "HOME"),
        (USE, "Dwelling", "HOME"),
        (USE, "HOME", "HOME"),
        (AREA, "32.28万", 322800),
        (AREA, "3.45亿平方米", 345_000_000),
        (AREA, "1 024.5", 1024.5),
        (AREA, "128.0", 128),
        (RATE, Percent(0.85), 85),
        (RATE, Percent(0.29), 29),
        (RATE, "85％", 85),
        (RATE, 85, 85),
        (SHARE, "85%", 0.85),
        (SHARE, Percent(0.85), 0.85),
        (TEXT, Percent(0.855), "85.5%"),
        (MONEY, "￥1,024.50元", 1024.5),
        (MONEY, "1.2万元", 12_000),
        (FUND, "1.2万元", 1.2),
        (USE, " 居\u200b住", "HOME"),
        (OWN, "自住(一户)", "OWN"),
        (OWN, "自住（一户）", "OWN"),
        (OWN, "Single  household", "OWN"),
        (DAY, "2020年6月3日", "2020-06-03"),
        (DAY, "2020年6月3日 晚上12点", "2020-06-03"),
        (DAY, "2020-06-03 24:00", "2020-06-03"),
        (DAY, "2020/6/3 14:30", "2020-06-03"),
        (DAY, "２０２０－０６－０３", "2020-06-03"),
        (DAY, "20200603", "2020-06-03"),
        (DAY, 20200603, "2020-06-03"),
        (DAY, 43985, "2020-06-03"),
        (DAY, 43985.6, "2020-06-03"),
        (DAY, "3 Jun 2020", "2020-06-03"),
        (DAY, "2020-06-02T20:00:00Z", "2020-06-03"),
        (DAY, "2020.6.3", "2020-06-03"),
        (DAY, "2020-06-30", "2020-06-30"),
        (DAY, date(2020, 6, 30), "2020-06-30"),
        (DAY, datetime(2020, 6, 30, 0, 0), "2020-06-30"),  # noqa: DTZ001 (a sheet's)
        (YES, "有", True),
        (YES, 0.0, False),
        (YES, True, True),
        (TEXT, 101.0, "101"),
        (TEXT, " 甲 ", "甲"),
    ],
)
def test_value_is_read(field: Field, raw: Any, value: Any) -> None:
    assert read_value(field, raw) == value


@pytest.mark.parametrize(
    ("field", "raw", "words"),
    [
        (AREA, "12,5", "千位分隔"),
        (AREA, "1,0000", "千位分隔"),
        (AREA, "12 5", "千位分隔"),
        (AREA, "85%", "是百分数"),
        (AREA, Percent(0.85), "是百分数"),
        (AREA, date(2020, 3, 5), "不是数"),
        (FUND, "1.2万", "以“万元”为单位"),
        (AREA, "很大", "不是数"),
        (AREA, -1, "小于 0"),
        (AREA, True, "不是数"),
        (AREA, float("nan"), "不是数"),
        (AREA, 1e300, "不是合理的数"),
        (MONEY, 0.001, "最多到分"),
        (STOREYS, 2.5, "应是整数"),
        (STOREYS, 61, "大于 60"),
        (USE, "旧", "不在可选项中：居住"),
        (DAY, "2020-02-30", "日期不存在"),
        (DAY, "去年", "不是能识别的日期"),
        (DAY, 2020, "不是能识别的日期"),
        (DAY, "04/05/2020", "分不清月和日"),
        (DAY, "1820-06-03", "不是合理的日期"),
        (YES, "也许", "既不是"),
        (TEXT, "字" * 2001, "文字过长"),
        (TEXT, datetime(2026, 3, 5), "变成了日期或时间（2026-03-05）"),  # noqa: DTZ001 (a sheet's)
        (TEXT, time(3, 5), "变成了日期或时间（03:05:00）"),
        (USE, date(2026, 3, 5), "变成了日期"),
    ],
)
def test_unreadable_value_is_refused_with_a_hint(field: Field, raw: Any, words: str) -> None:
    with pytest.raises(ValueFault, match=words):
        read_value(field, raw)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (AREA, 1234.5, "1,234.5 平方米"),
        (MONEY, 188.8, "188.8 元"),
        (Field("year", "年份", FieldKind.NUMBER, whole=True, summed=False), 2003, "2003"),
        (Field("people", "人数", FieldKind.NUMBER, whole=True), 2003, "2,003"),
        (USE, "OLD", "旧"),
        (YES, False, "否"),
        (TEXT, None, ""),
        (Field("owner", "业主", personal=True), "gAAAA", "＊＊＊"),
    ],
)
def test_value_is_formatted_for_the_reader(field: Field, value: Any, words: str) -> None:
    assert format_value(field, value) == words


@given(st.integers(-(10**13), 10**13))
def test_a_number_as_it_is_displayed_is_read_back(hundredths: int) -> None:
    value = hundredths / 100
    for field in (Field("n", "数", FieldKind.NUMBER, unit="平方米"), MONEY):
        assert read_value(field, format_value(field, value)) == pytest.approx(value, abs=1e-6)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_a_day_as_it_is_stored_is_read_back(day: date) -> None:
    assert read_value(DAY, read_value(DAY, day)) == read_value(DAY, f"{day.year}年{day.month}月{day.day}日")
