"""How figures name areas and units: keys of cells, the columns they are grouped by, and the ids that lists take."""

from typing import Any

from django.db.models import Q
from django.db.models.functions import Substr
from django.db.models.lookups import In

from jiedao.orgs.units import UNITS, UnitInfo, unit_info
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS, AreaInfo, community_of

NOWHERE = 0  # the id that a list of rows takes for "in no community" and for "of no unit"


def community_paths() -> list[str]:
    """Return the paths of the communities in use."""
    return [area.path for area in AREAS.get().values() if area.kind == AreaKind.COMMUNITY]


def community_column(column: str = "area_path") -> Any:
    """Return the expression of the community's path, from a column that holds the path of an area in it."""
    return Substr(column, 1, _path_length())


def community_key(path: str | None) -> str:
    """Return the path where it is a community's; "" for what is in the town and in no community."""
    return path if path and community_of(path) is not None else ""


def outside_communities(column: str = "area_path") -> Q:
    """Return the filter of rows that are in no community."""
    return ~Q(In(community_column(column), community_paths()))


def community_at(key: str) -> AreaInfo | None:
    """Return the community of a key of the split by area; None for the key of no community."""
    return community_of(key) if key else None


def area_by_code(code: str) -> AreaInfo | None:
    """Return an area in use by its code."""
    return next((area for area in AREAS.get().values() if area.code == code), None)


def unit_key(unit_id: int | None) -> str:
    """Return the code of a unit; "" for none."""
    unit = unit_info(unit_id)
    return unit.code if unit is not None else ""


def unit_by_code(code: str) -> UnitInfo | None:
    """Return a unit by its code, a retired one too."""
    return next((unit for unit in UNITS.get().values() if unit.code == code), None)


def _path_length() -> int:
    return max(map(len, community_paths()), default=12)
