import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiedao.kernel.folding import fold_key, fold_width


@given(st.text())
def test_folding_is_nfkc(text: str) -> None:
    assert fold_width(text) == unicodedata.normalize("NFKC", text)


@given(st.text(st.sampled_from("，。！？（）：；　ａＢ１ｶﾞﾟ①㎡한e\u0301街道办事处")))
def test_folding_is_nfkc_among_compatibility_forms(text: str) -> None:
    assert fold_width(text) == unicodedata.normalize("NFKC", text)


@given(st.text(st.sampled_from("'\"=＝A１ 　（-—\u200b\ufeff\u00ad\u00a8e\u0301①\t街")))
def test_a_folded_key_is_folded(text: str) -> None:
    assert fold_key(fold_key(text)) == fold_key(text)


@pytest.mark.parametrize(
    "text",
    [
        '="GD-00912"',
        "ＧＤ－００９１２",
        "GD\u200b-00912",
        "'GD-00912",
        "’GD-00912",
        "GD – 00912",
        "\ufeff GD-00912\t",
    ],
)
def test_the_spellings_of_a_key_are_folded_to_one(text: str) -> None:
    assert fold_key(text) == "GD-00912"


def test_other_keys_remain_other_keys() -> None:
    assert (
        len({fold_key(text) for text in ("GD-912", "gd-912", "GD912", "GD-0912", "GD-912A", "GD.912")}) == 6
    )
