"""Chinese numerals that number a building, floor or house are the same number as digits."""

import pytest

from jiedao.kernel.numerals import read_numeral, starts_inside_number, write_numbers, write_numerals


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("七", 7),
        ("十", 10),
        ("十六", 16),
        ("四十", 40),
        ("二十八", 28),
        ("一百零九", 109),
        ("六百三十", 630),
        ("三〇二", 302),
        ("一一", 11),
        ("十百", None),
        ("三十二十", None),
    ],
)
def test_numerals_have_their_value(numeral: str, value: int | None) -> None:
    assert read_numeral(numeral) == value


def test_only_numerals_that_number_something_become_digits() -> None:
    assert write_numbers("桂花苑七栋二单元十六楼三〇二室") == "桂花苑7栋2单元16楼302室"
    assert write_numbers("桂花苑第二期") == "桂花苑第2期"
    for name in ("四季花园", "五和大道", "三联社区", "几十栋楼", "百号"):
        assert write_numbers(name) == name


def test_a_number_is_not_cut() -> None:
    assert starts_inside_number("二十四号路", 2)
    assert not starts_inside_number("二十四号路", 0)
    assert not starts_inside_number("在四号路", 1)


def test_small_numbers_are_written_as_numerals() -> None:
    assert write_numerals("桂花苑7栋10号21楼30层，101室，b7栋") == "桂花苑七栋十号二十一楼三十层，101室，b7栋"
