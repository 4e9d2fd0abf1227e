"""How figures identify areas and units: the keys of cells, the columns to group by, and the ids that lists accept."""

from typing import Any

from django.db.models import Q
from django.db.models.functions import Substr
from django.db.models.lookups import In

from jiedao.orgs.units import UNITS, UnitInfo, unit_info
from jiedao.places.models import AreaKind
from jiedao.places.selectors import EVERY_AREA, AreaInfo, community_of

NOWHERE = 0  # the id that a list of rows accepts for "in no community" and for "of no unit"


def list_community_paths() -> list[str]:
    """Return the paths of the communities; retired ones too, because figures of past days have rows of them."""
    return [area.path for area in EVERY_AREA.get().values() if area.kind == AreaKind.COMMUNITY]


def build_community_column(column: str = "area_path") -> Any:
    """Return the expression for the community's path, from a column that holds the path of an area in the community."""
    return Substr(column, 1, _get_path_length())


def make_community_key(path: str | None) -> str:
    """Return the key of a cell: the path if it is in a community, else ""."""
    return path if path and community_of(path) is not None else ""


def filter_outside_communities(column: str = "area_path") -> Q:
    """Return the filter for rows that are in no community."""
    return ~Q(In(build_community_column(column), list_community_paths()))


def find_community(key: str) -> AreaInfo | None:
    """Return the community of a key in the split by area; None for the key "", which means no community."""
    return community_of(key) if key else None


def find_area_by_code(code: str) -> AreaInfo | None:
    """Return an area by its code, even a retired one."""
    return next((area for area in EVERY_AREA.get().values() if area.code == code), None)


def make_unit_key(unit_id: int | None) -> str:
    """Return the key of a cell: the code of the unit, "" for None or an unknown unit."""
    unit = unit_info(unit_id)
    return unit.code if unit is not None else ""


def find_unit_by_code(code: str) -> UnitInfo | None:
    """Return a unit by its code, even a retired one."""
    return next((unit for unit in UNITS.get().values() if unit.code == code), None)


def _get_path_length() -> int:
    return max(map(len, list_community_paths()), default=12)
