"""The commands `jiedao score`."""

import json
from typing import Any

from click.testing import CliRunner

from jiedao.evaluation.commands import score_group
from jiedao.evaluation.models import Score, SheetVersion
from jiedao.testing.cast import Town


def run(*words: str) -> Any:
    """Run a command with --json and return its document."""
    done = CliRunner().invoke(score_group, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    return json.loads(done.stdout)


def test_show_explains_every_point(scored_town: Town, version: SheetVersion) -> None:
    rows = run("show", "units", "--period", "2020-06")
    assert [(row["unit"], row["points"], row["of"]) for row in rows] == [
        ("CLEAN", "100", "100"),
        ("WATER", "100", "100"),
        ("URBAN", "80", "100"),
    ]
    (row,) = run("show", "units", "--period", "2020-06", "--unit", "URBAN")
    assert row["published"] is False
    line = row["lines"][0]
    assert (line["item"], line["value"], line["points"], line["formula"]) == ("rate", "75", "45", "60 × 75%")
    assert line["rows_url"] == "/desk/board/rows/?measure=handled&period=2020-06&by=unit&key=URBAN"


def test_publish_stores_the_scores(scored_town: Town, version: SheetVersion) -> None:
    done = CliRunner().invoke(score_group, ["publish", "units", "--period", "2020-06"])
    assert done.exit_code == 0
    assert Score.objects.filter(current=True).count() == 3
    assert all(row["published"] for row in run("show", "units", "--period", "2020-06"))


def test_list_names_the_sheets(scored_town: Town, version: SheetVersion) -> None:
    assert run("list") == [{"sheet": "units", "name": "办件考评", "subject": "unit", "period": "month"}]


def test_an_unknown_unit_is_refused(scored_town: Town, version: SheetVersion) -> None:
    done = CliRunner().invoke(score_group, ["show", "units", "--period", "2020-06", "--unit", "X"])
    assert done.exit_code == 1
    assert "CLEAN" in str(done.exception)
