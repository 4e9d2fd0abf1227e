"""Reading values as people and sheets write them, and formatting them."""

from datetime import date, datetime
from typing import Any

import pytest

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
        (DAY, "2020年6月3日", "2020-06-03"),
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
        (AREA, "32.28万", "请写成 322800。"),
        (AREA, "3.45亿", "请写成 345000000。"),
        (AREA, "很大", "不是数"),
        (AREA, -1, "小于 0"),
        (AREA, True, "不是数"),
        (AREA, float("nan"), "不是合理的数"),
        (MONEY, 0.001, "最多到分"),
        (STOREYS, 2.5, "应是整数"),
        (STOREYS, 61, "大于 60"),
        (USE, "旧", "不在可选项中：居住"),
        (DAY, "2020-02-30", "不是日期"),
        (DAY, "去年", "不是日期"),
        (YES, "也许", "既不是"),
        (TEXT, "字" * 2001, "文字过长"),
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
        (USE, "OLD", "旧"),
        (YES, False, "否"),
        (TEXT, None, ""),
        (Field("owner", "业主", personal=True), "gAAAA", "＊＊＊"),
    ],
)
def test_value_is_formatted_for_the_reader(field: Field, value: Any, words: str) -> None:
    assert format_value(field, value) == words
