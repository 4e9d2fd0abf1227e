"""`jiedao pack outline`: rectangles, outlines of another system, communities joined from grids."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from shapely.geometry import Point, box, mapping, shape

from jiedao.kernel.coordinates import CoordinateSystem, from_wgs84
from jiedao.kernel.errors import UserError
from jiedao.packs.check import check_pack
from jiedao.packs.commands import pack_group
from jiedao.packs.founding import TownNames, write_pack
from jiedao.places.outlines import divide, read_features

FRAME = "114.10,22.58,114.16,22.63"
TOWN = "999901001"


def run(*words: str) -> Result:
    """Run `jiedao pack outline`."""
    return CliRunner().invoke(pack_group, ["outline", *words])


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """The pack of a town of two communities with two and two grids, without outlines."""
    write_pack(tmp_path / "town", TownNames())
    return tmp_path / "town"


def read_map(town: Path, file: str) -> dict[str, Any]:
    """Return the geometries of a map by code."""
    features = json.loads((town / file).read_text())["features"]
    return {feature["properties"]["code"]: shape(feature["geometry"]) for feature in features}


def write_map(path: Path, features: list[tuple[dict[str, Any], Any]]) -> str:
    """Write a GeoJSON file of another system."""
    rows = [
        {"type": "Feature", "properties": properties, "geometry": mapping(geometry)}
        for properties, geometry in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    return str(path)


def make_cells() -> list[Any]:
    """Return four cells of 0.01 degrees: north-west, north-east, south-west, south-east."""
    return [box(114.1 + x, 22.6 - y, 114.11 + x, 22.61 - y) for y in (0, 0.01) for x in (0, 0.01)]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 12])
def test_parts_cover_the_outline_without_overlap_and_have_one_size(count: int) -> None:
    for outline in (box(0, 0, 3, 2), Point(0, 0).buffer(1), box(0, 0, 1, 4).union(box(0, 0, 3, 1))):
        parts = divide(outline, [1] * count)
        assert len(parts) == count
        assert all(part.area == pytest.approx(outline.area / count, rel=1e-4) for part in parts)
        assert sum(part.area for part in parts) == pytest.approx(outline.area)


def test_rectangles_make_a_sound_map(town: Path) -> None:
    result = run("rectangles", str(town), "--box", FRAME)
    assert result.exit_code == 0, result.output
    assert "schematic = true" in result.stderr
    assert check_pack(town)[1].as_json() == {"errors": [], "warnings": []}
    grids, communities = read_map(town, "grids.geojson"), read_map(town, "communities.geojson")
    assert len(grids) == 4
    assert all(len(grid.exterior.coords) == 5 for grid in grids.values())
    first = communities[f"{TOWN}001"]
    assert first.bounds == (114.10, 22.58, 114.13, 22.63)
    before = (town / "grids.geojson").read_bytes()
    assert "nothing to do" in run("rectangles", str(town)).stderr
    assert (town / "grids.geojson").read_bytes() == before


def test_communities_with_outlines_are_divided_into_their_grids(town: Path) -> None:
    round_one = Point(114.11, 22.6).buffer(0.008)
    path = write_map(
        town / "own.json",
        [({"code": f"{TOWN}001"}, round_one), ({"code": f"{TOWN}002"}, box(114.13, 22.6, 114.14, 22.61))],
    )
    assert run("import", str(town), path).exit_code == 0
    assert run("rectangles", str(town)).exit_code == 0
    (town / "own.json").unlink()
    assert check_pack(town)[1].as_json() == {"errors": [], "warnings": []}
    grids = read_map(town, "grids.geojson")
    assert grids[f"{TOWN}001001"].area == pytest.approx(round_one.area / 2, rel=1e-3)


def test_outlines_of_another_system_are_matched_by_a_table_by_code_and_by_name(
    town: Path, tmp_path: Path
) -> None:
    cells = make_cells()
    path = write_map(
        tmp_path / "other.json",
        [
            ({"id": "GX-7"}, cells[0]),
            ({"id": f"{TOWN}001002"}, cells[1]),
            ({"id": "西社区"}, cells[2]),
            ({"id": "别处"}, cells[3]),
        ],
    )
    table = tmp_path / "codes.csv"
    table.write_text(f"GX-7,{TOWN}001001\n")
    result = run("import", str(town), path, "--property", "id", "--codes", str(table))
    assert result.exit_code == 0, result.output
    assert "not in this town: 别处" in result.stderr
    assert f"{TOWN}001" in result.stderr  # without an outline
    assert set(read_map(town, "grids.geojson")) == {f"{TOWN}001001", f"{TOWN}001002"}
    assert set(read_map(town, "communities.geojson")) == {f"{TOWN}002"}


@pytest.mark.parametrize(("order", "expected"), [("file", [3, 0, 2, 1]), ("position", [0, 1, 2, 3])])
def test_outlines_are_matched_one_by_one(town: Path, tmp_path: Path, order: str, expected: list[int]) -> None:
    cells = make_cells()
    path = write_map(tmp_path / "other.json", [({}, cells[index]) for index in (3, 0, 2, 1)])
    assert run("import", str(town), path, "--order", order).exit_code == 0
    grids = read_map(town, "grids.geojson")
    pairs = [(grids[code], cells[index]) for code, index in zip(sorted(grids), expected, strict=True)]
    assert all(grid.symmetric_difference(cell).area < 1e-9 for grid, cell in pairs)


def test_outlines_in_chinese_coordinates_are_converted_and_joined(town: Path, tmp_path: Path) -> None:
    def shift(cell: Any) -> Any:
        corners = [from_wgs84(lon, lat, CoordinateSystem.GCJ02) for lon, lat in cell.exterior.coords]
        return shape({"type": "Polygon", "coordinates": [corners]})

    path = write_map(tmp_path / "other.json", [({}, shift(cell)) for cell in make_cells()])
    assert run("import", str(town), path, "--order", "position", "--system", "GCJ02").exit_code == 0
    assert read_map(town, "grids.geojson")[f"{TOWN}001001"].bounds == pytest.approx(
        make_cells()[0].bounds, abs=1e-5
    )
    assert run("join", str(town)).exit_code == 0
    assert read_map(town, "communities.geojson")[f"{TOWN}001"].bounds == pytest.approx(
        (114.1, 22.6, 114.12, 22.61), abs=1e-5
    )
    assert check_pack(town)[1].errors == []


def test_other_properties_of_the_map_stay(town: Path) -> None:
    run("rectangles", str(town), "--box", FRAME)
    text = (town / "grids.geojson").read_text()
    (town / "grids.geojson").write_text(
        text.replace('"网格001"', '"网格001", "name_en": "Grid 1", "was": "999901001001009"', 1)
    )
    run("rectangles", str(town), "--box", FRAME, "--replace")
    pack, _ = check_pack(town)
    row = pack.by_key("grids.geojson")[f"{TOWN}001001"]
    assert (row.get("name_en"), row.get("was")) == ("Grid 1", ["999901001001009"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rectangles"], "没有街道的范围"),
        (["rectangles", "--box", "1,2,3"], "不是一个范围"),
        (["rectangles", "--box", "114.2,22.6,114.1,22.7"], "不是一个范围"),
        (["join"], "网格还没有边界"),
        (["import", "BAD"], "不是 GeoJSON"),
        (["import", "LINE"], "不是面"),
        (["import", "OTHER"], "没有一个面对得上"),
        (["import", "OTHER", "--order", "file"], "不能按顺序对应"),
        (["import", "TWICE", "--property", "name"], "两个要素都对应"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_written(
    town: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    files = {
        "BAD": str(tmp_path / "bad.json"),
        "LINE": write_map(tmp_path / "line.json", [({}, Point(1, 1))]),
        "OTHER": write_map(tmp_path / "other2.json", [({"code": "1"}, box(0, 0, 1, 1))]),
        "TWICE": write_map(tmp_path / "twice.json", [({"name": "东社区"}, box(0, 0, 1, 1))] * 2),
    }
    (tmp_path / "bad.json").write_text("{")
    command, *rest = [files.get(word, word) for word in words]
    result = run(command, str(town), *rest)
    assert isinstance(result.exception, UserError)
    assert message in str(result.exception)
    assert not list(town.glob("*.geojson"))


def test_an_outline_of_brackets_nested_too_deep_is_refused() -> None:
    nested: list[object] = []
    for _level in range(5000):
        nested = [nested]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": nested}}
    with pytest.raises(UserError, match="第 1 个要素读不出来"):
        read_features({"features": [feature]}, CoordinateSystem.WGS84)
