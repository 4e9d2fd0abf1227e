"""The units of the office, cached in the process: reading a unit costs no query."""

from dataclasses import dataclass

from jiedao.kernel.memo import Memo
from jiedao.orgs.models import Unit
from jiedao.places.models import Named


@dataclass(frozen=True)
class UnitInfo(Named):
    """A unit with the columns that lists show."""

    id: int
    code: str
    name: str
    name_en: str
    kind: str
    parent_id: int | None
    active: bool
    duty_phone: str


def _load_units() -> dict[int, UnitInfo]:
    columns = ("id", "code", "name", "name_en", "kind", "parent_id", "active", "duty_phone")
    return {row[0]: UnitInfo(*row) for row in Unit.objects.order_by("id").values_list(*columns)}


UNITS: Memo[dict[int, UnitInfo]] = Memo(_load_units)


def unit_info(unit_id: int | None) -> UnitInfo | None:
    """Return a unit by its id, even a retired one; None for None or an unknown id."""
    return UNITS.get().get(unit_id) if unit_id is not None else None
