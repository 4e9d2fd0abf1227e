"""The position of each field of a message in the rows of a file."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

from jiedao.exchange.header import Header, check_unique, find_header
from jiedao.exchange.mapping import Mapping
from jiedao.exchange.mapping_faults import Fault, MappingError
from jiedao.exchange.template import Template
from jiedao.kernel.tables.reading import Table
from jiedao.kernel.tables.rows import Cell, Row, format_cell, join_words, read_headers

Getter = Callable[[tuple[Cell, ...]], Cell]


@dataclass(frozen=True)
class Layout:
    """How to read the fields of a message from a row.

    Attributes:
        header: the header row; the messages are below it.
        getters: the function, by field, that returns the value from the cells.
        titles: the name of each field in the file, for error messages.
        columns: the indexes of all columns that are read, with the names of the columns.
        mapping: the mapping file; None when the headers were recognised.
    """

    header: Row
    getters: dict[str, Getter]
    titles: dict[str, str]
    columns: dict[int, str]
    mapping: Mapping | None = None

    def get(self, field: str, row: Row) -> Cell:
        """Return the field's value, None when the file does not have it."""
        getter = self.getters.get(field)
        return getter(row.cells) if getter else None


def _get_column(index: int) -> Getter:
    return lambda cells: cells[index]


def _get_first_filled(indexes: list[int]) -> Getter:
    def get(cells: tuple[Cell, ...]) -> Cell:
        return next((cells[index] for index in indexes if format_cell(cells[index])), None)

    return get


def _fill_template(template: Template, index_of: dict[str, int]) -> Getter:
    indexes = {name: index_of[name] for name in template.columns}

    def get(cells: tuple[Cell, ...]) -> Cell:
        return template.fill({name: format_cell(cells[index]) for name, index in indexes.items()})

    return get


def _get_constant(value: str) -> Getter:
    return lambda _cells: value


def _build_from_header(header: Header) -> Layout:
    getters = {field: _get_column(index) for field, index in header.columns.items()}
    titles = {field: header.names[index] for field, index in header.columns.items()}
    return Layout(
        header.row, getters, titles, {index: header.names[index] for index in header.columns.values()}
    )


def _find_header_row(table: Table, mapping: Mapping) -> Row:
    """Return the row with the most headers that the mapping names."""
    wanted = mapping.headers().keys()
    return max(table.head, key=lambda candidate: len(wanted & set(read_headers(candidate))))


def find_missing_headers(table: Table, mapping: Mapping) -> list[Fault]:
    """Return a fault of the mapping for each header that it names and the table lacks."""
    names = read_headers(_find_header_row(table, mapping))
    return [
        Fault(line, _("文件里没有“%(name)s”这一列。") % {"name": name}, _suggest_headers(name, names))
        for name, line in mapping.headers().items()
        if name not in names
    ]


def _build_from_mapping(table: Table, mapping: Mapping) -> Layout:
    if faults := find_missing_headers(table, mapping):
        raise MappingError(mapping.name, faults)
    row = _find_header_row(table, mapping)
    names = read_headers(row)
    check_unique(row, set(mapping.headers()))
    index_of = {name: index for index, name in enumerate(names)}
    getters: dict[str, Getter] = {field: _get_constant(value) for field, value in mapping.constants.items()}
    titles = {field: field for field in mapping.constants}
    for field, template in mapping.texts.items():
        getters[field], titles[field] = _fill_template(template, index_of), " + ".join(template.columns)
    for field, headers in mapping.columns.items():
        getters[field], titles[field] = _get_first_filled([index_of[name] for name in headers]), headers[0]
    columns = {index_of[name]: name for name in mapping.headers()}
    return Layout(row, getters, titles, columns, mapping)


def _suggest_headers(name: str, names: tuple[str, ...]) -> str:
    similar = get_close_matches(name, names, n=2, cutoff=0.6)
    if similar:
        return _("是不是 %(words)s？") % {"words": " / ".join(similar)}
    return _("表头是：%(names)s。") % {"names": join_words(header[:30] for header in names[:40] if header)}


def find_layout(table: Table, mapping: Mapping | None) -> Layout:
    """Return the layout of a table, by the mapping if there is one, else by the known headers.

    Raises:
        UserError: the file lacks required columns, or columns that the mapping names.
    """
    layout = _build_from_mapping(table, mapping) if mapping else _build_from_header(find_header(table))
    table.describe_header(layout.header, layout.columns)
    return layout
