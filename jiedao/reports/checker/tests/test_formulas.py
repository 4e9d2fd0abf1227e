"""Columns of tables that follow from others, whether a line holds a row or a cell."""

import pytest

from jiedao.reports.checker import Kind, check_text
from jiedao.reports.checker.tests.parts import list_kinds, list_reasons

ARROWS = (
    "类型 | 8月(件) | 7月(件) | 环比(%) | 去年8月(件) | 同比(%) |\n"
    "市容 | 460 | 500 | ↓8.00% | 400 | ↑15.00% |\n"
    "绿化 | 345 | 300 | ↑15.00% | 375 | ↓8.00% |\n"
    "道路 | 128 | 160 | ↓20.00% | 125 | ↑2.40% |\n"
)
RATES = (
    "城区 | 应结案数 | 结案数 | 结案率 | 按期结案数 | 按期结案率 |\n"
    "东区 | 800 | 776 | 97.00% | 752 | 94.00% |\n"
    "西区 | 640 | 608 | 95.00% | 592 | 92.50% |\n"
    "南区 | 560 | 546 | 97.50% | 525 | 93.75% |\n"
)
TOTALS = (
    "项目 | 自然人 | 企业 | 其他 | 总计 |\n"
    "新收 | 42 | 6 | 1 | 49 |\n"
    "结转 | 3 | 1 | 0 | 4 |\n"
    "公开 | 21 | 4 | 1 | 26 |\n"
    "不予公开 | 12 | 2 | 0 | 14 |\n"
)
CHANGES = (
    "单位 | 7月 | 6月 | 增减 |\n甲镇 | 120 | 135 | -15 |\n乙镇 | 98 | 90 | 8 |\n"
    "丙镇 | 76 | 81 | -5 |\n丁镇 | 55 | 51 | 4 |\n"
)
ITEMS = (
    "类型 |\n今年 |\n去年 |\n同比 |\n投诉 |\n230 |\n200 |\n↑15.00% |\n"
    "举报 |\n90 |\n120 |\n↓25.00% |\n咨询 |\n462 |\n420 |\n↑10.00% |\n"
)


@pytest.mark.parametrize("text", [ARROWS, RATES, TOTALS, CHANGES, ITEMS])
def test_right_tables_raise_no_alarm(text: str) -> None:
    result = check_text(text)

    assert not result.alarms
    assert len(result.claims) > 2


@pytest.mark.parametrize(
    ("text", "right", "wrong", "kind"),
    [
        (ARROWS, "↓20.00%", "↓20.20%", Kind.GROWTH),
        (ARROWS, "↑2.40%", "↓2.40%", Kind.GROWTH),
        (RATES, "92.50%", "95.20%", Kind.RATIO),
        (TOTALS, "| 26 |", "| 27 |", Kind.SUM),
        (CHANGES, "| 8 |", "| 9 |", Kind.GROWTH),
        (ITEMS, "↓25.00%", "↓25.50%", Kind.GROWTH),
    ],
)
def test_a_row_that_breaks_the_formula_of_its_column(text: str, right: str, wrong: str, kind: Kind) -> None:
    assert kind in list_kinds(text.replace(right, wrong, 1))


def test_the_reason_states_how_many_rows_fit() -> None:
    reasons = list_reasons(RATES.replace("92.50%", "95.20%"))

    assert any("592 ÷ 640 = 92.5%" in reason and "其余 2 行" in reason for reason in reasons)


def test_columns_without_a_formula_are_not_mentioned() -> None:
    text = "指标 | 本月 | 增长(%) |\n零售额 | 147.5 | 0.3 |\n餐饮 | 36.4 | -2.8 |\n批发 | 32.9 | 9.7 |\n"

    assert not check_text(text).findings


def test_differences_of_shares_have_one_alarm_a_row() -> None:
    text = (
        "类别 | 今年比重(%) | 去年比重(%) | 比重变化 |\n家电 | 10.69 | 8.14 | ↑2.55 |\n服装 | 9.94 | 9.89 | ↑0.05 |\n"
        "食品 | 8.60 | 6.86 | ↑1.74 |\n家具 | 5.33 | 5.98 | ↓0.56 |\n"
    )

    assert [claim.numbers[-1] for claim in check_text(text).alarms] == ["0.56"]
