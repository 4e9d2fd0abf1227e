"""Units that values of the town's own name in the duty list."""

from typing import Any

from jiedao.kernel.models import OwnValue
from jiedao.kernel.packs.own import ROW

UNIT_FIELDS = ("lead_unit", "helpers", ROW)


def list_own_values() -> Any:
    """Return the own values of the duty list that may name units."""
    return OwnValue.objects.filter(kind="duty", field__in=UNIT_FIELDS).order_by("pk")


def list_units(value: Any) -> list[str]:
    """Return the units that an own value names: a lead unit, helpers, or both of a line of the town's own."""
    if isinstance(value, dict):
        return [value["lead_unit"], *value["helpers"]]
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def replace_unit(value: Any, new_codes: dict[str, str]) -> Any:
    """Return an own value, or the values of a line, with other codes of units; the lead never helps itself."""
    if isinstance(value, dict):
        lead = new_codes.get(value["lead_unit"], value["lead_unit"])
        helpers = {new_codes.get(code, code) for code in value["helpers"]} - {lead}
        return {**value, "lead_unit": lead, "helpers": sorted(helpers)}
    if isinstance(value, list):
        return sorted({new_codes.get(code, code) for code in value})
    return new_codes.get(value, value)
