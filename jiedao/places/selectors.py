"""Finding places: the grid of a point, and areas by id, path and code."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.kernel.coordinates import CoordinateSystem, to_wgs84, valid_point
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import Memo
from jiedao.places.models import Area, AreaKind, Named

if TYPE_CHECKING:
    from jiedao.kernel.geo import PolygonIndex


@dataclass(frozen=True)
class AreaInfo(Named):
    """An area as lists need it, without a query."""

    id: int
    path: str
    kind: str
    code: str
    name: str
    name_en: str
    parent_path: str


@dataclass(frozen=True)
class Located:
    """Where a point lies: its area, or plainly outside the town.

    `distance_m` is 0 inside the grid, else the metres to the nearest grid.
    """

    lon: float
    lat: float
    area: AreaInfo | None
    exact: bool
    distance_m: float

    @property
    def outside(self) -> bool:
        """Tell whether the point is more than 200 m from every grid."""
        return self.area is None


def _load_areas() -> dict[int, AreaInfo]:
    rows = Area.objects.filter(active=True).order_by("path")
    return {
        pk: AreaInfo(pk, path, kind, code, name, name_en, path[:-4])
        for pk, path, kind, code, name, name_en in rows.values_list(
            "id", "path", "kind", "code", "name", "name_en"
        )
    }


def _load_index() -> "PolygonIndex[int]":
    from jiedao.kernel.geo import PolygonIndex  # noqa: PLC0415 (numpy and shapely: most commands need neither)

    rows = Area.objects.filter(active=True, kind=AreaKind.GRID, polygon__isnull=False).order_by("code")
    return PolygonIndex([(pk, polygon) for pk, polygon in rows.values_list("id", "polygon")])


AREAS: Memo[dict[int, AreaInfo]] = Memo(_load_areas)
_BY_PATH: Memo[dict[str, AreaInfo]] = Memo(lambda: {row.path: row for row in AREAS.get().values()})
_INDEX: "Memo[PolygonIndex[int]]" = Memo(_load_index, seconds=60.0)
_TEXTS: Memo[dict[tuple[str | None, str], str]] = Memo(dict)  # a list of fifty cases asks for fifty of them


def area_info(area_id: int | None) -> AreaInfo | None:
    """Return the area by id; None for None or for a retired area."""
    return AREAS.get().get(area_id) if area_id is not None else None


def area_chain(path: str) -> list[AreaInfo]:
    """Return the areas from the district down to the one at the path."""
    by_path = _BY_PATH.get()
    steps = (path[: 4 * level] for level in range(1, len(path) // 4 + 1))
    return [by_path[step] for step in steps if step in by_path]


def community_of(path: str) -> AreaInfo | None:
    """Return the community that the area at the path is or lies in."""
    return next((row for row in area_chain(path) if row.kind == AreaKind.COMMUNITY), None)


def area_text(path: str) -> str:
    """Return community and grid in words, e.g. "布吉圩社区 · 网格003", in the reader's language."""
    texts, key = _TEXTS.get(), (get_language(), path)
    if (text := texts.get(key)) is None:
        text = texts[key] = _area_text(path)
    return text


def _area_text(path: str) -> str:
    wanted = {AreaKind.COMMUNITY.value, AreaKind.GRID.value}
    rows = [row for row in area_chain(path) if row.kind in wanted]
    return " · ".join(row.label for row in rows) or " · ".join(row.label for row in area_chain(path)[-1:])


def locate(lon: float, lat: float, system: str = "WGS84") -> Located:
    """Return the grid of a point given in any accepted coordinate system.

    Raises UserError when the numbers are not a point on earth or the system is unknown.
    """
    try:
        wgs_lon, wgs_lat = to_wgs84(lon, lat, CoordinateSystem(system))
        known = valid_point(wgs_lon, wgs_lat)
    except ValueError:
        known = False
    if not known:
        hint = _("经度在 -180 到 180 之间，纬度在 -90 到 90 之间；坐标系可用 WGS84、CGCS2000、GCJ02、BD09。")
        if valid_point(lat, lon):
            hint = _("经度和纬度好像填反了：经度在前（如 114.12），纬度在后（如 22.60）。")
        raise UserError(
            _("坐标（%(lon)s，%(lat)s）不是有效的位置。") % {"lon": lon, "lat": lat}, hint=hint, field="lon"
        )
    hit = _INDEX.get().locate(wgs_lon, wgs_lat)
    if hit is None:
        return Located(wgs_lon, wgs_lat, None, exact=False, distance_m=float("inf"))
    return Located(wgs_lon, wgs_lat, AREAS.get().get(hit.key), hit.exact, hit.distance_m)
