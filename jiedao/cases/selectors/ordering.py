"""The orders of a list of cases (`kernel.ordering`)."""

import re
from typing import Any

from jiedao.cases.flow import State
from jiedao.kernel.ordering import Ordering, make_both, read_id_value, read_moment_value, sort_by_position

_STATES = list(State.values)
_POSITIONS = {state: position for position, state in enumerate(_STATES)}
_PATH = re.compile("[0-9A-Z]{1,64}")  # of `Case.area_path`


def _read_path(text: str) -> str | None:
    return text if _PATH.fullmatch(text) else None


_BY_ID: dict[str, Any] = {"column": "id", "get": lambda row: row.id, "read_value": read_id_value}
_BY_DUE: dict[str, Any] = {
    "column": "due_at",
    "get": lambda row: row.due_at,
    "read_value": read_moment_value,
    "null": True,
}

ORDERINGS: dict[str, Ordering] = {
    "newest": Ordering(**_BY_ID, descending=True),
    "oldest": Ordering(**_BY_ID),
    "urgency": Ordering(**_BY_DUE),
    "-due": Ordering(**_BY_DUE, descending=True),
    **make_both(
        "state",
        column="state",
        expression=sort_by_position("state", _STATES),
        get=lambda row: _POSITIONS.get(row.state, len(_STATES)),
        read_value=read_id_value,
    ),
    # Categories and units are stored in the order of the pack, which is that of their codes.
    **make_both(
        "category",
        column="category_id",
        get=lambda row: row.category_id,
        read_value=read_id_value,
        null=True,
    ),
    **make_both(
        "area",
        column="area_path",
        get=lambda row: row.area_path,
        read_value=_read_path,
        blank=True,
    ),
    **make_both(
        "unit",
        column="lead_unit_id",
        get=lambda row: row.lead_unit_id,
        read_value=read_id_value,
        null=True,
    ),
    **make_both(
        "reported", column="reported_at", get=lambda row: row.reported_at, read_value=read_moment_value
    ),
}
BY_ID = frozenset({"newest", "oldest"})  # these cost the same for a list of any length
