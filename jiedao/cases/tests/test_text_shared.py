"""What the text functions reach on real messages; skipped where the shared data is absent."""

import csv
import os
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from jiedao.cases.text.evaluation import evaluate
from jiedao.cases.text.heat import Message, find_hot_matters
from jiedao.cases.text.near import group_near_duplicates
from jiedao.cases.text.training import train

SHARED = Path(os.environ.get("JIEDAO_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "messages"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no shared data at {SHARED}")


def test_model_trained_on_a_quarter_suggests_well_on_another_quarter() -> None:
    with (SHARED / "labelled.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [(row["subject"], row["detail"]) for row in rows]
    labels = [row["label"] for row in rows]
    groups = group_near_duplicates([" ".join(text) for text in texts])
    learn = [i for i, group in enumerate(groups) if group % 4 == 1]
    test = [i for i, group in enumerate(groups) if group % 4 == 0]
    model = train([texts[i] for i in learn], [labels[i] for i in learn])
    result = evaluate(model, [texts[i] for i in test], [labels[i] for i in test])
    assert result["macro_f1"] > 0.875


def test_hot_matters_of_real_messages_are_one_place_or_policy_each() -> None:
    def at(value: object) -> datetime:
        return value if isinstance(value, datetime) else datetime.fromisoformat(_format_iso(str(value)))

    sheet = openpyxl.load_workbook(SHARED / "hotspots.xlsx", read_only=True).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    matters = find_hot_matters(
        [Message(str(r[0]), str(r[1]), r[2] or "", r[4] or "", at(r[3]), r[6] or 0, r[5] or 0) for r in rows]
    )
    assert len(matters) == 10
    (policy,) = (matter for matter in matters if not matter.place)
    assert "购房补贴" in policy.title
    assert len(policy.members) == 15
    assert len({matter.place for matter in matters}) == 10
    assert sum(len(matter.members) > 40 for matter in matters) == 2
    assert matters == sorted(matters, key=lambda matter: -matter.heat)


def _format_iso(text: str) -> str:
    day, _, clock = text.strip().replace("/", "-").partition(" ")
    year, month, date = day.split("-")
    hour, minute, second = (clock or "0:0:0").split(":")
    return f"{year}-{int(month):02}-{int(date):02}T{int(hour):02}:{int(minute):02}:{int(second):02}"
