"""Check the places of a pack: codes, outlines, grids, premises, roads."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from jiedao.kernel.nearest import find_nearest
from jiedao.kernel.packs.checks import check_duplicates, check_names
from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.pack import ABOUT, Pack, build_missing_file_hint
from jiedao.kernel.packs.rows import Row
from jiedao.kernel.packs.successions import check_successions
from jiedao.places.pack.tables import AREAS, FILES, GRIDS, OUTLINES, PREMISES, ROADS

DISTRICT_LENGTH = 6
LEVELS = {6: "district", 9: "sub-district", 12: "community", 15: "grid"}
PARENT_LENGTH = {9: 6, 12: 9, 15: 12}
SQUARE_METRES = (
    1.14e10  # in one square degree at Shenzhen's latitude; used to describe areas and to ignore slivers
)
MANY = 2  # grids and outlines that name a missing community: fewer are more likely wrong themselves
SLIVER = 10 / SQUARE_METRES  # square degrees; smaller overlaps and gaps come from rounding and are no fault
UNREADABLE_GEOMETRY = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    shapely.errors.ShapelyError,
)

Shapes = dict[str, tuple[Row, BaseGeometry]]  # by code


def check_places(pack: Pack, report: Report) -> None:
    """Check area codes, each geometry and how geometries overlap, premises and roads."""
    _check_grids_exist(pack, report)
    check_duplicates(pack.rows(AREAS), report)
    check_duplicates(pack.rows(GRIDS), report)
    check_names(_list_area_rows(pack), report, lambda row: row.get("code")[:-3])
    _check_codes(pack, report)
    _check_names_of_grids(pack, report)
    outlines = _read_shapes(pack.rows(OUTLINES), report)
    grids = _read_shapes(pack.rows(GRIDS), report)
    _check_outlines(pack, report)
    _check_overlaps(outlines, report, code_length=12)
    _check_overlaps(grids, report, code_length=15)
    _check_containment(pack, grids, outlines, report)
    _check_premises(pack, {**outlines, **grids}, report)
    _check_roads(pack, report)
    _check_successions(pack, report)


def _check_grids_exist(pack: Pack, report: Report) -> None:
    """Report a town without any grid: neither a map of them nor their names in areas.csv."""
    has_map = (GRIDS, "") in pack.tables or not report.has_read(GRIDS)
    is_district = len(pack.town) == DISTRICT_LENGTH  # its sub-districts have the grids
    if (
        has_map
        or is_district
        or not report.has_read(AREAS)
        or any(len(code) == 15 for code in pack.by_key(AREAS))
    ):
        return
    message = "the file is missing, and areas.csv has no grids"
    hint = build_missing_file_hint(pack.folder, GRIDS, {spec.name for spec in FILES})
    if not hint.startswith("Rename"):
        hint = "Without outlines, add the grids to areas.csv: a code of 15 digits and a name."
    report.unreadable(GRIDS, 0, "missing-file", message, hint)


def _list_area_rows(pack: Pack) -> list[Row]:
    """Return the rows of both files; of a grid that is in both, that of areas.csv."""
    in_table = pack.by_key(AREAS)
    return pack.rows(AREAS) + [row for row in pack.rows(GRIDS) if row.get("code") not in in_table]


def _check_names_of_grids(pack: Pack, report: Report) -> None:
    """Warn where the map states another name than areas.csv, whose name applies."""
    in_table = pack.by_key(AREAS)
    for code, row in pack.by_key(GRIDS).items():
        name = in_table[code].get("name") if code in in_table else ""
        if name and row.get("name") and row.get("name") != name:
            message = f"{code} is {name} in areas.csv and {row.get('name')} here"
            hint = "The name of areas.csv applies. Change one of them, or leave it out here."
            report.warn_at(row, "name", "two-names", message, hint)


def _check_successions(pack: Pack, report: Report) -> None:
    """Check what areas and premises were; an area can only have been areas of its own level."""
    areas = pack.rows(AREAS) + pack.rows(GRIDS)
    check_successions(areas, report)
    check_successions(pack.rows(PREMISES), report)
    for row in areas:
        code = row.get("code")
        for old_code in row.get("was", []):
            if len(old_code) != len(code) and len(code) in LEVELS:
                message = f"{LEVELS[len(code)]} {code} cannot have been {old_code}"
                hint = f"The code of a {LEVELS[len(code)]} has {len(code)} digits."
                report.error_at(row, "was", "bad-succession", message, hint, item=old_code)


# -- for rooms whose rows name areas ---------------------------------------------------------------------------------


def list_area_codes(pack: Pack) -> set[str]:
    """Return the code of every area of the pack, grids included."""
    return {*pack.by_key(AREAS), *pack.by_key(GRIDS)}


def find_unknown_area_hint(pack: Pack, code: str, report: Report) -> str | None:
    """Return what to do about a code that no area has; None when one has it, or when the areas could not be read."""
    codes = list_area_codes(pack)
    if code in codes or not report.has_read(AREAS, GRIDS):
        return None
    same_level = [known for known in codes if len(known) == len(code)]
    return did_you_mean(code, same_level or codes)


def check_area(
    pack: Pack, row: Row, code: str, report: Report, message: str, *, key: str = "", item: str = ""
) -> None:
    """Report `message` at the line of a key if no area has the code."""
    hint = find_unknown_area_hint(pack, code, report) if code else None
    if hint is not None:
        report.missing_name(row, key, item or code, message, hint)


# -- areas -----------------------------------------------------------------------------------------------------------


def _check_codes(pack: Pack, report: Report) -> None:
    known = set(pack.by_key(AREAS))
    _check_area_rows(pack, report)
    for row in pack.rows(GRIDS):
        _check_code(row, {15}, known, report)
        if row.get("code") and not _is_code(row.get("code"), {15}):
            report.unread.add(GRIDS)
    rows = pack.rows(*ABOUT)
    is_town = pack.town in known and len(pack.town) in {9, DISTRICT_LENGTH}
    if report.has_read(AREAS) and rows and pack.town and not is_town:
        towns = [code for code in known if len(code) == 9]
        report.dangling(
            rows[0], "town", pack.town, towns, f"town {pack.town!r} is no sub-district", noun="There are"
        )


def _check_area_rows(pack: Pack, report: Report) -> None:
    """Report area codes that are wrong in areas.csv itself, and keep what names them by the right code from following.

    Such a code is of no level, has no parent, or is that of a community without a grid or outline, while grids and
    outlines name a community that is not in the table and differs by a slip.
    """
    areas = pack.by_key(AREAS)
    for row in pack.rows(AREAS) if report.has_read(AREAS) else ():
        code = row.get("code")
        parent = code[: PARENT_LENGTH.get(len(code), 0)]
        if code and (not _is_code(code, set(LEVELS)) or (parent and parent not in areas)):
            _check_code(row, set(LEVELS), set(areas), report)
            report.unread.add(AREAS)
    if not report.has_read(AREAS, GRIDS):
        return
    rows = [*pack.rows(GRIDS), *pack.rows(OUTLINES), *(row for code, row in areas.items() if len(code) == 15)]
    named = Counter(row.get("code")[:12] for row in rows)
    unnamed = [code for code in areas if len(code) == 12 and code not in named]
    for missing, times in named.items():
        nearest = find_nearest(missing, unnamed)
        if missing in areas or times < MANY or len(nearest) != 1:
            continue
        row = areas[nearest[0]]
        message = (
            f"community {nearest[0]} has no grid or outline, but {times} are of {missing}, which is not here"
        )
        hint = f"If it is the same community, write {missing} here; else add a line for {missing}."
        report.error_at(row, "code", "dangling", message, hint)
        report.unread.add(AREAS)


def _is_code(code: str, lengths: set[int]) -> bool:
    return code.isascii() and code.isdigit() and len(code) in lengths


def _check_code(row: Row, lengths: set[int], known: set[str], report: Report) -> None:
    code = row.get("code")
    if not code:
        return
    if not _is_code(code, lengths):
        digits = " or ".join(f"{length} ({LEVELS[length]})" for length in sorted(lengths))
        hint = f"It needs {digits} digits; a code is its parent's code and three more digits."
        report.error_at(row, "code", "bad-area-code", f"{code!r} is not an area code", hint)
        return
    parent = code[: PARENT_LENGTH.get(len(code), 0)]
    if report.has_read(AREAS) and parent and parent not in known:
        hint = did_you_mean(parent, _select_codes_of_length(known, len(parent)))
        message = f"{code} lies in {LEVELS[len(parent)]} {parent}, which is not in areas.csv"
        report.missing_name(row, "code", parent, message, hint)


def _select_codes_of_length(codes: Iterable[str], length: int) -> list[str]:
    return [code for code in codes if len(code) == length]


def _check_outlines(pack: Pack, report: Report) -> None:
    areas, grids = pack.by_key(AREAS), pack.by_key(GRIDS)
    check_duplicates(pack.rows(OUTLINES), report)
    for code, row in pack.by_key(OUTLINES).items():
        if report.has_read(AREAS) and code not in areas:
            same_level = _select_codes_of_length(areas, len(code))
            report.dangling(row, "", code, same_level or areas, f"no area {code} in areas.csv")
    with_grid = {code[:12] for code in [*grids, *areas] if len(code) == 15}
    for code, row in areas.items():
        if report.has_read(AREAS, GRIDS) and len(code) == 12 and code not in with_grid:
            hint = "Add one to areas.csv, by its name alone, or to grids.geojson with its outline."
            report.warn_at(row, "", "no-grid", f"community {code} has no grid", hint)


# -- geometries ------------------------------------------------------------------------------------------------------


def _read_shapes(rows: list[Row], report: Report) -> Shapes:
    """Return the sound geometries by code; faults of the others go into the report."""
    shapes: Shapes = {}
    for row in rows:
        code = row.get("code")
        geometry = _read_shape(row, code, report)
        if geometry is not None and code not in shapes:
            shapes[code] = (row, geometry)
    return shapes


def _read_shape(row: Row, code: str, report: Report) -> BaseGeometry | None:
    raw = row.values.get("geometry")
    try:
        geometry = shape(raw) if isinstance(raw, dict) else None
    except UNREADABLE_GEOMETRY as error:
        report.error_at(row, "", "bad-geometry", f"{code}: unreadable geometry: {error}", "Draw it again.")
        return None
    fault = _find_geometry_fault(geometry)
    if fault is not None:
        report.error_at(row, "", "bad-geometry", f"{code}: {fault[0]}", fault[1])
        return None
    return geometry


def _find_geometry_fault(geometry: BaseGeometry | None) -> tuple[str, str] | None:
    """Return what is wrong with the geometry of an area and what to do about it, None for a sound one."""
    if geometry is None or geometry.geom_type not in {"Polygon", "MultiPolygon"} or geometry.is_empty:
        kind = "no geometry" if geometry is None else "an empty or line geometry"
        return kind, "It needs a Polygon or MultiPolygon."
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        swapped = -90 <= west <= east <= 90
        hint = (
            "Longitude comes first: the pairs look swapped."
            if swapped
            else "Export it in WGS 84 (EPSG:4326)."
        )
        return "coordinates are not degrees", hint
    if not geometry.is_valid:
        hint = "The line crosses itself near that point: draw it again or run “fix geometries”."
        return f"invalid geometry: {explain_validity(geometry)}", hint
    return None


def _check_overlaps(shapes: Shapes, report: Report, *, code_length: int) -> None:
    codes = sorted(_select_codes_of_length(shapes, code_length))
    geometries = [shapes[code][1] for code in codes]
    if len(geometries) < 2:
        return
    left, right = shapely.STRtree(geometries).query(geometries, predicate="intersects")
    for i, j in zip(left.tolist(), right.tolist(), strict=True):
        if i >= j:
            continue
        common = geometries[i].intersection(geometries[j]).area
        if common > SLIVER:
            row, other = shapes[codes[j]][0], shapes[codes[i]][0]
            size = f"{common * SQUARE_METRES:,.0f} m²"
            message = f"{codes[j]} overlaps {codes[i]} (line {other.line()}) by {size}"
            hint = "A point must lie in one of them only: move the common border."
            report.error_at(row, "", "overlap", message, hint)


def _check_containment(pack: Pack, grids: Shapes, outlines: Shapes, report: Report) -> None:
    """Check that grids lie in their community and cover it, where the community has an outline."""
    if not report.has_read(GRIDS):
        return
    unsound = {code[:12] for code in pack.by_key(GRIDS) if code not in grids}
    covering: dict[str, list[BaseGeometry]] = defaultdict(list)
    for code, (row, geometry) in grids.items():
        community = code[:12]
        if community not in outlines:
            continue
        covering[community].append(geometry)
        outside = geometry.difference(outlines[community][1]).area
        if outside > SLIVER:
            size = f"{outside * SQUARE_METRES:,.0f} m²"
            message = f"grid {code} reaches {size} outside community {community}"
            hint = "Cut it at the community's border, or give it the code of the community it lies in."
            report.error_at(row, "", "outside-parent", message, hint)
    for community, geometries in covering.items():
        row, outline = outlines[community]
        gap = outline.area - shapely.union_all(geometries).area
        if gap > outline.area * 0.01 and community not in unsound:
            message = f"{gap / outline.area:.0%} of community {community} lies in no grid"
            hint = "A point there takes the nearest grid, or is said to lie outside the town."
            report.warn_at(row, "", "gap", message, hint)


# -- premises and roads ----------------------------------------------------------------------------------------------


def _check_premises(pack: Pack, shapes: Shapes, report: Report) -> None:
    check_duplicates(pack.rows(PREMISES), report)
    for row in pack.rows(PREMISES):
        code, area = row.values.get("code"), row.get("area")
        check_area(pack, row, area, report, f"premise {code}: no area {area}")
        lon, lat = row.values.get("lon"), row.values.get("lat")
        if row.faulty & {"lon", "lat"}:
            continue
        if (lon is None) != (lat is None):
            hint = "Give lon and lat, or neither."
            report.error_at(row, "", "missing-key", f"premise {code}: half a point", hint)
        elif lon is not None and lat is not None and area in shapes:
            _check_premise_point(row, lon, lat, shapes[area][1], report)


def _check_premise_point(row: Row, lon: float, lat: float, outline: BaseGeometry, report: Report) -> None:
    if outline.covers(shapely.Point(lon, lat)):
        return
    code, area = row.values.get("code"), row.get("area")
    swapped = outline.covers(shapely.Point(lat, lon))
    hint = (
        "lon and lat are swapped."
        if swapped
        else "Correct lon and lat (WGS 84), or name the area it lies in."
    )
    message = f"premise {code} does not lie in {LEVELS[len(area)]} {area}"
    report.error_at(row, "", "outside-parent", message, hint)


def _check_roads(pack: Pack, report: Report) -> None:
    check_duplicates(pack.rows(ROADS), report, ("name",))
    for row in pack.rows(ROADS):
        for area in row.get("areas").split():
            check_area(pack, row, area, report, f"road {row.values.get('name')}: no area {area}")
