"""The orders of a list of cases, each with its cursor, so that a page begins after a row in any of them.

Rows are ordered by a column and, among equals, by id. Rows without a value of the column come last in both directions:
they are a second part of the list, which is read only where a page reaches it. So the first part is a plain range of an
index where the column has one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case as Choose
from django.db.models import IntegerField, Q, Value, When

from jiedao.cases.flow import State
from jiedao.cases.models import CaseQuerySet
from jiedao.kernel import keyset

FLOW_POSITION = "flow_position"
_POSITIONS = {state: position for position, state in enumerate(State.values)}
_PATH = re.compile("[0-9A-Z]{1,64}")  # of `Case.area_path`


@dataclass(frozen=True)
class Place:
    """The position of a cursor: its direction, the id of its row, and the value of the column; None without one."""

    backward: bool
    id: int
    value: Any = None


def _read_moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _read_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _read_path(text: str) -> str | None:
    return text if _PATH.fullmatch(text) else None


def _write_value(value: Any) -> str:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


@dataclass(frozen=True)
class Ordering:
    """An order by one column.

    Attributes:
        column: the column, or the name of an annotation.
        get: reads its value from a `CaseRow`; None or "" where there is none.
        read_value: reads the value of a cursor; None where it is not one.
        empty: which rows have no value; None where every row has one.
        descending: whether the largest value comes first.
    """

    column: str
    get: Callable[[Any], Any]
    read_value: Callable[[str], Any]
    empty: Q | None = None
    descending: bool = False

    def write_cursor(self, direction: str, row: Any) -> str:
        """Return the cursor of the page after ("n") or before ("p") a row."""
        if self.column == "id":
            return f"{direction}{row.id}"
        value = self.get(row)
        return f"{direction}{row.id}~{'' if value in (None, '') else _write_value(value)}"

    def read_cursor(self, cursor: str) -> Place | None:
        """Return the position of a cursor, None where it is not one of this order."""
        head, mark, text = cursor.partition("~")
        position = keyset.read_cursor(head)
        if position is None or bool(mark) != (self.column != "id"):
            return None
        if not text:
            return Place(*position) if self.column == "id" or self.empty is not None else None
        value = self.read_value(text)
        return Place(*position, value) if value is not None else None

    def sort(self, cases: CaseQuerySet) -> CaseQuerySet:
        """Return the cases in this order, for a list that is read as one."""
        cases = self._annotate(cases)
        columns = self._list_columns(valued=True, backward=False)
        if self.empty is None:
            return cases.order_by(*columns)
        is_empty = Choose(When(self.empty, then=1), default=0, output_field=IntegerField())
        return cases.order_by(is_empty, *columns)

    def read(
        self,
        cases: CaseQuerySet,
        place: Place | None,
        most: int,
        read_rows: Callable[[CaseQuerySet], Sequence[Any]],
    ) -> list[Any]:
        """Return up to `most` rows after a place, the nearest first, in one statement or, between parts, in two."""
        backward = place is not None and place.backward
        parts = [True] if self.empty is None else [True, False]
        if place is not None and self.empty is not None and not backward and place.value is None:
            parts = [False]
        if backward:
            parts = [True] if place is not None and place.value is not None else parts[::-1]
        rows: list[Any] = []
        for number, valued in enumerate(parts):
            part = self._select_part(cases, valued=valued)
            if place is not None and number == 0:
                part = self._cut(part, place, valued=valued)
            part = part.order_by(*self._list_columns(valued=valued, backward=backward))
            rows.extend(read_rows(part[: most - len(rows)]))
            if len(rows) >= most:
                break
        return rows

    def _annotate(self, cases: CaseQuerySet) -> CaseQuerySet:
        if self.column != FLOW_POSITION:
            return cases
        positions = [When(state=state, then=Value(position)) for state, position in _POSITIONS.items()]
        annotated: CaseQuerySet = cases.annotate(
            flow_position=Choose(*positions, default=Value(len(positions)), output_field=IntegerField())
        )
        return annotated

    def _select_part(self, cases: CaseQuerySet, *, valued: bool) -> CaseQuerySet:
        if self.empty is None:
            return self._annotate(cases)
        return cases.filter(~self.empty if valued else self.empty)

    def _list_columns(self, *, valued: bool, backward: bool) -> list[str]:
        sign = "-" if self.descending != backward else ""
        columns = [self.column] if valued and self.column != "id" else []
        return [f"{sign}{column}" for column in [*columns, "id"]]

    def _cut(self, cases: CaseQuerySet, place: Place, *, valued: bool) -> CaseQuerySet:
        relation = "lt" if self.descending != place.backward else "gt"
        beyond = Q(**{f"id__{relation}": place.id})
        if not valued or self.column == "id":
            return cases.filter(beyond)
        further = Q(**{f"{self.column}__{relation}": place.value})
        return cases.filter(further | beyond, **{f"{self.column}__{relation}e": place.value})


def _make_both(name: str, **arguments: Any) -> dict[str, Ordering]:
    return {name: Ordering(**arguments), f"-{name}": Ordering(**arguments, descending=True)}


_BY_ID: dict[str, Any] = {"column": "id", "get": lambda row: row.id, "read_value": _read_id}
_BY_DUE: dict[str, Any] = {
    "column": "due_at",
    "get": lambda row: row.due_at,
    "read_value": _read_moment,
    "empty": Q(due_at__isnull=True),
}

ORDERINGS: dict[str, Ordering] = {
    "newest": Ordering(**_BY_ID, descending=True),
    "oldest": Ordering(**_BY_ID),
    "urgency": Ordering(**_BY_DUE),
    "-due": Ordering(**_BY_DUE, descending=True),
    **_make_both(
        "state", column=FLOW_POSITION, get=lambda row: _POSITIONS.get(row.state, 99), read_value=_read_id
    ),
    # Categories and units are stored in the order of the pack, which is that of their codes.
    **_make_both(
        "category",
        column="category_id",
        get=lambda row: row.category_id,
        read_value=_read_id,
        empty=Q(category_id__isnull=True),
    ),
    **_make_both(
        "area",
        column="area_path",
        get=lambda row: row.area_path,
        read_value=_read_path,
        empty=Q(area_path=""),
    ),
    **_make_both(
        "unit",
        column="lead_unit_id",
        get=lambda row: row.lead_unit_id,
        read_value=_read_id,
        empty=Q(lead_unit_id__isnull=True),
    ),
    **_make_both("reported", column="reported_at", get=lambda row: row.reported_at, read_value=_read_moment),
}
BY_ID = frozenset({"newest", "oldest"})  # these cost the same for a list of any length
