"""The half-year report of the reference pack prints each of the 77 figures that its measures stand for."""

import re
from pathlib import Path
from typing import Any

import pytest

from jiedao.indicators.models import MeasureKind
from jiedao.indicators.pack.stands_for import read_stands_for
from jiedao.indicators.pack.tables import FIGURES, MEASURES
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.packs.check import check_pack
from jiedao.projects.pack.promises import CampaignSection

FOLDER = Path(__file__).resolve().parents[3] / "packs" / "buji"
FUNCTION_OF = {
    "value": "figure",
    "growth": "growth",
    "rank": "rank",
    "target": "target",
    "completion": "completion",
}
FIGURE_IDS = [f"F{number:03}" for number in range(1, 78)]
# What the office's system of records does not hold yet, statistics of other offices, and ranks that others publish.
ENTERED = {
    *("F004", "F005", "F008", "F009", "F010", "F011", "F014"),  # orders of the epidemic control
    *("F018", "F019", "F020", "F021", "F022", "F023"),  # statistics bureau
    *("F024", "F028", "F029", "F075"),  # service to enterprises
    *("F043", "F047"),  # ranks
    *("F050", "F056", "F057", "F058"),  # totals that others report
}


@pytest.fixture(scope="module")
def checked() -> tuple[Pack, Report]:
    return check_pack(FOLDER)


@pytest.fixture(scope="module")
def buji(checked: tuple[Pack, Report]) -> Pack:
    return checked[0]


def list_references(pack: Pack) -> list[tuple[str, str, dict[str, Any]]]:
    """Return figure, part and the values of the measure that stands for it."""
    return [
        (reference["figure"], reference["part"], row.values)
        for row in pack.rows(MEASURES, "measure")
        for reference in read_stands_for(row.values.get("figure"))
    ]


def test_the_pack_has_no_faults(checked: tuple[Pack, Report]) -> None:
    assert checked[1].errors == []


def test_each_figure_has_one_measure(buji: Pack) -> None:
    assert sorted(figure for figure, _part, _measure in list_references(buji)) == FIGURE_IDS


def test_each_figure_is_printed_by_the_half_year_report(buji: Pack) -> None:
    text = (FOLDER / "reports" / "half-year.txt").read_text(encoding="utf-8")
    calls = set(re.findall(r'(\w+)\("([\w.]+)"', text))
    missing = [
        (figure, measure["key"])
        for figure, part, measure in list_references(buji)
        if (FUNCTION_OF[part], measure["key"]) not in calls
    ]
    assert missing == []


def test_the_half_year_names_the_red_lights_of_projects_and_the_period_of_the_pledges() -> None:
    text = (FOLDER / "reports" / "half-year.txt").read_text(encoding="utf-8")
    projects, pledges = (
        next(line for line in text.splitlines() if words in line)
        for words in ("城市更新项目{{", "领导班子主体责任")
    )
    assert 'figure("projects.red_lights")' in projects
    assert "按计划推进" not in projects
    assert '{{ period }}到期{{ figure("discipline.items") }}' in pledges
    assert "次年1月到期" in pledges


def test_each_heading_of_a_plan_is_marked() -> None:
    headings = {
        (path.name, line)
        for path in (FOLDER / "reports").glob("*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"## .、下", line)
    }
    assert {name for name, _line in headings} == {"half-year.txt", "quarterly.txt", "unit.txt", "yearly.txt"}
    assert [line for _name, line in headings if not line.endswith("{{ plan() }}")] == []


def test_only_what_no_record_holds_is_entered(buji: Pack) -> None:
    kinds = {row.values["key"]: row.values["kind"] for row in buji.rows(MEASURES, "measure")}
    entered = set()
    for figure, _part, measure in list_references(buji):
        keys = [measure["key"], *(measure.get("terms") or {}).values()]
        if any(kinds[key] == MeasureKind.ENTERED for key in keys):
            entered.add(figure)
    assert entered == ENTERED


def test_each_entered_measure_of_a_figure_has_its_source(buji: Pack) -> None:
    stated = {row.get("measure") for row in buji.rows(FIGURES, "figure")}
    for _figure, _part, measure in list_references(buji):
        if measure["kind"] == MeasureKind.ENTERED:
            assert measure["key"] in stated, measure["key"]


def test_targets_are_those_of_the_campaigns(buji: Pack) -> None:
    campaigns = CampaignSection().read(buji)
    targets = {row.get("measure"): row.values["value"] for row in buji.rows(MEASURES, "target")}
    for measure, campaign in (
        ("illegal.stock_settled", "stock"),
        ("parking.spaces", "parking"),
        ("party.red_estates", "red_estates"),
    ):
        assert targets[measure] == campaigns[campaign]["target"], measure
