"""The reference pack is sound, and its numbers are those of the seed report and of the standard."""

import json
from collections import Counter
from pathlib import Path

import pytest
import shapely
from shapely.geometry import shape

from jiedao.cases.pack.duties import DutyList
from jiedao.cases.pack.sections import CategorySection, ReasonSection
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.orgs.pack.sections import PostSection
from jiedao.packs.check import check_pack
from jiedao.places.pack.sections import AreaSection

FOLDER = Path(__file__).resolve().parents[3] / "packs" / "buji"


@pytest.fixture(scope="module")
def buji() -> Pack:
    pack, report = check_pack(FOLDER)
    assert report.as_json() == {"errors": [], "warnings": []}
    return pack


def test_the_pack_has_the_17_communities_and_a_grid_map_marked_as_schematic(buji: Pack) -> None:
    areas = AreaSection().read(buji)
    kinds = Counter(values["kind"] for values in areas.values())
    assert (kinds["DISTRICT"], kinds["STREET"], kinds["COMMUNITY"]) == (1, 1, 17)
    assert 200 <= kinds["GRID"] <= 340
    assert areas["440307014013"]["name"] == "木棉湾社区"
    assert all(values["schematic"] for values in areas.values() if values["polygon"])


def test_the_grids_cover_the_town_without_overlap_or_gap(buji: Pack) -> None:
    grids = [shape(row.values["geometry"]) for row in buji.rows("grids.geojson")]
    town = shape(buji.by_key("communities.geojson")["440307014"].values["geometry"])
    assert shapely.coverage_is_valid(grids)
    assert shapely.coverage_union_all(grids).symmetric_difference(town).area < 1e-12


def test_the_grids_are_numbered_without_a_gap(buji: Pack) -> None:
    by_community: dict[str, list[int]] = {}
    for code in buji.by_key("grids.geojson"):
        by_community.setdefault(code[:12], []).append(int(code[12:]))
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in by_community.values())


def test_the_pack_has_the_premises_that_the_report_counts(buji: Pack) -> None:
    kinds = Counter(row.values["kind"] for row in buji.rows("premises.csv"))
    assert kinds == {"VILLAGE": 43, "ESTATE": 102, "BLOCK": 40}


def test_every_community_has_a_road(buji: Pack) -> None:
    named = {code for row in buji.rows("roads.csv") for code in row.values["areas"].split()}
    assert {code for code in buji.by_key("areas.csv") if len(code) == 12} == named


def test_the_pack_has_all_403_national_categories_in_both_languages(buji: Pack) -> None:
    rows = [row.values for row in buji.rows("categories.csv") if len(row.values["code"]) == 5]
    assert Counter(row["kind"] for row in rows) == {"COMPONENT": 153, "MATTER": 250}
    assert all(row["name_en"].isascii() for row in rows)


def test_every_category_has_conditions_a_unit_and_two_keywords(buji: Pack) -> None:
    leads = {(line.kind, line.code) for line in DutyList(buji, Report()).lines if not line.area}
    for values in CategorySection().read(buji).values():
        if values["parent"]:
            assert len(values["keywords"]) >= 2, values["name"]
            assert values["filing_condition"], values["name"]
            assert values["closing_condition"], values["name"]
            assert (values["kind"], values["code"]) in leads


def test_no_post_holds_two_of_the_administrative_rights(buji: Pack) -> None:
    guarded = {"orgs.user:manage", "orgs.post:manage", "audit.entry:view"}
    for post in PostSection().read(buji).values():
        assert len(guarded & set(post["permissions"])) <= 1, post["code"]


def test_no_post_may_both_handle_and_check(buji: Pack) -> None:
    for post in PostSection().read(buji).values():
        assert not {"cases.case:handle", "cases.case:check"} <= set(post["permissions"]), post["code"]


def test_the_map_of_the_pack_equals_the_output_of_its_script(buji: Pack) -> None:
    first = json.loads((FOLDER / "grids.geojson").read_text(encoding="utf-8"))["features"][0]
    assert first["properties"] == {
        "code": "440307014001001",
        "name": "南三001网格",
        "name_en": "Nansan grid 001",
    }


def test_a_post_that_dispatches_can_release_a_helper(buji: Pack) -> None:
    dispatching_posts = [
        post for post in PostSection().read(buji).values() if "cases.case:dispatch" in post["permissions"]
    ]
    assert dispatching_posts
    assert all("cases.case:help" in post["permissions"] for post in dispatching_posts)


def test_every_reason_for_refusal_names_its_law(buji: Pack) -> None:
    refusals = [reason for reason in ReasonSection().read(buji).values() if reason["kind"] == "REJECT"]
    assert len(refusals) >= 6
    assert all(reason["law"] for reason in refusals)
