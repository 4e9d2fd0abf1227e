"""Faults of places: codes, outlines, grids, premises."""

import json

import pytest

from jiedao.packs.tests.tiny import COMMUNITIES, GRIDS, TOWN, TinyPack, collection, square


def with_grid(tiny: TinyPack, code: str, rings: list[list[list[float]]]) -> None:
    """Replace one grid."""
    tiny.write("grids.geojson", collection({**GRIDS, code: rings}))


def test_overlapping_grids_are_reported_once(tiny: TinyPack) -> None:
    with_grid(tiny, f"{TOWN}001002", square(114.108, 22.6, 0.01))
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("grids.geojson", 3, "overlap")
    assert f"{TOWN}001001 (line 2)" in fault.message


def test_grids_that_share_a_border_do_not_overlap(tiny: TinyPack) -> None:
    assert tiny.report().passed


def test_a_grid_outside_its_community_is_reported(tiny: TinyPack) -> None:
    with_grid(tiny, f"{TOWN}002002", square(114.115, 22.61, 0.01))
    fault = tiny.only_error()
    assert (fault.line, fault.code) == (5, "outside-parent")


def test_a_part_of_a_community_without_grid_is_a_warning(tiny: TinyPack) -> None:
    with_grid(tiny, f"{TOWN}002002", square(114.11, 22.61, 0.008))
    report = tiny.report()
    assert report.passed
    assert [fault.code for fault in report.warnings] == ["gap"]


def test_a_line_that_crosses_itself_is_reported(tiny: TinyPack) -> None:
    bow = [[[114.1, 22.6], [114.11, 22.61], [114.11, 22.6], [114.1, 22.61], [114.1, 22.6]]]
    with_grid(tiny, f"{TOWN}001001", bow)
    fault = tiny.only_error()
    assert (fault.line, fault.code) == (2, "bad-geometry")
    assert "Self-intersection" in fault.message


@pytest.mark.parametrize(
    ("geometry", "hint"),
    [
        (None, "Polygon"),
        ({"type": "Polygon", "coordinates": []}, "Polygon"),
        ({"type": "Point", "coordinates": [114.1, 22.6]}, "Polygon"),
        ({"type": "Polygon", "coordinates": [[[1, "a"], [2, 3]]]}, "Draw"),
        ({"type": "Circle", "coordinates": [1, 2]}, "Draw"),
        ({"type": "Polygon", "coordinates": [[[22, 114], [22, 115], [23, 114], [22, 114]]]}, "swapped"),
        ({"type": "Polygon", "coordinates": [[[5e5, 2e6], [5e5, 3e6], [6e5, 3e6], [5e5, 2e6]]]}, "WGS 84"),
    ],
)  # fmt: skip
def test_an_unusable_geometry_is_reported(tiny: TinyPack, geometry: object, hint: str) -> None:
    data = json.loads(collection(GRIDS))
    data["features"][0]["geometry"] = geometry
    tiny.write("grids.geojson", json.dumps(data))
    faults = [fault for fault in tiny.report().errors if fault.code in {"bad-geometry", "missing-key"}]
    assert [(fault.file, fault.line) for fault in faults][:1] == [("grids.geojson", 1)]
    assert any(hint in fault.hint for fault in faults)


def test_a_file_that_is_no_feature_collection_is_reported(tiny: TinyPack) -> None:
    tiny.write("grids.geojson", "[]")
    assert "bad-type" in {fault.code for fault in tiny.report().errors}


@pytest.mark.parametrize("code", ["44030701400100", f"{TOWN}001ABC", f"{TOWN}0010011"])
def test_a_grid_code_has_fifteen_digits(tiny: TinyPack, code: str) -> None:
    tiny.edit("grids.geojson", f"{TOWN}001001", code)
    faults = {(fault.line, fault.code) for fault in tiny.report().errors if fault.file == "grids.geojson"}
    assert faults & {(2, "bad-area-code"), (2, "bad-value")}


def test_a_grid_of_an_unknown_community_is_reported(tiny: TinyPack) -> None:
    tiny.edit("grids.geojson", f"{TOWN}001002", f"{TOWN}003001")
    fault = tiny.only_error()
    assert (fault.line, fault.code) == (3, "dangling")
    assert f"community {TOWN}003" in fault.message


def test_a_code_twice_is_reported_with_both_lines(tiny: TinyPack) -> None:
    tiny.edit("grids.geojson", f"{TOWN}001002", f"{TOWN}001001")
    fault = next(fault for fault in tiny.report().errors if fault.code == "duplicate")
    assert fault.line == 3
    assert "line 2" in fault.hint


