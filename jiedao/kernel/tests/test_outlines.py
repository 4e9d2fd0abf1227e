"""Outlines are drawn once for many maps, and each map shows its own."""

from jiedao.kernel.drawing import MOST_SHAPES, draw_map


def make_features(side: float, lon: float = 114.1) -> dict[str, object]:
    ring = [[lon, 22.6], [lon + side, 22.6], [lon + side, 22.6 + side], [lon, 22.6 + side], [lon, 22.6]]
    area = {"type": "Polygon", "coordinates": [ring]}
    here = {"type": "Point", "coordinates": [lon + side / 2, 22.6 + side / 2]}
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": area, "properties": {"kind": "grid", "label": "一格"}},
            {"type": "Feature", "geometry": here, "properties": {"kind": "here", "label": "这里"}},
        ],
    }


def test_a_map_is_the_same_when_its_outlines_are_known() -> None:
    features = make_features(0.01)
    first = draw_map(features, "图", 240)
    assert draw_map(features, "图", 240) == first
    assert draw_map(make_features(0.01), "图", 240) == first
    assert draw_map(features, "图", 420) != first


def test_outlines_of_different_maps_are_not_mixed_when_many_come_and_go() -> None:
    expected = {serial: draw_map(make_features(0.01 + serial / 1000), "图") for serial in range(4)}
    for round_number in range(MOST_SHAPES):
        serial = round_number % 4  # new objects each time: their identities are used again
        assert draw_map(make_features(0.01 + serial / 1000), "图") == expected[serial]


def test_a_point_outside_the_grid_widens_the_map() -> None:
    features = make_features(0.01)
    inside = draw_map(features, "图", 240)
    features["features"][1]["geometry"]["coordinates"] = [114.13, 22.605]  # type: ignore[index]
    assert draw_map(features, "图", 240) != inside
