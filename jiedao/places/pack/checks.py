"""Check the places of a pack: codes, outlines, grids, premises."""

from collections import defaultdict
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from jiedao.packs.faults import Report, did_you_mean
from jiedao.packs.pack import Pack
from jiedao.packs.reading import Row

LEVELS = {6: "district", 9: "sub-district", 12: "community", 15: "grid"}
PARENT_LENGTH = {9: 6, 12: 9, 15: 12}
SQUARE_METRES = 1.14e10  # in one square degree at Shenzhen's latitude; only used to word and to bound slivers
SLIVER = 10 / SQUARE_METRES


def check_areas(pack: Pack, report: Report) -> None:
    """Check area codes and every geometry against each other."""
    check_duplicates(pack.rows("areas.csv") + pack.rows("grids.geojson"), report)
    _check_codes(pack, report)
    outlines = _geometries(pack.rows("communities.geojson"), report)
    grids = _geometries(pack.rows("grids.geojson"), report)
    _check_outlines(pack, report)
    _check_overlaps(outlines, report, only_length=12)
    _check_overlaps(grids, report, only_length=15)
    _check_containment(pack, grids, outlines, report)
    _check_premises(pack, {**outlines, **grids}, report)
    _check_roads(pack, report)


def check_duplicates(rows: list[Row], report: Report, keys: tuple[str, ...] = ("code",)) -> None:
    """Report every row whose key stands in an earlier row."""
    seen: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        if not all(key in row.values for key in keys):
            continue
        key = tuple(row.values[name] for name in keys)
        first = seen.setdefault(key, row)
        if first is not row:
            shown = " ".join(str(part) for part in key)
            report.error(
                row.file, row.line(keys[-1]), "duplicate", f"{shown} stands twice",
                f"It is already in {first.file}, line {first.line(keys[-1])}. Remove or renumber one.",
            )  # fmt: skip


def area_codes(pack: Pack) -> set[str]:
    """Return the code of every area of the pack, grids included."""
    return {*pack.coded("areas.csv"), *pack.coded("grids.geojson")}


def no_area(pack: Pack, code: str, report: Report) -> str | None:
    """Return what to do about a code that no area has; None when one has it, or when the areas are not known."""
    codes = area_codes(pack)
    if code in codes or not report.knows("areas.csv", "grids.geojson"):
        return None
    same_level = [known for known in codes if len(known) == len(code)]
    return did_you_mean(code, same_level or codes)


def _check_codes(pack: Pack, report: Report) -> None:
    known = set(pack.coded("areas.csv"))
    for file, lengths in (("areas.csv", {6, 9, 12}), ("grids.geojson", {15})):
        for row in pack.rows(file):
            code = row.values.get("code", "")
            if not code:
                continue
            if not (code.isascii() and code.isdigit() and len(code) in lengths):
                wanted = " or ".join(f"{n} ({LEVELS[n]})" for n in sorted(lengths))
                hint = f"It needs {wanted} digits; a code is its parent's code and three more digits."
                report.error(file, row.line("code"), "bad-area-code", f"{code!r} is not an area code", hint)
            elif (
                report.knows("areas.csv") and len(code) > 6 and code[: PARENT_LENGTH[len(code)]] not in known
            ):
                parent = code[: PARENT_LENGTH[len(code)]]
                report.error(
                    file, row.line("code"), "dangling",
                    f"{code} lies in {LEVELS[len(parent)]} {parent}, which is not in areas.csv",
                    did_you_mean(parent, (c for c in known if len(c) == len(parent)), noun="There are"),
                )  # fmt: skip
    top = pack.rows("pack.toml", "pack")
    if report.knows("areas.csv") and top and pack.town and (pack.town not in known or len(pack.town) != 9):
        report.error(
            "pack.toml", top[0].line("town"), "dangling", f"town {pack.town!r} is no sub-district",
            did_you_mean(pack.town, (code for code in known if len(code) == 9), noun="There are"),
        )  # fmt: skip


def _check_outlines(pack: Pack, report: Report) -> None:
    areas, grids = pack.coded("areas.csv"), pack.coded("grids.geojson")
    check_duplicates(pack.rows("communities.geojson"), report)
    for code, row in pack.coded("communities.geojson").items():
        if report.knows("areas.csv") and code not in areas:
            hint = did_you_mean(code, areas)
            report.error(row.file, row.line(), "dangling", f"no area {code} in areas.csv", hint)
    with_grid = {code[:12] for code in grids}
    for code, row in areas.items():
        if report.knows("grids.geojson") and len(code) == 12 and code not in with_grid:
            report.warn(
                row.file, row.line(), "no-grid", f"community {code} has no grid",
                "A point in it will be said to lie outside the town.",
            )  # fmt: skip


