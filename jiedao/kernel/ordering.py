"""The orders of a list by a column, each with its cursor, so that a page begins after a row in any of them.

Rows are ordered by a column and, among equals, by id. Rows without a value of the column come last in both directions:
they are a second part of the list, which is read only where a page reaches it. So the first part is a plain range of an
index where the column has one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Case, Expression, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Collate
from django.utils.translation import gettext as _

from jiedao.kernel import keyset
from jiedao.kernel.errors import UserError
from jiedao.kernel.storable import make_storable

ALIAS = "sort_value"  # of the expression of an order that is no plain column
MAX_SORTED = (
    50_000  # an order without an index reads all of them: 0.2 to 0.8 s for 100,000 on SQLite, measured
)


@dataclass(frozen=True)
class Place:
    """The position of a cursor: its direction, the id of its row, and the value of the column; None without one."""

    backward: bool
    id: int
    value: Any = None


def read_moment_value(text: str) -> datetime | None:
    """Return the moment of a cursor, None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def read_day_value(text: str) -> date | None:
    """Return the day of a cursor, None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_id_value(text: str) -> int | None:
    """Return the id or position of a cursor, None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def read_number_value(text: str) -> float | None:
    """Return the number of a cursor, None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def read_text_value(text: str) -> str | None:
    """Return the text of a cursor, None where no database stores it."""
    return text if make_storable(text) == text else None


def _write_value(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def sort_by_text(column: str | Expression) -> Expression | None:
    """Return the expression of a text that both databases and Python order alike, by the codes of characters.

    None where the plain column has this order.
    """
    return Collate(column, "C") if connection.vendor == "postgresql" else None


def sort_by_position(column: str, values: Sequence[Any]) -> Expression:
    """Return the expression of the position of a column's value among `values`; all other values come after them.

    It is NULL for NULL.
    """
    positions = [When(**{f"{column}__isnull": True}, then=Value(None))]
    positions += [When(**{column: value}, then=Value(place)) for place, value in enumerate(values)]
    return Case(*positions, default=Value(len(values)), output_field=IntegerField())


@dataclass(frozen=True)
class Ordering:
    """An order by one column.

    Attributes:
        column: the column; "id" for the order of filing.
        get: reads its value from a row; None or "" where there is none.
        read_value: reads the value of a cursor; None where it is not one.
        null, blank: whether rows without a value have NULL or "" in the column; neither where every row has a value.
        descending: whether the largest value comes first.
        expression: by what to order instead of the plain column.
        ids_opposed: whether equal values are in the opposite order of ids, as an index on (column, -id) has them.
    """

    column: str
    get: Callable[[Any], Any]
    read_value: Callable[[str], Any]
    null: bool = False
    blank: bool = False
    descending: bool = False
    expression: Expression | None = None
    ids_opposed: bool = False

    def avoid_index(self) -> "Ordering":
        """Return the order for a list with filters, of which a database might read all rows by the index of the order.

        It would do so although the filters leave few rows: 3 to 5 s for one in forty of a million records.
        """
        if self.column == "id" or self.expression is not None:
            return self
        return replace(self, expression=Coalesce(self.column, self.column))

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
            return Place(*position) if self.column == "id" or self.has_empty else None
        value = self.read_value(text)
        return Place(*position, value) if value is not None else None

    def sort(self, rows: QuerySet[Any], *, key: str = "id") -> QuerySet[Any]:
        """Return the rows in this order, for a list that is read as one; `key` is the column of the id."""
        rows = self._annotate(rows)
        columns = self._list_columns(key, valued=True, backward=False)
        if not self.has_empty:
            return rows.order_by(*columns)
        is_empty = Case(When(self._build_empty_filter(True), then=1), default=0, output_field=IntegerField())
        return rows.order_by(is_empty, *columns)

    def read(
        self,
        rows: QuerySet[Any],
        place: Place | None,
        most: int,
        build_rows: Callable[[Any], Sequence[Any]],
        *,
        key: str = "id",
    ) -> list[Any]:
        """Return up to `most` rows after a place, the nearest first, in one statement or, between parts, in two."""
        backward = place is not None and place.backward
        parts = [True] if not self.has_empty else [True, False]
        if place is not None and self.has_empty and not backward and place.value is None:
            parts = [False]
        if backward:
            parts = [True] if place is not None and place.value is not None else parts[::-1]
        found: list[Any] = []
        for number, valued in enumerate(parts):
            part = self._select_part(rows, valued=valued)
            if place is not None and number == 0:
                part = self._cut(part, place, key, valued=valued)
            part = part.order_by(*self._list_columns(key, valued=valued, backward=backward))
            found.extend(build_rows(part[: most - len(found)]))
            if len(found) >= most:
                break
        return found

    def merge(self, rows: Sequence[Any], *, backward: bool = False) -> list[Any]:
        """Return rows that were read from several tables in this order; `backward` as the cursor of `read`."""
        reverse = self.descending != backward
        by_id = sorted(rows, key=lambda row: row.id, reverse=reverse != self.ids_opposed)
        if self.column == "id":
            return by_id
        valued = [row for row in by_id if self.get(row) not in (None, "")]
        valued.sort(key=self.get, reverse=reverse)
        empty = [row for row in by_id if self.get(row) in (None, "")]
        return [*empty, *valued] if backward else [*valued, *empty]

    @property
    def has_empty(self) -> bool:
        """Whether rows may have no value."""
        return self.null or self.blank

    def _build_empty_filter(self, is_empty: bool) -> Q:
        """Return the filter of rows without a value, or of those with one."""
        # "IS NOT NULL" as partial indexes have it: SQLite does not use them for "NOT (IS NULL)".
        if self.null:
            return Q(**{f"{self._name}__isnull": is_empty})
        return Q(**{self.column: ""}) if is_empty else ~Q(**{self.column: ""})

    @property
    def _name(self) -> str:
        return self.column if self.expression is None else ALIAS

    def _annotate(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows if self.expression is None else rows.annotate(**{ALIAS: self.expression})

    def _select_part(self, rows: QuerySet[Any], *, valued: bool) -> QuerySet[Any]:
        rows = self._annotate(rows)
        return rows.filter(self._build_empty_filter(not valued)) if self.has_empty else rows

    def _list_columns(self, key: str, *, valued: bool, backward: bool) -> list[str]:
        reverse = self.descending != backward
        sign = "-" if reverse else ""
        id_sign = "-" if reverse != self.ids_opposed else ""
        columns = [f"{sign}{self._name}"] if valued and self.column != "id" else []
        return [*columns, f"{id_sign}{key}"]

    def _cut(self, rows: QuerySet[Any], place: Place, key: str, *, valued: bool) -> QuerySet[Any]:
        reverse = self.descending != place.backward
        relation = "lt" if reverse else "gt"
        beyond = Q(**{f"{key}__{'lt' if reverse != self.ids_opposed else 'gt'}": place.id})
        if not valued or self.column == "id":
            return rows.filter(beyond)
        further = Q(**{f"{self._name}__{relation}": place.value})
        return rows.filter(further | beyond, **{f"{self._name}__{relation}e": place.value})


def make_both(name: str, **arguments: Any) -> dict[str, Ordering]:
    """Return an order and its reverse, which has a leading minus."""
    return {name: Ordering(**arguments), f"-{name}": Ordering(**arguments, descending=True)}


def check_sortable(rows: QuerySet[Any]) -> None:
    """Raise UserError for more rows than can be sorted while a user waits."""
    if rows.order_by()[MAX_SORTED : MAX_SORTED + 1].values("pk").exists():
        raise UserError(
            _("超过 %(most)s 条，不能这样排序。") % {"most": f"{MAX_SORTED:,}"},
            hint=_("请先用条件缩小范围，或按登记先后排列。"),
            field="order",
        )
