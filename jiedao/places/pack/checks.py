"""Check the places of a pack: codes, outlines, grids, premises, roads."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from jiedao.kernel.nearest import find_nearest
from jiedao.kernel.packs.checks import check_duplicates, check_names
from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.pack import ABOUT, Pack, suggest_renaming
from jiedao.kernel.packs.rows import Row
from jiedao.kernel.packs.successions import check_successions
from jiedao.kernel.phrasing import list_names, name_subject
from jiedao.places.pack.tables import AREAS, FILES, GRIDS, OUTLINES, PREMISES, ROADS

DISTRICT_LENGTH = 6
LEVELS = {
    6: pgettext_lazy("level", "区"),
    9: pgettext_lazy("level", "街道"),
    12: pgettext_lazy("level", "社区"),
    15: pgettext_lazy("level", "网格"),
}
INVALID = {  # what GEOS states of an invalid geometry
    "Self-intersection": gettext_lazy("边界线自己相交"),
    "Ring Self-intersection": gettext_lazy("边界线自己相碰"),
    "Hole lies outside shell": gettext_lazy("洞在外圈以外"),
    "Nested holes": gettext_lazy("洞里有洞"),
    "Nested shells": gettext_lazy("外圈套着外圈"),
    "Duplicate Rings": gettext_lazy("同一个圈画了两次"),
    "Interior is disconnected": gettext_lazy("中间断开"),
    "Too few points in geometry component": gettext_lazy("顶点太少"),
    "Invalid Coordinate": gettext_lazy("坐标不是数"),
}
PARENT_LENGTH = {9: 6, 12: 9, 15: 12}
# In one square degree at Shenzhen's latitude; used to describe areas and to ignore slivers.
SQUARE_METRES = 1.14e10
MANY = 2  # grids and outlines that name a missing community: fewer are more likely wrong themselves
SLIVER = 10 / SQUARE_METRES  # square degrees; smaller overlaps and gaps come from rounding and are no fault
UNREADABLE_GEOMETRY = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    RecursionError,  # brackets nested hundreds deep
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
    message = _("缺少这个文件，areas.csv 里也没有网格")
    hint = _("没有边界图时，把网格写进 areas.csv：15 位代码和名称。")
    hint = suggest_renaming(pack.folder, GRIDS, {spec.name for spec in FILES}) or hint
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
            message = _("%(code)s 在 areas.csv 里叫“%(name)s”，这里叫“%(other)s”")
            message %= {"code": code, "name": name, "other": row.get("name")}
            hint = _("以 areas.csv 的名称为准。改一致，或在这里不写。")
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
                words = {"level": LEVELS[len(code)], "code": code, "old": old_code, "digits": len(code)}
                message = _("%(level)s %(code)s 不能由 %(old)s 变来")
                hint = _("%(level)s的代码是 %(digits)d 位。")
                report.error_at(row, "was", "bad-succession", message % words, hint % words, item=old_code)


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
    if not report.has_read(AREAS) or not rows or not pack.town:
        return
    towns = [code for code in known if len(code) == 9]
    if pack.town not in known or len(pack.town) not in {9, DISTRICT_LENGTH}:
        message = _("town 写的 %(code)s 不是 areas.csv 里的街道") % {"code": pack.town}
        report.dangling(rows[0], "town", pack.town, towns, message, noun=_("现有"))
    elif len(pack.town) == DISTRICT_LENGTH and any(len(code) == 12 for code in known):
        message = _("town 写的 %(code)s 是区，areas.csv 里却有社区：区的数据包只写到街道") % {
            "code": pack.town
        }
        report.dangling(rows[0], "town", pack.town, towns, message, noun=_("现有"))


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
        words = {"code": nearest[0], "times": times, "missing": missing}
        message = _("社区 %(code)s 没有网格和边界，却有 %(times)d 个网格或边界属于 %(missing)s，这里没有它")
        hint = _("如果是同一个社区，这里改成 %(missing)s；否则加一行 %(missing)s。")
        report.error_at(row, "code", "dangling", message % words, hint % words)
        report.unread.add(AREAS)


def _is_code(code: str, lengths: set[int]) -> bool:
    return code.isascii() and code.isdigit() and len(code) in lengths


def _check_code(row: Row, lengths: set[int], known: set[str], report: Report) -> None:
    code = row.get("code")
    if not code:
        return
    if not _is_code(code, lengths):
        digits = list_names(
            _("%(level)s %(digits)d 位") % {"level": LEVELS[length], "digits": length}
            for length in sorted(lengths)
        )
        message = _("%(code)s 不是区域代码") % {"code": code}
        hint = _("位数：%(digits)s；代码是上一级的代码再加三位数字。")
        report.error_at(row, "code", "bad-area-code", message, hint % {"digits": digits})
        return
    parent = code[: PARENT_LENGTH.get(len(code), 0)]
    if report.has_read(AREAS) and parent and parent not in known:
        hint = did_you_mean(parent, _select_codes_of_length(known, len(parent)))
        message = _("%(code)s 属于%(level)s %(parent)s，areas.csv 里没有它")
        message %= {"code": code, "level": LEVELS[len(parent)], "parent": parent}
        report.missing_name(row, "code", parent, message, hint)


def _select_codes_of_length(codes: Iterable[str], length: int) -> list[str]:
    return [code for code in codes if len(code) == length]


def _check_outlines(pack: Pack, report: Report) -> None:
    areas, grids = pack.by_key(AREAS), pack.by_key(GRIDS)
    check_duplicates(pack.rows(OUTLINES), report)
    for code, row in pack.by_key(OUTLINES).items():
        if report.has_read(AREAS) and code not in areas:
            same_level = _select_codes_of_length(areas, len(code))
            message = _("areas.csv 里没有区域 %(code)s") % {"code": code}
            report.dangling(row, "", code, same_level or areas, message)
    with_grid = {code[:12] for code in [*grids, *areas] if len(code) == 15}
    for code, row in areas.items():
        if report.has_read(AREAS, GRIDS) and len(code) == 12 and code not in with_grid:
            message = _("社区 %(code)s 没有网格") % {"code": code}
            hint = _("在 areas.csv 里加网格（写代码和名称即可），或在 grids.geojson 里画出边界。")
            report.warn_at(row, "", "no-grid", message, hint)


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
    except UNREADABLE_GEOMETRY:
        message = _("边界读不出来")
        report.error_at(row, "", "bad-geometry", name_subject(code, message), _("请重新画。"))
        return None
    fault = _find_geometry_fault(geometry)
    if fault is not None:
        report.error_at(row, "", "bad-geometry", name_subject(code, fault[0]), fault[1])
        return None
    return geometry


def _find_geometry_fault(geometry: BaseGeometry | None) -> tuple[str, str] | None:
    """Return what is wrong with the geometry of an area and what to do about it, None for a sound one."""
    if geometry is None or geometry.geom_type not in {"Polygon", "MultiPolygon"} or geometry.is_empty:
        words = _("没有边界") if geometry is None else _("边界是空的，或者是线和点")
        return words, _("要画成面：Polygon 或 MultiPolygon。")
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        swapped = -90 <= west <= east <= 90
        hint = _("导出时选 WGS 84（EPSG:4326）。")
        if swapped:
            hint = _("经度写在前面：每对坐标看来写反了。")
        return _("坐标不是经纬度"), hint
    if not geometry.is_valid:
        kind, _bracket, place = explain_validity(geometry).rstrip("]").partition("[")
        message = _("边界画错了：%(why)s（%(place)s）")
        message %= {"why": INVALID.get(kind, kind), "place": place}
        hint = _("边界线在那一点附近自己相交：请重新画，或用地图软件的“修复几何”。")
        return message, hint
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
            message = _("%(code)s 和 %(other)s（第 %(line)d 行）重叠 %(size)s 平方米")
            message %= {
                "code": codes[j],
                "other": codes[i],
                "line": other.line(),
                "size": f"{common * SQUARE_METRES:,.0f}",
            }
            hint = _("一个点只能属于其中一个：请挪动共用的边界。")
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
            message = _("网格 %(code)s 有 %(size)s 平方米在社区 %(community)s 外面")
            message %= {"code": code, "size": f"{outside * SQUARE_METRES:,.0f}", "community": community}
            hint = _("沿社区的边界裁齐，或改用它所在社区的代码。")
            report.error_at(row, "", "outside-parent", message, hint)
    for community, geometries in covering.items():
        row, outline = outlines[community]
        gap = outline.area - shapely.union_all(geometries).area
        if gap > outline.area * 0.01 and community not in unsound:
            message = _("社区 %(community)s 有 %(share)s 的面积不在任何网格里")
            message %= {"community": community, "share": f"{gap / outline.area:.0%}"}
            hint = _("那里的点归到最近的网格，或被当作在街道以外。")
            report.warn_at(row, "", "gap", message, hint)


# -- premises and roads ----------------------------------------------------------------------------------------------


def _check_premises(pack: Pack, shapes: Shapes, report: Report) -> None:
    check_duplicates(pack.rows(PREMISES), report)
    for row in pack.rows(PREMISES):
        code, area = row.values.get("code"), row.get("area")
        message = _("处所 %(premise)s：没有区域 %(code)s") % {"premise": code, "code": area}
        check_area(pack, row, area, report, message)
        lon, lat = row.values.get("lon"), row.values.get("lat")
        if row.faulty & {"lon", "lat"}:
            continue
        if (lon is None) != (lat is None):
            message = _("处所 %(code)s：经度和纬度只写了一个") % {"code": code}
            report.error_at(row, "", "missing-key", message, _("lon 和 lat 都写，或都不写。"))
        elif lon is not None and lat is not None and area in shapes:
            _check_premise_point(row, lon, lat, shapes[area][1], report)


def _check_premise_point(row: Row, lon: float, lat: float, outline: BaseGeometry, report: Report) -> None:
    if outline.covers(shapely.Point(lon, lat)):
        return
    code, area = row.values.get("code"), row.get("area")
    swapped = outline.covers(shapely.Point(lat, lon))
    hint = _("改正 lon 和 lat（WGS 84），或改写它所在的区域。")
    if swapped:
        hint = _("lon 和 lat 写反了。")
    message = _("处所 %(code)s 不在%(level)s %(area)s 里")
    message %= {"code": code, "level": LEVELS[len(area)], "area": area}
    report.error_at(row, "", "outside-parent", message, hint)


def _check_roads(pack: Pack, report: Report) -> None:
    check_duplicates(pack.rows(ROADS), report, ("name",))
    for row in pack.rows(ROADS):
        for area in row.get("areas").split():
            message = _("道路 %(name)s：没有区域 %(code)s")
            check_area(pack, row, area, report, message % {"name": row.values.get("name"), "code": area})
