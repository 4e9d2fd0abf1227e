"""Stored formulas that compare a value are printed in words."""

import pytest

from jiedao.desk.evaluation.formula_words import write_in_words


@pytest.mark.parametrize(
    ("formula", "points", "words"),
    [
        ("66.7 ∈ (−∞, 80)", "0", "66.7% 不足 80%，得 0 分"),
        ("92 ∈ [90, +∞)", "20", "92% 达到 90%，得 20 分"),
        ("75 ∈ [75, 90)", "15", "75% 达到 75%、不足 90%，得 15 分"),
        ("90 ∈ (75, 90]", "15", "90% 超过 75%、不超过 90%，得 15 分"),
        ("100 ≥ 95: 35", "35", "100% 达到 95%，得 35 分"),
        ("8 < 9: 30 − 3", "27", "8% 不足 9%，30 − 3 = 27 分"),
        ("60 × 75%", "45", ""),
        ("92 ∈ [90, +∞) = 20 → 15", "15", ""),
    ],
)
def test_a_comparison_is_written_in_words(formula: str, points: str, words: str) -> None:
    assert write_in_words(formula, points, "%") == words
