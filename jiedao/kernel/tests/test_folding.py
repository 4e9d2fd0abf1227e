import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from jiedao.kernel.folding import fold_width


@given(st.text())
def test_folding_is_nfkc(text: str) -> None:
    assert fold_width(text) == unicodedata.normalize("NFKC", text)


@given(st.text(st.sampled_from("，。！？（）：；　ａＢ１ｶﾞﾟ①㎡한e\u0301街道办事处")))
def test_folding_is_nfkc_among_compatibility_forms(text: str) -> None:
    assert fold_width(text) == unicodedata.normalize("NFKC", text)
