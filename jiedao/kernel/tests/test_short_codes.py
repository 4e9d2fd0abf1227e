"""Short codes: how they are derived, written and read."""

import pytest

from jiedao.kernel.short_codes import ALPHABET, derive_code, draw_code, format_code, read_code


def test_a_digest_has_always_the_same_code() -> None:
    assert derive_code(bytes(range(16)), 8) == "PT7T4RX8"
    assert derive_code(bytes(range(32)), 12) == "C4TQUPKMKBDJ"


def test_a_new_code_has_no_letters_that_look_alike() -> None:
    letters = draw_code(2000)
    assert len(letters) == 2000
    assert set(letters) <= set(ALPHABET)
    assert not set("01ILO") & set(ALPHABET)


@pytest.mark.parametrize(
    "typed",
    [
        "7KQ2-M9PX-3FHD",
        "7kq2m9px3fhd",
        " 7kq2 m9px  3fhd ",
        "７ＫＱ２－Ｍ９ＰＸ－３ＦＨＤ",
        "7KQ2—M9PX.3FHD。",
        "“7KQ2-M9PX-3FHD”",
    ],
)
def test_a_code_is_read_however_it_was_typed(typed: str) -> None:
    assert format_code(read_code(typed)) == "7KQ2-M9PX-3FHD"


def test_a_text_that_is_too_long_is_no_code() -> None:
    assert read_code("7KQ2" * 11) == ""
