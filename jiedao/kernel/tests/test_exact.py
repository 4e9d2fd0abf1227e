"""Exact numbers of definitions: what is read, and what is refused before it fills the memory."""

from decimal import Decimal
from typing import Any

import pytest

from jiedao.kernel.readers.exact import read_exact
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.numbers import read_number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (7, "7"), (0.5, "0.5"), (1e-7, "0.0000001"), ("0.25", "0.25"), (" -3 ", "-3"), (".5", "0.5"),
        (999_999_999_999_999, "999999999999999"), (Decimal("1.5000000000000"), "1.5"), (0.0, "0"),
    ],
)  # fmt: skip
def test_a_plain_number_is_exact(value: Any, number: str) -> None:
    assert read_exact(value) == Decimal(number)


@pytest.mark.parametrize(
    "value",
    [
        "1e999999999", "1e2", "NaN", "Infinity", "", "1_000", "１", "1" * 16, "0." + "1" * 11, 10**15, 10**4000, 1e300,
        1e-11, float("nan"), float("inf"), Decimal("NaN"), Decimal("1e999999999"), Decimal("1e-999999"), True, None, [],
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_what_is_no_number_or_too_long_is_refused(value: Any) -> None:
    assert read_exact(value) is None


@pytest.mark.parametrize(
    "text",
    ["1" * 201, "1" + " " * 100_000 + "x", "1e999999999", "NaN", "Infinity"],
    ids=lambda text: text[:12],
)
def test_a_typed_number_beyond_all_measure_is_refused(text: str) -> None:
    with pytest.raises(ValueFault):
        read_number(text)
