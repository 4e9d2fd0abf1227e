"""Numbers with unit, magnitude, precision and approximation, and what only looks like a number."""

import time
from decimal import Decimal

import pytest

from jiedao.reports.checker.layout import Layout
from jiedao.reports.checker.numerals import read_numeral
from jiedao.reports.checker.quantities import Approximation, Quantity, find_quantities


def read(text: str) -> list[Quantity]:
    return find_quantities(Layout(text))


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("32.28万平方米", 322800, "平方米"),
        ("１２，５００件", 12500, "件"),
        ("3.2亿元", 320000000, "元"),
        ("三千二百名", 3200, "人"),
        ("一万二千户", 12000, "户"),
        ("十九项", 19, "项"),
        ("12宗", 12, "件"),
        ("45.1%", Decimal("45.1"), "%"),
        ("3.5个百分点", Decimal("3.5"), "个百分点"),
    ],
)
def test_a_quantity_has_value_and_unit(text: str, value: Decimal | int, unit: str) -> None:
    (quantity,) = read(text)

    assert (quantity.value, quantity.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    ("text", "approximation"),
    [
        ("近3000名", Approximation.BELOW),
        ("超5亿元", Approximation.ABOVE),
        ("300余家", Approximation.ABOVE),
        ("约120万人次", Approximation.ABOUT),
        ("不少于20场", Approximation.AT_LEAST),
        ("48户", Approximation.EXACT),
    ],
)
def test_words_around_a_number_limit_it(text: str, approximation: Approximation) -> None:
    (quantity,) = read(text)

    assert quantity.approximation is approximation


@pytest.mark.parametrize("text", ["3至5个", "2-3户", "3—5人"])
def test_a_range_is_not_exact(text: str) -> None:
    assert [quantity.approximation for quantity in read(text)][-1] is Approximation.RANGE


@pytest.mark.parametrize(
    "text",
    [
        "2023年6月30日",
        "第12条",
        "“十个一律”",
        "12345热线",
        "8:30",
        "A4纸",
        "《2035年规划》",
        "1-5月",
        "一个",
        "三五个",
    ],
)
def test_dates_names_and_ordinals_are_no_quantities(text: str) -> None:
    assert read(text) == []


def test_a_number_is_written_in_the_magnitude_of_another() -> None:
    (quantity,) = read("32.28万平方米")

    assert quantity.format(Decimal(354200)) == "35.42"
    assert quantity.words == "32.28万平方米"


@pytest.mark.parametrize(
    ("numeral", "value"), [("两", 2), ("十", 10), ("一百二十", 120), ("三万零五", 30005)]
)
def test_numerals_are_read(numeral: str, value: int) -> None:
    assert read_numeral(numeral) == value


@pytest.mark.parametrize(
    "text",
    [
        "1" * 100_000 + "件",
        "A" + "1" * 40_000 + "件",
        "1" + ",111" * 20_000 + "件",
        "a" + "\n" * 40_000 + "b",
        "甲12月12件、" * 8_000,
    ],
    ids=["digits", "name", "groups", "lines", "many"],
)
def test_the_time_grows_with_the_length_of_a_text_and_no_faster(text: str) -> None:
    began = time.process_time()

    read(text)

    assert time.process_time() - began < 4


def test_a_number_longer_than_any_amount_is_none() -> None:
    assert read("编号" + "1" * 21 + "件") == []
