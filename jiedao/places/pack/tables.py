"""The files of places and their columns."""

from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Table, required
from jiedao.places.models import PremiseKind

AREAS, OUTLINES, GRIDS = "areas.csv", "communities.geojson", "grids.geojson"
PREMISES, ROADS = "premises.csv", "roads.csv"
CODE_HINT = "Areas have 6 (district), 9 (sub-district), 12 (community) or 15 digits (grid)."
GRID_HINT = "A grid code is its community's 12 digits and 3 more."
LAT_HINT = "Write degrees, -90 to 90. Are lon and lat swapped?"

AREA = Table(
    (required("code", most=12, hint=CODE_HINT), required("name", most=60), Column("name_en", most=80))
)
OUTLINE = Table((required("code", most=12, hint=CODE_HINT), Column("name"), required("geometry", Kind.ANY)))
GRID = Table(
    (
        required("code", most=15, hint=GRID_HINT),
        Column("name", most=60),
        Column("name_en", most=80),
        required("geometry", Kind.ANY),
    )
)
PREMISE = Table(
    (
        required("code", most=32),
        Column("kind", required=True, choices=tuple(PremiseKind.values)),
        required("name", most=80),
        Column("name_en", most=120),
        required("area", most=15),
        Column("address", most=200),
        Column("lon", Kind.NUMBER, least=-180, most=180, hint="Write degrees, -180 to 180."),
        Column("lat", Kind.NUMBER, least=-90, most=90, hint=LAT_HINT),
    )
)
ROAD = Table((required("name", most=60), Column("name_en", most=80), Column("areas")))

FILES = (
    FileSpec(AREAS, {"": AREA}),
    FileSpec(OUTLINES, {"": OUTLINE}, required=False),
    FileSpec(GRIDS, {"": GRID}),
    FileSpec(PREMISES, {"": PREMISE}, required=False),
    FileSpec(ROADS, {"": ROAD}, required=False),
)
