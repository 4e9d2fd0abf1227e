"""Where each field of a message is found in the rows of one file."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

from jiedao.exchange.header import Header, check_unique, find_header
from jiedao.exchange.mapping import Mapping
from jiedao.exchange.mapping_faults import Fault, MappingError
from jiedao.exchange.template import Template
from jiedao.kernel.tables.reading import Table
from jiedao.kernel.tables.rows import Cell, Row, listing, names_of, text_of

Getter = Callable[[tuple[Cell, ...]], Cell]


@dataclass(frozen=True)
class Layout:
    """How to take a message's fields from a row.

    Attributes:
        header: the header row; the messages stand below it.
        getters: field -> what takes its value from the cells.
        titles: field -> what the file calls it, for messages to the person who wrote the file.
        mapping: the mapping file used, None when the headers were recognised.
    """

    header: Row
    getters: dict[str, Getter]
    titles: dict[str, str]
    mapping: Mapping | None = None

    def get(self, field: str, row: Row) -> Cell:
        """Return the field's value, None when the file does not have it."""
        getter = self.getters.get(field)
        return getter(row.cells) if getter else None


def _column(index: int) -> Getter:
    return lambda cells: cells[index]


def _first_of(indexes: list[int]) -> Getter:
    def get(cells: tuple[Cell, ...]) -> Cell:
        return next((cells[index] for index in indexes if text_of(cells[index])), None)

    return get


def _filled(template: Template, index_of: dict[str, int]) -> Getter:
    indexes = {name: index_of[name] for name in template.columns}

    def get(cells: tuple[Cell, ...]) -> Cell:
        return template.fill({name: text_of(cells[index]) for name, index in indexes.items()})

    return get


def _constant(value: str) -> Getter:
    return lambda _cells: value


def _recognised(header: Header) -> Layout:
    getters = {field: _column(index) for field, index in header.columns.items()}
    titles = {field: header.names[index] for field, index in header.columns.items()}
    return Layout(header.row, getters, titles)


def _header_row(table: Table, mapping: Mapping) -> Row:
    """Return the row that has the most of the headers that the mapping names."""
    wanted = mapping.headers().keys()
    return max(table.head, key=lambda candidate: len(wanted & set(names_of(candidate))))


def missing_headers(table: Table, mapping: Mapping) -> list[Fault]:
    """List the headers that the mapping names and the table does not have: faults of the mapping."""
    names = names_of(_header_row(table, mapping))
    return [
        Fault(line, _("文件里没有“%(name)s”这一列。") % {"name": name}, _nearest(name, names))
        for name, line in mapping.headers().items()
        if name not in names
    ]


def _mapped(table: Table, mapping: Mapping) -> Layout:
    if faults := missing_headers(table, mapping):
        raise MappingError(mapping.name, faults)
    row = _header_row(table, mapping)
    names = names_of(row)
    check_unique(row, set(mapping.headers()))
    index_of = {name: index for index, name in enumerate(names)}
    getters: dict[str, Getter] = {field: _constant(value) for field, value in mapping.constants.items()}
    titles = {field: field for field in mapping.constants}
    for field, template in mapping.texts.items():
        getters[field], titles[field] = _filled(template, index_of), " + ".join(template.columns)
    for field, headers in mapping.columns.items():
        getters[field], titles[field] = _first_of([index_of[name] for name in headers]), headers[0]
    return Layout(row, getters, titles, mapping)


def _nearest(name: str, names: tuple[str, ...]) -> str:
    near = get_close_matches(name, names, n=2, cutoff=0.6)
    if near:
        return _("是不是 %(words)s？") % {"words": " / ".join(near)}
    return _("表头是：%(names)s。") % {"names": listing(each[:30] for each in names[:40] if each)}


def find_layout(table: Table, mapping: Mapping | None) -> Layout:
    """Return where the fields are: by the mapping when there is one, else by the known headers.

    Raises:
        UserError: the file lacks columns that are needed, or the mapping names columns that it lacks.
    """
    return _mapped(table, mapping) if mapping else _recognised(find_header(table))
