"""The files of places and their columns."""

from jiedao.kernel.packs.tables import WAS, Column, FileSpec, Kind, Table, require_field
from jiedao.places.models import PremiseKind

AREAS, OUTLINES, GRIDS = "areas.csv", "communities.geojson", "grids.geojson"
PREMISES, ROADS = "premises.csv", "roads.csv"
CODE_HINT = "Areas have 6 (district), 9 (sub-district), 12 (community) or 15 digits (grid)."
GRID_HINT = "A grid code is its community's 12 digits and 3 more."
LAT_HINT = "Write degrees, -90 to 90. Are lon and lat swapped?"

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
        Column("lon", Kind.NUMBER, least=-180, most=180, hint="Write degrees, -180 to 180."),
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
