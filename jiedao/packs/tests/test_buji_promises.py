"""The projects and promises of the reference pack count what the seed report counts."""

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jiedao.kernel.packs.pack import Pack
from jiedao.packs.check import check_pack
from jiedao.projects.pack.plans import read_projects
from jiedao.projects.pack.promises import (
    CampaignSection,
    PartnerSection,
    PaymentSection,
    PledgeSection,
)
from jiedao.projects.plan import ProjectPlan

FOLDER = Path(__file__).resolve().parents[3] / "packs" / "buji"
HALF = date(2020, 6, 30)
FILES = ("projects.toml", "promises.toml")


@pytest.fixture(scope="module")
def buji() -> Pack:
    return check_pack(FOLDER)[0]


@pytest.fixture(scope="module")
def plans(buji: Pack) -> dict[str, ProjectPlan]:
    return {key: project.plan for key, project in read_projects(buji).items()}


@pytest.fixture(scope="module")
def progress() -> dict[str, list[dict[str, Any]]]:
    """Return the demonstration's progress by table."""
    return tomllib.loads((FOLDER / "demo" / "progress.toml").read_text(encoding="utf-8"))


def test_the_number_of_projects_of_each_kind_is_that_of_the_report(plans: dict[str, ProjectPlan]) -> None:
    kinds = Counter(plan.kind for plan in plans.values())
    assert (kinds["renewal"], kinds["road"], kinds["village"], kinds["market"]) == (6, 6, 5, 5)
    assert (kinds["parking"], kinds["school"], kinds["water"], kinds["facility"]) == (3, 4, 3, 1)
    assert 40 <= len(plans) <= 45
    assert sum(plan.facts.get("spaces", 0) for plan in plans.values()) == 334
    assert plans["PARTY-CENTRE"].facts["floor_area"] == 200


def test_some_projects_have_a_complete_plan_with_stages_milestones_money_and_permits(
    plans: dict[str, ProjectPlan],
) -> None:
    detailed = [plan for plan in plans.values() if any(task.level == "STAGE" for task in plan.tasks)]
    assert len(detailed) == 8
    for plan in detailed:
        levels = Counter(task.level for task in plan.tasks)
        assert 12 <= sum(levels.values()) <= 25, plan.key
        assert min(levels["STAGE"], levels["MILESTONE"], len(plan.money), len(plan.permits)) >= 2, plan.key
        assert {link.kind for link in plan.links} >= {"FS"}, plan.key
    for plan in plans.values():
        linked = {code for link in plan.links for code in (link.before, link.after)}
        assert {task.code for task in plan.tasks if task.level != "STAGE"} == linked, plan.key


def test_at_the_end_of_the_half_year_the_projects_have_the_progress_of_the_report(
    plans: dict[str, ProjectPlan], progress: dict[str, list[dict[str, Any]]]
) -> None:
    entered, begun, refitted = set(), set(), set()
    for row in progress["progress"]:
        kind = plans[row["project"]].kind
        if kind == "village" and row["task"] == "M1" and row["finished"] <= HALF:
            entered.add(row["project"])
        if kind == "market" and row["started"] <= HALF:
            begun.add(row["project"])
        if kind == "sanitation" and row["finished"] <= HALF:
            refitted.add(row["task"])
    assert (len(entered), len(begun)) == (5, 5)
    assert refitted == {"T1", "T2"}  # two lots of four stations, of ten
    assert plans["STATIONS"].facts["stations"] == 10


def test_targets_are_those_of_the_report_and_every_split_adds_up(buji: Pack) -> None:
    targets = {key: str(values["target"]) for key, values in CampaignSection().read(buji).items()}
    assert (targets["stock"], targets["parking"], targets["bins"]) == ("35.42", "334", "102")
    assert (targets["branches"], targets["red_estates"]) == ("102", "7")
    parts = [row.values for row in buji.rows("promises.toml", "quota") if row.values["campaign"] == "stock"]
    for by_what, count in (("area", 17), ("month", 6)):
        amounts = [part["amount"] for part in parts if by_what in part]
        assert (len(amounts), str(sum(amounts))) == (count, "35.42")


def test_amounts_entered_by_hand_add_up_to_the_numbers_of_the_report(
    progress: dict[str, list[dict[str, Any]]],
) -> None:
    entered: Counter[str] = Counter()
    for row in progress["entry"]:
        entered[row["campaign"]] += row["amount"]
    assert (entered["parking"], entered["branches"], entered["red_estates"]) == (334, 102, 7)
    assert "stock" not in entered
    assert "bins" not in entered


def test_30_responsibility_items_and_12_decisions_are_in_every_state(
    buji: Pack, progress: dict[str, list[dict[str, Any]]]
) -> None:
    kinds = Counter(values["kind"] for values in PledgeSection().read(buji).values())
    assert kinds == {"ITEM": 30, "DECISION": 12}
    last = {row["pledge"]: row["move"] for row in progress["move"]}
    assert set(last) < set(PledgeSection().read(buji))
    assert set(last.values()) == {"REPORT", "CONFIRM", "BACK", "EXTEND", "WITHDRAW"}


def test_aid_of_the_half_year_is_1_888_000_yuan_to_three_places(buji: Pack) -> None:
    partners = PartnerSection().read(buji)
    assert {partner["relation"] for partner in partners.values()} == {"COUNTERPART", "PAIRED", "SUPPORT"}
    assert [partner["name"] for partner in partners.values()] == ["海丰县", "靖西市", "江西寻乌县"]
    paid = PaymentSection().read(buji).values()
    assert sum(payment["amount"] for payment in paid) == 1_888_000
    assert all(date(2020, 1, 1) <= payment["date"] <= HALF for payment in paid)


def test_every_part_has_a_name_in_both_languages(buji: Pack) -> None:
    for (file, table), rows in buji.tables.items():
        for row in rows if file in FILES else ():
            pairs = [
                ("name", "name_en"),
                ("text", "text_en"),
                ("measure", "measure_en"),
                ("purpose", "purpose_en"),
            ]
            for chinese, english in pairs:
                assert (chinese in row.values) == (english in row.values), (table, row.values)