def _geometries(rows: list[Row], report: Report) -> dict[str, tuple[Row, BaseGeometry]]:
    """Return the sound geometries by code; faults of the others go into the report."""
    good = {}
    for row in rows:
        code = row.values.get("code", "")
        geometry = _sound(row, code, report)
        if geometry is not None and code not in good:
            good[code] = (row, geometry)
    return good


def _sound(row: Row, code: str, report: Report) -> BaseGeometry | None:
    raw = row.values.get("geometry")
    try:
        geometry = shape(raw) if isinstance(raw, dict) else None
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        shapely.errors.ShapelyError,
    ) as fault:
        report.error(
            row.file, row.line(), "bad-geometry", f"{code}: unreadable geometry: {fault}", "Draw it again."
        )
        return None
    if geometry is None or geometry.geom_type not in {"Polygon", "MultiPolygon"} or geometry.is_empty:
        kind = "no geometry" if geometry is None else "an empty or line geometry"
        report.error(
            row.file, row.line(), "bad-geometry", f"{code}: {kind}", "It needs a Polygon or MultiPolygon."
        )
        return None
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        swapped = -90 <= west <= east <= 90
        hint = (
            "Longitude comes first: the pairs look swapped."
            if swapped
            else "Export it in WGS 84 (EPSG:4326)."
        )
        report.error(row.file, row.line(), "bad-geometry", f"{code}: coordinates are not degrees", hint)
        return None
    if not geometry.is_valid:
        why = explain_validity(geometry)
        hint = "The line crosses itself near that point: draw it again or run “fix geometries”."
        report.error(row.file, row.line(), "bad-geometry", f"{code}: invalid geometry: {why}", hint)
        return None
    return geometry


def _check_overlaps(shapes: dict[str, tuple[Row, BaseGeometry]], report: Report, only_length: int) -> None:
    codes = sorted(code for code in shapes if len(code) == only_length)
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
            report.error(
                row.file, row.line(), "overlap",
                f"{codes[j]} overlaps {codes[i]} (line {other.line()}) by {common * SQUARE_METRES:,.0f} m²",
                "A point must lie in one of them only: move the common border.",
            )  # fmt: skip


def _check_containment(
    pack: Pack,
    grids: dict[str, tuple[Row, BaseGeometry]],
    outlines: dict[str, tuple[Row, BaseGeometry]],
    report: Report,
) -> None:
    unsound = {code[:12] for code in pack.coded("grids.geojson") if code not in grids}
    covered: dict[str, list[BaseGeometry]] = defaultdict(list)
    for code, (row, geometry) in grids.items():
        community = code[:12]
        if community not in outlines:
            continue
        covered[community].append(geometry)
        outside = geometry.difference(outlines[community][1]).area
        if outside > SLIVER:
            report.error(
                row.file, row.line(), "outside-parent",
                f"grid {code} reaches {outside * SQUARE_METRES:,.0f} m² outside community {community}",
                "Cut it at the community's border, or give it the code of the community it lies in.",
            )  # fmt: skip
    for community, geometries in covered.items():
        row, outline = outlines[community]
        gap = outline.area - shapely.union_all(geometries).area
        if gap > outline.area * 0.01 and community not in unsound:
            report.warn(
                row.file, row.line(), "gap",
                f"{gap / outline.area:.0%} of community {community} lies in no grid",
                "A point there takes the nearest grid, or is said to lie outside the town.",
            )  # fmt: skip


def _check_premises(pack: Pack, shapes: dict[str, tuple[Row, BaseGeometry]], report: Report) -> None:
    check_duplicates(pack.rows("premises.csv"), report)
    for row in pack.rows("premises.csv"):
        code, area = row.values.get("code"), row.values.get("area", "")
        hint = no_area(pack, area, report) if area else None
        if hint is not None:
            report.error(row.file, row.line(), "dangling", f"premise {code}: no area {area}", hint)
        lon, lat = row.values.get("lon"), row.values.get("lat")
        if row.faulty & {"lon", "lat"}:
            continue
        if (lon is None) != (lat is None):
            hint = "Give lon and lat, or neither."
            report.error(row.file, row.line(), "missing-key", f"premise {code}: half a point", hint)
        elif (
            lon is not None
            and lat is not None
            and area in shapes
            and not shapes[area][1].covers(shapely.Point(lon, lat))
        ):
            swapped = shapes[area][1].covers(shapely.Point(lat, lon))
            report.error(
                row.file, row.line(), "outside-parent",
                f"premise {code} does not lie in {LEVELS[len(area)]} {area}",
                "lon and lat are swapped." if swapped
                else "Correct lon and lat (WGS 84), or name the area it lies in.",
            )  # fmt: skip


def _check_roads(pack: Pack, report: Report) -> None:
    check_duplicates(pack.rows("roads.csv"), report, ("name",))
    for row in pack.rows("roads.csv"):
        for area in row.values.get("areas", "").split():
            hint = no_area(pack, area, report)
            if hint is not None:
                report.error(
                    row.file, row.line(), "dangling", f"road {row.values.get('name')}: no area {area}", hint
                )
