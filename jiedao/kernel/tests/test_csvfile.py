"""A cell of a CSV file is never a formula, in whatever place a text stands and whatever sign begins it."""

import csv
from pathlib import Path

import pytest

from jiedao.kernel.csvfile import write_csv


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_that_begins_like_a_formula_stays_a_text(tmp_path: Path, sign: str) -> None:
    text = f"{sign}cmd|' /C calc'!A0"
    write_csv(tmp_path / "x.csv", headers=[text, "数"], rows=[[text, -5]], count=1)
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [[f"'{text}", "数"], [f"'{text}", "-5"]]
