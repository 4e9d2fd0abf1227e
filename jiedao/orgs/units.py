"""The units of the office, cached in the process: reading a unit costs no query."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.kernel.former_names import FORMER_NAMES, UNIT
from jiedao.kernel.memo import Memo
from jiedao.orgs.models import Unit
from jiedao.places.models import Named, in_language


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


def unit_label(unit_id: int | None, at: datetime | None = None, *, with_present: bool = False) -> str:
    """Return the name of a unit in the reader's language, even of a retired one; "" for None or an unknown id.

    Args:
        at: return the name that the unit had at this moment; by default that of the present.
        with_present: add the present name where it is another one: "环卫所（现 城管中心）".
    """
    unit = unit_info(unit_id)
    if unit is None:
        return ""
    if at is None and not with_present:
        return unit.label
    former = FORMER_NAMES.get()
    names = former.find(UNIT, unit.id, at)
    text = in_language(*names) if names is not None else unit.label
    if not with_present:
        return text
    present = unit_info(former.find_successor(UNIT, unit.id)) or unit
    return (
        text if present.label == text else _("%(then)s（现 %(now)s）") % {"then": text, "now": present.label}
    )
