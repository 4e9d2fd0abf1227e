"""The files of places and their columns."""

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.packs.tables import WAS, Column, FileSpec, Kind, Table, require_field
from jiedao.places.models import PremiseKind

AREAS, OUTLINES, GRIDS = "areas.csv", "communities.geojson", "grids.geojson"
PREMISES, ROADS = "premises.csv", "roads.csv"
CODE_HINT = _("区域代码：区 6 位，街道 9 位，社区 12 位，网格 15 位。")
GRID_HINT = _("网格代码是社区的 12 位再加 3 位。")
LON_HINT = _("写经度，-180 到 180。")
LAT_HINT = _("写纬度，-90 到 90。是不是 lon 和 lat 写反了？")

AREA = Table(
    (
        require_field("code", most=15, hint=CODE_HINT),
        require_field("name", most=60),
        Column("name_en", most=80),
        WAS,
    )
)
OUTLINE = Table(
    (require_field("code", most=12, hint=CODE_HINT), Column("name"), require_field("geometry", Kind.ANY))
)
GRID = Table(
    (
        require_field("code", most=15, hint=GRID_HINT),
        Column("name", most=60),
        Column("name_en", most=80),
        require_field("geometry", Kind.ANY),
        WAS,
    )
)
PREMISE = Table(
    (
        require_field("code", most=32),
        Column("kind", required=True, choices=tuple(PremiseKind.values)),
        require_field("name", most=80),
        Column("name_en", most=120),
        require_field("area", most=15),
        Column("address", most=200),
        Column("lon", Kind.NUMBER, least=-180, most=180, hint=LON_HINT),
        Column("lat", Kind.NUMBER, least=-90, most=90, hint=LAT_HINT),
        WAS,
    )
)
ROAD = Table((require_field("name", most=60), Column("name_en", most=80), Column("areas")))

FILES = (
    FileSpec(AREAS, {"": AREA}),
    FileSpec(OUTLINES, {"": OUTLINE}, required=False),
    FileSpec(GRIDS, {"": GRID}, required=False),
    FileSpec(PREMISES, {"": PREMISE}, required=False),
    FileSpec(ROADS, {"": ROAD}, required=False),
)
