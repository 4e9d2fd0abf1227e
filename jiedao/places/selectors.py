"""Reading places: the grid that contains a point, and areas by id and path."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.kernel.coordinates import CoordinateSystem, is_valid_point, to_wgs84
from jiedao.kernel.errors import UserError
from jiedao.kernel.former_names import AREA, FORMER_NAMES, PRESENT
from jiedao.kernel.memo import Memo
from jiedao.places.models import Area, AreaKind, Named, in_language

STEP = Area.steplen  # characters of a path for each level

if TYPE_CHECKING:
    from jiedao.kernel.geo import PolygonIndex


@dataclass(frozen=True)
class AreaInfo(Named):
    """An area with the columns that lists show, cached in the process."""

    id: int
    path: str
    kind: str
    code: str
    name: str
    name_en: str
    parent_path: str
    active: bool = True


@dataclass(frozen=True)
class PointLocation:
    """Where a point is.

    Attributes:
        lon, lat: the point, converted to WGS 84 degrees.
        area: the grid that contains the point, else the nearest one within 200 m; None for a point outside the town.
        exact: whether the grid contains the point.
        distance_m: metres to the grid, 0 inside it, infinite for a point outside the town.
        can_tell: whether every grid has an outline. Where one has none, a point in no outline may still be in the town.
    """

    lon: float
    lat: float
    area: AreaInfo | None
    exact: bool
    distance_m: float
    can_tell: bool = True

    @property
    def outside(self) -> bool:
        """Whether the point is more than 200 m from every grid; False in a town that lacks outlines."""
        return self.area is None and self.can_tell


def _load_areas() -> dict[int, AreaInfo]:
    rows = Area.objects.order_by("path")
    return {
        pk: AreaInfo(pk, path, kind, code, name, name_en, path[:-STEP], active)
        for pk, path, kind, code, name, name_en, active in rows.values_list(
            "id", "path", "kind", "code", "name", "name_en", "active"
        )
    }


@dataclass(frozen=True)
class _GridIndex:
    """The outlines of the grids, and whether every grid has one."""

    outlines: "PolygonIndex[int]"
    is_complete: bool


def _load_index() -> _GridIndex:
    from jiedao.kernel.geo import PolygonIndex  # noqa: PLC0415 (it loads numpy and shapely, which most commands do not need)

    rows = Area.objects.filter(active=True, kind=AreaKind.GRID).order_by("code").values_list("id", "polygon")
    outlines = [(pk, polygon) for pk, polygon in rows if polygon is not None]
    return _GridIndex(PolygonIndex(outlines), is_complete=bool(outlines) and len(outlines) == len(rows))


EVERY_AREA: Memo[dict[int, AreaInfo]] = Memo(_load_areas)  # retired ones too, for displayed history
AREAS: Memo[dict[int, AreaInfo]] = Memo(
    lambda: {pk: row for pk, row in EVERY_AREA.get().items() if row.active}
)
_BY_PATH: Memo[dict[str, AreaInfo]] = Memo(lambda: {row.path: row for row in EVERY_AREA.get().values()})
_INDEX: Memo[_GridIndex] = Memo(_load_index, seconds=60.0)
# By language, path and era. A list of fifty cases shows fifty of these texts, most of them several times.
_TEXTS: Memo[dict[tuple[str | None, str, int, bool], str]] = Memo(dict)


def _load_retired_areas() -> dict[int, str]:
    return dict(Area.objects.filter(active=False).values_list("id", "path"))


RETIRED: Memo[dict[int, str]] = Memo(_load_retired_areas)


def list_streets() -> list[AreaInfo]:
    """Return the sub-districts in use: one of an office, several of a district."""
    return [area for area in AREAS.get().values() if area.kind == AreaKind.STREET]


def find_town_area() -> AreaInfo | None:
    """Return the area of the office: its sub-district, or the district where it has several; None without any."""
    streets = list_streets()
    if len(streets) == 1:
        return streets[0]
    districts = [area for area in AREAS.get().values() if area.kind == AreaKind.DISTRICT]
    return next(iter([*districts, *streets]), None)


def is_district() -> bool:
    """Return whether the system is that of a district, whose cases belong to sub-districts and not to grids."""
    area = find_town_area()
    return area is not None and area.kind == AreaKind.DISTRICT


def list_retired_areas() -> dict[int, str]:
    """Return the paths of the areas that no longer exist, by id."""
    return RETIRED.get()


def area_info(area_id: int | None) -> AreaInfo | None:
    """Return an area by its id, None where there is no id or the area is retired."""
    return AREAS.get().get(area_id) if area_id is not None else None


def past_area_info(area_id: int | None) -> AreaInfo | None:
    """Return an area by its id, even a retired one; for displayed history, not for choices."""
    return EVERY_AREA.get().get(area_id) if area_id is not None else None


def area_chain(path: str) -> list[AreaInfo]:
    """Return the area at a path and the areas that contain it, the district first, retired areas too."""
    by_path = _BY_PATH.get()
    paths = (path[: STEP * level] for level in range(1, len(path) // STEP + 1))
    return [by_path[prefix] for prefix in paths if prefix in by_path]


def community_of(path: str) -> AreaInfo | None:
    """Return the community that is, or contains, the area at a path; None where there is none."""
    return next((area for area in area_chain(path) if area.kind == AreaKind.COMMUNITY), None)


def area_text(path: str, at: datetime | None = None, *, with_present: bool = False) -> str:
    """Return community and grid in the reader's language, such as "布吉圩社区 · 网格003".

    For an area above the communities it is the area's own name, for an unknown path "".

    Args:
        at: return the names that the areas had at this moment; by default those of the present.
        with_present: add the present name where it is another one: "布吉圩社区（现 老圩社区）".
    """
    era = FORMER_NAMES.get().find_era(at) if at is not None else PRESENT
    texts, key = _TEXTS.get(), (get_language(), path, era, with_present)
    if (text := texts.get(key)) is None:
        text = texts[key] = _make_area_text(path, at, with_present=with_present)
    return text


def _make_area_text(path: str, at: datetime | None, *, with_present: bool) -> str:
    areas = area_chain(path)
    named = [area for area in areas if area.kind in {AreaKind.COMMUNITY, AreaKind.GRID}] or areas[-1:]
    text = " · ".join(_name_area(area, at) for area in named)
    if not with_present or not named:
        return text
    successor = past_area_info(FORMER_NAMES.get().find_successor(AREA, named[-1].id))
    present = area_text(path if successor is None else successor.path)
    return text if present == text else _("%(then)s（现 %(now)s）") % {"then": text, "now": present}


def _name_area(area: AreaInfo, at: datetime | None) -> str:
    names = FORMER_NAMES.get().find(AREA, area.id, at) if at is not None else None
    return in_language(*names) if names is not None else area.label


def locate(lon: float, lat: float, system: str = "WGS84") -> PointLocation:
    """Return where a point is, in the grids of the town.

    Where a grid has no outline, only the grid that contains the point is returned, never the nearest one.

    Args:
        system: the code of the point's `CoordinateSystem`.

    Raises UserError when the numbers are not a point on earth or the system is unknown.
    """
    try:
        wgs_lon, wgs_lat = to_wgs84(lon, lat, CoordinateSystem(system))
        is_valid = is_valid_point(wgs_lon, wgs_lat)
    except ValueError:
        is_valid = False
    if not is_valid:
        hint = _("经度在 -180 到 180 之间，纬度在 -90 到 90 之间；坐标系可用 WGS84、CGCS2000、GCJ02、BD09。")
        if is_valid_point(lat, lon):
            hint = _("经度和纬度好像填反了：经度在前（如 114.12），纬度在后（如 22.60）。")
        raise UserError(
            _("坐标（%(lon)s，%(lat)s）不是有效的位置。") % {"lon": lon, "lat": lat}, hint=hint, field="lon"
        )
    index = _INDEX.get()
    hit = index.outlines.locate(wgs_lon, wgs_lat)
    if hit is None or not (hit.exact or index.is_complete):  # the nearest grid may be one without an outline
        return PointLocation(
            wgs_lon, wgs_lat, None, exact=False, distance_m=float("inf"), can_tell=index.is_complete
        )
    return PointLocation(wgs_lon, wgs_lat, AREAS.get().get(hit.key), hit.exact, hit.distance_m)