def test_an_outline_of_an_unknown_area_is_reported(tiny: TinyPack) -> None:
    tiny.write("communities.geojson", collection({**COMMUNITIES, f"{TOWN}009": square(114.5, 22.6)}))
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("communities.geojson", 4, "dangling")


def test_a_town_that_does_not_exist_is_reported(tiny: TinyPack) -> None:
    tiny.edit("pack.toml", TOWN, "440307015")
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("pack.toml", 5, "dangling")
    assert TOWN in fault.hint


def test_a_premise_outside_its_grid_is_reported(tiny: TinyPack) -> None:
    tiny.edit("premises.csv", "114.105", "114.115")
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("premises.csv", 2, "outside-parent")


def test_a_premise_with_half_a_point_is_reported(tiny: TinyPack) -> None:
    tiny.edit("premises.csv", "114.105", "")
    assert tiny.only_error().code == "missing-key"


def test_a_premise_in_an_unknown_grid_is_reported(tiny: TinyPack) -> None:
    tiny.edit("premises.csv", f"{TOWN}001001", f"{TOWN}001009")
    assert tiny.only_error().code == "dangling"


def test_an_extra_property_of_a_map_is_only_a_warning(tiny: TinyPack) -> None:
    tiny.edit("grids.geojson", '"properties": {', '"properties": {"fid": 7, ')
    report = tiny.report()
    assert report.passed
    assert [(fault.code, fault.line) for fault in report.warnings] == [("unknown-key", 2)]


def test_a_community_without_a_grid_is_a_warning(tiny: TinyPack) -> None:
    tiny.append("areas.csv", f"{TOWN}003,北社区,North\n")
    assert [(fault.code, fault.line) for fault in tiny.report().warnings] == [("no-grid", 6)]


@pytest.mark.parametrize(
    ("edit", "line", "code", "words"),
    [
        (("areas.csv", f"{TOWN}001,", "44030701401,"), 4, "bad-area-code", "is not an area code"),
        (("areas.csv", f"{TOWN}001,", f"{TOWN}OO1,"), 4, "bad-area-code", "is not an area code"),
        (
            ("areas.csv", f"{TOWN}001,", f"{TOWN}009,"),
            4,
            "dangling",
            f"but 3 are of {TOWN}001, which is not here",
        ),
        (("areas.csv", f"{TOWN}001,", "440307915001,"), 4, "dangling", "lies in sub-district 440307915"),
        (
            ("areas.csv", f"{TOWN}001,", "4.40307E+11,"),
            4,
            "lost-code",
            "holds 4.40307E+11: Excel has shortened",
        ),
        (("areas.csv", f"\n{TOWN},", "\n440307015,"), 4, "dangling", f"lies in sub-district {TOWN}"),
        (("grids.geojson", f"{TOWN}001001", f"{TOWN}00101"), 2, "bad-area-code", "is not an area code"),
        (("grids.geojson", f"{TOWN}001001", "4.40307E+14"), 2, "lost-code", "holds 4.40307E+14"),
        (("roads.csv", f"{TOWN}002", "4.40307E+11"), 2, "lost-code", "holds 4.40307E+11"),
        (("communities.geojson", f"{TOWN}001", f"{TOWN}009"), 2, "dangling", f"no area {TOWN}009"),
        (("categories.csv", "MATTER,06010", "MATTER,6010"), 6, "bad-category-code", "'6010' is not"),
        (("units.toml", 'code = "CG"', 'code = "CHG"'), 6, "dangling", "no unit CG (also in duties.toml:16)"),
    ],
)
def test_one_wrong_code_is_one_fault(
    tiny: TinyPack, edit: tuple[str, str, str], line: int, code: str, words: str
) -> None:
    tiny.edit(*edit)
    fault = tiny.only_error()
    assert (fault.line, fault.code) == (line, code)
    assert words in fault.message
    assert fault.hint
    assert tiny.report().warnings == []


def test_places_that_name_a_missing_code_are_listed_up_to_eight(tiny: TinyPack) -> None:
    tiny.append("duties.toml", "".join(f'[[duty]]\nnote = "{n}"\nlead = "XX"\n' for n in range(12)))
    (message,) = {fault.message for fault in tiny.report().errors if fault.code == "dangling"}
    assert message.endswith("and 3 more)")
    assert message.count("duties.toml:") == 8
