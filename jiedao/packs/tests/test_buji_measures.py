"""The measures of the pack: each is declared once, and what the leaders' page compares with yesterday counts by day."""

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

PACK = Path(__file__).parents[3] / "packs" / "buji" / "measures.toml"


def read_pack() -> dict[str, Any]:
    """Return the tables of the file of measures."""
    return tomllib.loads(PACK.read_text(encoding="utf-8"))


def test_no_two_measures_count_the_same_cases() -> None:
    specs = [
        json.dumps(row["spec"], sort_keys=True)
        for row in read_pack()["measure"]
        if row["kind"] == "amount" and isinstance(row["spec"], dict) and row["spec"]["source"] == "cases"
    ]
    assert [spec for spec, count in Counter(specs).items() if count > 1] == []


def test_the_tile_of_closings_counts_them_by_the_day_of_closing() -> None:
    pack = read_pack()
    measures = {row["key"]: row for row in pack["measure"]}
    counted = [measures[tile["measure"]].get("spec", {}).get("measure") for tile in pack["tile"]]
    assert "closed_in" in counted
    assert "closed" not in counted
