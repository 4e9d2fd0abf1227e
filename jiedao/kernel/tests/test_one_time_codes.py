"""One-time codes that prove an address."""

from datetime import UTC, datetime, timedelta

import pytest

from jiedao.kernel.one_time_codes import derive_digits, draw_digits, is_current, is_match

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def test_a_code_has_six_digits() -> None:
    assert derive_digits(bytes(7) + b"\x2a") == "000042"
    assert len(draw_digits()) == 6


@pytest.mark.parametrize("typed", ["000042", " 000 042 ", "０００-０４２", "验证码：000042。"])
def test_only_the_digits_of_a_typed_code_count(typed: str) -> None:
    assert is_match("000042", typed)


@pytest.mark.parametrize("typed", ["", "42", "000043", "0000420"])
def test_another_code_does_not_match(typed: str) -> None:
    assert not is_match("000042", typed)


@pytest.mark.parametrize(
    ("sent_at", "expected"),
    [
        (NOW - timedelta(minutes=15), True),
        (NOW - timedelta(minutes=16), False),
        (NOW + timedelta(minutes=16), False),
        (None, False),
    ],
)
def test_a_code_is_valid_for_a_quarter_of_an_hour(sent_at: datetime | None, expected: bool) -> None:
    assert is_current(sent_at, NOW) is expected
