"""Write a mapping file from columns that a user chose, and guess what they would choose."""

import json
from collections import Counter
from collections.abc import Mapping as Values
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jiedao.exchange.header import ALIASES, recognise_columns
from jiedao.kernel.crypto import mask_phone
from jiedao.kernel.phones import read_phones
from jiedao.kernel.tables.reading import read_table
from jiedao.kernel.tables.rows import Row, format_cell, read_headers

MAX_SAMPLES = 3
MAX_SAMPLE = 24


def write_mapping_text(
    *, source: str, columns: Values[str, str], constants: Values[str, str], closed_words: Sequence[str] = ()
) -> str:
    """Return the TOML of a mapping file.

    Args:
        source: the name that keeps the numbers of this system apart, "" for the channel of the import.
        columns: the header by field.
        constants: the text of every row by field.
        closed_words: the words of the status column that mean closed; any other then means open.
    """
    lines = [f"source = {_quote(source)}"] if source else []
    lines += [
        "",
        "[columns]",
        *(f"{field} = {_quote(columns[field])}" for field in ALIASES if field in columns),
    ]
    if constants:
        lines += ["", "[constants]", *(f"{field} = {_quote(text)}" for field, text in constants.items())]
    if closed_words:
        lines += [
            "",
            "[values.status]",
            *(f'{_quote(word)} = "CLOSED"' for word in dict.fromkeys(closed_words)),
        ]
        lines.append('"*" = "OPEN"')
    return "\n".join(lines).strip() + "\n"


def _quote(text: str) -> str:
    """Return a basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@dataclass(frozen=True)
class FileColumn:
    """A column of a file with the first of its values; the middle of phone numbers is hidden."""

    header: str
    samples: tuple[str, ...]


@dataclass(frozen=True)
class FileColumns:
    """The columns of a file that can be chosen, and the header of each field that was recognised."""

    columns: list[FileColumn]
    recognised: dict[str, str]
    sheet: str


def read_file_columns(path: Path, *, sheet: str | None = None, name: str = "") -> FileColumns:
    """Return the columns under the row that looks most like a header; a header that occurs twice is left out."""
    with read_table(path, sheet=sheet, name=name) as table:
        header = max(table.head, key=_count_header_cells)
        titles = read_headers(header)
        below = [row for row in table.head if row.number > header.number][:MAX_SAMPLES]
        counts = Counter(titles)
        columns = [
            FileColumn(title, tuple(_list_samples(below, index)))
            for index, title in enumerate(titles)
            if title and counts[title] == 1
        ]
        recognised = {field: titles[index] for field, index in recognise_columns(header).items()}
        return FileColumns(columns, recognised, table.sheet)


def _count_header_cells(row: Row) -> tuple[int, int]:
    """Return how many headers are known, then how many distinct texts there are: a title above is one text alone."""
    texts = {cell.strip() for cell in row.cells if isinstance(cell, str) and cell.strip()}
    return len(recognise_columns(row)), len(texts)


def _list_samples(rows: Sequence[Row], index: int) -> list[str]:
    texts = [format_cell(row.cells[index]) for row in rows if index < len(row.cells)]
    return [_mask(" ".join(text.split())) for text in texts if text]


def _mask(text: str) -> str:
    phones = read_phones(text)
    if phones.numbers and not phones.faults:
        return mask_phone(text)
    return text if len(text) <= MAX_SAMPLE else f"{text[:MAX_SAMPLE]}…"
