"""The first rows of a data set as texts, for pages."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from jiedao.publishing.open_data.columns import OpenColumn
from jiedao.publishing.open_data.definition import OpenSet
from jiedao.publishing.open_data.narrowing import RowFilter
from jiedao.publishing.open_data.rows import iterate_rows


@dataclass(frozen=True)
class PreviewTable:
    """The columns, and the rows with a text for each column."""

    columns: tuple[OpenColumn, ...]
    rows: list[list[tuple[OpenColumn, str]]]


def build_table(
    data_set: OpenSet, narrowed: RowFilter | None = None, *, most: int, start: int = 0
) -> PreviewTable:
    """Return at most `most` rows after the first `start`, each value in the reader's language."""
    rows = [
        [(column, format_value(column, row.get(column.key))) for column in data_set.columns]
        for row in iterate_rows(data_set, narrowed, most, start=start)
    ]
    return PreviewTable(data_set.columns, rows)


def format_value(column: OpenColumn, value: Any) -> str:
    """Return a value as a page shows it; a dash for none."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if column.choices:
        return str(column.choices.get(value, value))
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
