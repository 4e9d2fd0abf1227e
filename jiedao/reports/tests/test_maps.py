"""Maps in reports: what they need, what they show, and that a signed one stays as it was."""

import re
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from docx import Document as WordDocument

from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.places.models import Area
from jiedao.registers.tests.parts import HOUSES, declare
from jiedao.reports.building import build_document
from jiedao.reports.document import AreaMap, Document
from jiedao.reports.freezing import freeze, thaw
from jiedao.reports.output.files import write_file
from jiedao.reports.output.maps import SHADES, draw_map, find_breaks
from jiedao.reports.tests.conftest import ReportTown
from jiedao.reports.tests.form_parts import add_house

JULY = parse_period("2020-07")


def draw_square(west: float) -> dict[str, Any]:
    """Return a square of about a kilometre, whose western side is at a longitude."""
    east = west + 0.01
    ring = [[west, 22.6], [east, 22.6], [east, 22.61], [west, 22.61], [west, 22.6]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def mapped_town(report_town: ReportTown) -> ReportTown:
    """Return the town with outlines of its communities and houses in one of them."""
    for position, area in enumerate(Area.objects.filter(kind="COMMUNITY").order_by("code")):
        area.polygon = draw_square(114.1 + position * 0.01)
        area.save()
    info = declare(HOUSES)
    for code, grid in (("H1", "G1"), ("H2", "G1")):
        add_house(info, code, 3, grid=grid)
    houses = {"source": "register", "register": HOUSES.key}
    declare_measure(
        "houses.all", "amount", {"spec": houses}, unit_label="栋", name="在册楼栋", splits=["area"]
    )
    return report_town


def build(words: str) -> Document:
    return build_document(f"# 题\n\n{words}\n", JULY)


def get_map(document: Document) -> AreaMap:
    (area_map,) = [block for block in document.blocks if isinstance(block, AreaMap)]
    return area_map


def test_a_map_draws_every_community_with_its_figure(mapped_town: ReportTown) -> None:
    area_map = get_map(build('{{ map("houses.all") }}'))
    drawing = draw_map(area_map, lambda figure: f"/f/{figure.place.key}")
    values = {shape.label: shape.figure.text if shape.figure else None for shape in area_map.shapes}
    assert len(values) == Area.objects.filter(kind="COMMUNITY", active=True).count() >= 2
    assert "2" in values.values()
    assert drawing.count('<a class="figure"') == len(values)
    assert "在册楼栋（栋）" in drawing


def test_a_community_is_as_wide_as_high_where_its_sides_are(mapped_town: ReportTown) -> None:
    (ring,) = get_map(build('{{ map("houses.all") }}')).shapes[0].rings
    wide = max(x for x, _y in ring) - min(x for x, _y in ring)
    high = max(y for _x, y in ring) - min(y for _x, y in ring)
    assert wide / high == pytest.approx(0.923, abs=0.01)  # cosine of the latitude


def test_a_community_without_data_is_hatched_and_named_in_the_legend(mapped_town: ReportTown) -> None:
    houses = {"source": "register", "register": HOUSES.key}
    rate = {"numerator": houses, "denominator": houses, "denominator_name": "在册楼栋"}
    declare_measure("houses.rate", "rate", rate, unit_label="%", splits=["area"])
    drawing = draw_map(get_map(build('{{ map("houses.rate") }}')))
    assert 'fill="url(#no-data)" fill-rule' in drawing
    assert drawing.rstrip("</svg>").count("无数据") >= 2


def test_a_signed_map_stays_when_outlines_and_figures_change(mapped_town: ReportTown) -> None:
    content = freeze(build('{{ map("houses.all") }}'))
    before = draw_map(get_map(thaw(content)))
    Area.objects.filter(kind="COMMUNITY").update(polygon=None)
    assert draw_map(get_map(thaw(content))) == before
    assert freeze(thaw(content)) == content


def test_a_town_without_outlines_is_told_what_to_write(report_town: ReportTown) -> None:
    Area.objects.filter(kind="COMMUNITY").update(polygon=None)
    declare_measure(
        "houses.all", "amount", {"spec": {"source": "register", "register": "works"}}, splits=["area"]
    )
    with pytest.raises(UserError) as refusal:
        build('{{ map("houses.all") }}')
    assert "communities.geojson" in str(refusal.value.hint)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ('{{ map("houses.all", by="unit") }}', "地图不能按"),
        ('{{ map("houses.all", style="dots") }}', "这种地图"),
        ('{{ map("works.gone") }}', "不能按此拆分"),
        ('见{{ map("houses.all") }}', "单独占一行"),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused(mapped_town: ReportTown, words: str, message: str) -> None:
    with pytest.raises(UserError) as refusal:
        build(words)
    assert message in str(refusal.value.message)


def test_a_map_is_in_each_file(mapped_town: ReportTown) -> None:
    document = build('{{ map("houses.all", style="circles", caption="楼栋分布") }}')
    page = write_file(document, "html").decode()
    assert "<circle" in page
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", page)  # no picture or tile from elsewhere
    word = WordDocument(BytesIO(write_file(document, "docx")))
    assert len(word.inline_shapes) == 1
    assert "楼栋分布" in [paragraph.text for paragraph in word.paragraphs]
    assert b"/Type" in write_file(document, "pdf")


def test_breaks_separate_what_is_far_apart() -> None:
    assert find_breaks([1, 2, 3, 50, 51, 90], 3) == [0, 3, 5]
    assert find_breaks([7], 1) == [0]


def test_shades_become_darker_evenly() -> None:
    grey = [0.299 * int(c[1:3], 16) + 0.587 * int(c[3:5], 16) + 0.114 * int(c[5:], 16) for c in SHADES]
    steps = [lighter - darker for lighter, darker in pairwise(grey)]
    assert min(steps) > 20
