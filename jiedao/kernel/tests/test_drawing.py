import re

from jiedao.kernel import drawing

SQUARE = {
    "type": "Feature",
    "properties": {"label": '木棉湾 <"社区">', "href": "/desk/?area=1", "value": 0.5, "text": "木棉湾"},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[114.1, 22.6], [114.12, 22.6], [114.12, 22.62], [114.1, 22.62], [114.1, 22.6]]],
    },
}
HERE = {
    "type": "Feature",
    "properties": {"kind": "here", "tone": "bad", "label": "这里"},
    "geometry": {"type": "Point", "coordinates": [114.11, 22.61]},
}


def make_collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


def test_north_is_up_and_east_is_right():
    project = drawing.Projection([(114.1, 22.6), (114.2, 22.7)], 400)
    west, north = project((114.1, 22.7))
    east, south = project((114.2, 22.6))
    assert west < east
    assert north < south
    assert 0 <= west <= project.width
    assert 0 <= south <= 400


def test_a_map_draws_areas_with_link_and_text_and_points_on_top():
    svg = drawing.draw_map(make_collection(HERE, SQUARE), "地图")
    assert svg.index("<path") < svg.index("<circle")
    assert 'href="/desk/?area=1"' in svg
    assert "j-map__shade-3" in svg
    assert "j-map__dot--here" in svg
    assert ">木棉湾</text>" in svg


def test_labels_are_escaped():
    assert "木棉湾 &lt;&quot;社区&quot;&gt;" in drawing.draw_map(make_collection(SQUARE), "地图")


def test_a_single_point_is_in_the_middle():
    svg = drawing.draw_map(make_collection(HERE), "地图", 200)
    width = int(re.search(r'viewBox="0 0 (\d+) 200"', svg)[1])
    x, y = re.search(r'cx="([\d.]+)" cy="([\d.]+)"', svg).groups()
    assert (float(x), float(y)) == (width / 2, 100)


def test_features_without_geometry_and_empty_collections_draw_nothing():
    empty = {"type": "Feature", "properties": {}, "geometry": None}
    assert "<circle" not in drawing.draw_map(make_collection(empty), "地图")
    assert drawing.draw_map({}, "地图").startswith("<svg")


def test_polygons_of_a_feature_form_one_path():
    rings = SQUARE["geometry"]["coordinates"]
    both = {**SQUARE, "geometry": {"type": "MultiPolygon", "coordinates": [rings, rings]}}
    svg = drawing.draw_map(make_collection(both), "地图")
    assert svg.count("<path") == 1
    assert svg.count("Z") == 2


def test_an_unknown_tone_is_neutral():
    assert drawing.normalise_tone("red; url(x)") == "neutral"
    assert drawing.normalise_tone("warn") == "warn"
