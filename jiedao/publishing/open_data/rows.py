"""The rows of a data set, as dictionaries by the key of their columns."""

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import MD5, Cast, Concat, TruncDate
from django.utils.translation import gettext as _

from jiedao.cases.models import Case
from jiedao.kernel import clock
from jiedao.kernel.crypto import compute_keyed_digest
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.figure_keys import find_community
from jiedao.publishing.models.open_data import DataSource, PositionKind
from jiedao.publishing.models.reviews import Decision, Precision, PublicCase
from jiedao.publishing.open_data.columns import CASE_COLUMNS, LAT, LON, read_field_value
from jiedao.publishing.open_data.definition import OpenSet
from jiedao.publishing.open_data.narrowing import RowFilter
from jiedao.publishing.private_numbers import mask_numbers
from jiedao.publishing.review.positions import blur_point
from jiedao.registers.selectors.counting import find_states
from jiedao.registers.selectors.filters import RecordFilters

Row = dict[str, Any]
CHUNK = 2000
CELL = 0.005  # degrees of latitude: 550 m
# Columns of a record's state that `_read_record` needs whatever the data set shows.
RECORD_NAMES = ("code", "name", "area_path", "grade", "values", "lon", "lat")


def iterate_rows(
    data_set: OpenSet, narrowed: RowFilter | None = None, most: int | None = None, *, start: int = 0
) -> Iterator[Row]:
    """Yield the rows of a data set in a fixed order, the latest first; memory use does not grow with their number.

    Args:
        narrowed: only the rows behind a figure.
        most: at most so many rows.
        start: how many rows are skipped first.
    """
    end = None if most is None else start + most
    read = _read_case if data_set.row.source == DataSource.CASES else _read_record
    rows = chain.from_iterable(
        (states[:end] if end is not None else states).iterator(chunk_size=CHUNK)
        for states in _select(data_set, narrowed)
    )
    for row in islice(rows, start, end):
        yield read(data_set, row)


def count_rows(data_set: OpenSet, narrowed: RowFilter | None = None) -> int:
    """Return the number of rows."""
    return sum(states.count() for states in _select(data_set, narrowed))


def _select(data_set: OpenSet, narrowed: RowFilter | None) -> list[QuerySet[Any]]:
    """Return the tables with the rows: two where the states of a past day count, else one."""
    if data_set.row.source == DataSource.CASES:
        return [_select_cases(data_set, narrowed)]
    if data_set.register is None:
        raise UserError(_("这个数据集的台账已经停用。"), hint=_("请从开放数据的列表中选择。"))
    filters = narrowed.filters if narrowed is not None else RecordFilters()
    day = narrowed.day if narrowed is not None else None
    tables = find_states(make_system_actor(), data_set.register, filters, day)
    return [
        states.order_by("-pk").values(
            *RECORD_NAMES, first=F("first_date" if name == "id" else "record__first_date")
        )
        for states, name in tables
    ]


def _select_cases(data_set: OpenSet, narrowed: RowFilter | None) -> QuerySet[Any]:
    cases: QuerySet[Any] = (
        narrowed.find_cases(make_system_actor()) if narrowed is not None else Case.objects.all()
    )
    names = {name for key in data_set.row.columns if key in CASE_COLUMNS for name in CASE_COLUMNS[key].needs}
    names |= {"lon", "lat", "reporter__pk"}
    # What a reviewer keeps off the map of the public is not on the map of open data either.
    kept = ~Q(decision=Decision.PUBLIC) | Q(precision=Precision.NONE)
    unplaced = Exists(PublicCase.objects.filter(kept, case_id=OuterRef("pk")))
    rows: QuerySet[Any] = (
        cases.order_by(TruncDate("reported_at", tzinfo=clock.TOWN_TZ).desc(), _make_hidden_order())
        .annotate(is_unplaced=unplaced)
        .values(*sorted(names), "is_unplaced")
    )
    return rows


def _make_hidden_order() -> MD5:
    """Return an order of a day's cases that only this office can compute; the order of ids would reveal the numbers."""
    secret = compute_keyed_digest("order of open data")
    return MD5(Concat(Value(secret), Cast("pk", CharField())))


def _read_case(data_set: OpenSet, row: Mapping[str, Any]) -> Row:
    values = {key: CASE_COLUMNS[key].read(row) for key in data_set.row.columns if key in CASE_COLUMNS}
    # Cases that a person reported have no position: a gap only where secrecy was requested would mark those cases.
    is_hidden = row["reporter__pk"] is not None or row["is_unplaced"]
    return values | _read_position(data_set, row, is_hidden=is_hidden)


def _read_record(data_set: OpenSet, row: Mapping[str, Any]) -> Row:
    assert data_set.register is not None
    definition = data_set.register.definition
    community = find_community(row["area_path"])
    fixed = {
        "code": row["code"],
        "name": mask_numbers(row["name"]),
        "area": community.label if community is not None else None,
        "area_code": community.code if community is not None else None,
        "grade": row["grade"] or None,
        "since": row["first"],
    }
    values: Row = {}
    for column in data_set.columns:
        field = definition.field(column.key)
        if field is not None:
            values[column.key] = read_field_value(field, row["values"])
        elif column.key in fixed:
            values[column.key] = fixed[column.key]
    return values | _read_position(data_set, row)


def _read_position(data_set: OpenSet, row: Mapping[str, Any], *, is_hidden: bool = False) -> Row:
    if not data_set.has_position:
        return {}
    if row["lon"] is None or is_hidden:
        return {LON: None, LAT: None}
    if data_set.row.position_kind == PositionKind.EXACT:
        return {LON: round(row["lon"], 6), LAT: round(row["lat"], 6)}
    lon, lat = blur_point(row["lon"], row["lat"], CELL)
    return {LON: lon, LAT: lat}
