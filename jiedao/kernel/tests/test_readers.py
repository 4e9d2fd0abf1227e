"""Reading single values: what has a writer is read back, and what could be two values is refused."""

import contextlib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiedao.kernel.readers.dates import read_day, read_wall_time
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.numbers import SCALES, read_number, read_whole_number
from jiedao.kernel.readers.points import read_degrees, read_point

NUMBER = st.decimals(-(10**9), 10**9, places=3, allow_nan=False)


@given(NUMBER, st.sampled_from(["{:f}", "{:,f}", "{:+f}", " {:f} 米", "{:f}米"]))
def test_a_number_is_read_back(number: Decimal, form: str) -> None:
    assert read_number(form.format(number), "米") == number


@given(st.integers(0, 10**6), st.sampled_from(list(SCALES)))
def test_a_number_with_a_scale_is_read_back(number: int, scale: str) -> None:
    assert read_number(f"{number}{scale}") == number * SCALES[scale]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_of_a_cell_is_itself(number: float) -> None:
    assert float(read_number(number)) == number


@given(st.text("0123456789.,% +-万亿米", max_size=12))
def test_a_text_is_a_number_or_refused(text: str) -> None:
    with contextlib.suppress(ValueFault):
        assert read_number(text, "米").is_finite()


@pytest.mark.parametrize(
    "text", ["12,5", "3,4", "1,0000", "1,024,5", "0,512", ",5", "1,,024", "1,024 000", "12 5"]
)
def test_a_comma_without_three_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueFault):
        read_number(text)


@pytest.mark.parametrize("cell", [2.5, "2.5", True, None, "", date(2020, 1, 1)])
def test_a_fraction_is_no_whole_number(cell: Any) -> None:
    with pytest.raises(ValueFault):
        read_whole_number(cell)


@given(
    st.floats(0, 179.999),
    st.sampled_from(["{:.6f}", "{:.6f}°", "{:.6f}°E", "E{:.6f}", "东经{:.6f}度", "+{:.6f}"]),
)
def test_degrees_are_read_back(degrees: float, form: str) -> None:
    assert read_degrees(form.format(degrees), "lon") == pytest.approx(degrees, abs=1e-6)


@given(
    st.integers(0, 89),
    st.integers(0, 59),
    st.integers(0, 599),
    st.sampled_from(["{}°{}′{}″N", "{}度{}分{}秒"]),
)
def test_degrees_with_minutes_are_read_back(degrees: int, minutes: int, tenths: int, form: str) -> None:
    expected = degrees + minutes / 60 + tenths / 36_000

    assert read_degrees(form.format(degrees, minutes, tenths / 10), "lat") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "axis", "words"),
    [
        ("114,1372", "lon", "十进制的度"),
        ("nan", "lon", "十进制的度"),
        ("181", "lon", "十进制的度"),
        ("114.1", "lat", "填反了"),
        ("22.6N", "lon", "填反了"),
        ("-22.6S", "lat", "十进制的度"),
        ("22°61'", "lat", "十进制的度"),
    ],
)
def test_what_are_no_degrees_is_refused(text: str, axis: Any, words: str) -> None:
    with pytest.raises(ValueFault, match=words):
        read_degrees(text, axis)


def test_an_empty_point_is_none() -> None:
    assert read_point(None, " ") is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2020-3-5 上午12:30", "2020-03-05 00:30"),
        ("2020-3-5 上午9:05", "2020-03-05 09:05"),
        ("2020-3-5 中午12点", "2020-03-05 12:00"),
        ("2020-3-5 中午1点半", "2020-03-05 13:30"),
        ("2020年3月5日下午3点", "2020-03-05 15:00"),
        ("2020年3月5日下午12:30", "2020-03-05 12:30"),
        ("2020/3/5下午15:00", "2020-03-05 15:00"),
        ("2020-3-5 傍晚6点", "2020-03-05 18:00"),
        ("2020-3-5 晚上8点", "2020-03-05 20:00"),
        ("2020-3-5 晚上12点", "2020-03-06 00:00"),
        ("2020-2-29 晚上12:30", "2020-03-01 00:30"),
        ("2020-3-5 凌晨12:30", "2020-03-05 00:30"),
        ("2020-3-5 凌晨2点", "2020-03-05 02:00"),
        ("2020年3月5号 12:30 AM", "2020-03-05 00:30"),
    ],
)
def test_words_for_a_half_of_the_day_are_read(text: str, at: str) -> None:
    assert f"{read_wall_time(text).at:%Y-%m-%d %H:%M}" == at
    assert read_day(text) == date(2020, 3, 5) or text.startswith("2020-2-29")


@pytest.mark.parametrize(
    "clock", ["晚上1点", "晚上0:30", "晚上15:00", "上午13:00", "中午8点", "早上12点", "凌晨13点"]
)
def test_a_contradiction_of_word_and_hour_is_refused(clock: str) -> None:
    with pytest.raises(ValueFault, match="24 小时制"):
        read_wall_time(f"2020-03-05 {clock}")


@given(
    st.dates(date(1000, 1, 1)),
    st.sampled_from(
        [
            "{0}-{1}-{2}",
            "{0}/{1:02}/{2:02}",
            "{0}.{1}.{2}",
            "{0}年{1}月{2}日",
            "{0}{1:02}{2:02}",
            "{0}/{1}-{2}",
        ]
    ),
)
def test_a_day_in_any_common_form_is_read_back(day: date, form: str) -> None:
    assert read_day(form.format(day.year, day.month, day.day), serials=False) == day


@given(st.dates(date(1960, 1, 1), date(2118, 1, 1)))
def test_a_serial_number_is_the_day_that_a_spreadsheet_shows(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days

    assert read_day(serial) == read_day(str(serial)) == day
    assert read_day(serial - 1462, serial_shift=1462) == day
    with pytest.raises(ValueFault):
        read_day(str(serial), serials=False)
