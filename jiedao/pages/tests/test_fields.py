"""Form fields read what a person types as files do."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError

from jiedao.kernel.readers.numbers import YUAN
from jiedao.pages.fields import AmountField, DayField, DegreesField
from jiedao.pages.reading import read_day, read_optional_day

AMOUNT = AmountField(unit=YUAN, max_digits=14, decimal_places=2)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (AMOUNT, "1,024.50", Decimal("1024.50")),
        (AMOUNT, "1.2万", Decimal(12_000)),
        (AMOUNT, "１２８元", Decimal(128)),
        (AMOUNT, Decimal("3.5"), Decimal("3.5")),
        (DayField(), "2026-03-05", date(2026, 3, 5)),
        (DayField(), "2026年3月5日", date(2026, 3, 5)),
        (DayField(), "20260305", date(2026, 3, 5)),
        (DegreesField(axis="lon"), "114.1372°", 114.1372),
        (DegreesField(axis="lat", required=False), " ", None),
    ],
)
def test_a_value_is_read(field: forms.Field, text: Any, value: Any) -> None:
    assert field.clean(text) == value


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        (AMOUNT, "12,5", "千位分隔"),
        (AMOUNT, "85%", "百分数"),
        (AMOUNT, "0.001", ""),  # Django's own words for too many decimals
        (DayField(), "2026-02-30", "28 天"),
        (DayField(), "46000", "不是能识别的日期"),
        (DegreesField(axis="lat"), "114.1", "填反了"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_with_the_reason(
    field: forms.Field, text: str, words: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        field.clean(text)
    assert words in refusal.value.messages[0]


def test_a_day_of_an_address_is_read_in_any_form_and_a_number_is_no_day() -> None:
    assert read_day("2026/3/5") == read_optional_day("2026.3.5", "on") == date(2026, 3, 5)
    assert [read_day(text) for text in ("0", "46000", "2026", "03/04/2026", None)] == [None] * 5
