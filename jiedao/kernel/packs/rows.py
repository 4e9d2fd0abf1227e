"""A row of a pack: one entry of a table, with the lines it was written in."""

from dataclasses import dataclass, field
from typing import Any

from jiedao.kernel.toml_lines import Span, locate_text

Values = dict[str, Any]


@dataclass
class Row:
    """One entry of a table.

    Attributes:
        span: the first and the last line of the entry.
        spans: the first and the last line of each key.
        values: the values by key; `values.RowCleaner` converts them and leaves out those that are wrong.
        faulty: the keys whose value is wrong and was reported.
        lines: the lines of the file, for a value that extends over several of them.
    """

    file: str
    span: Span
    values: Values
    spans: dict[str, Span] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list, repr=False)

    def get(self, key: str, default: Any = "") -> Any:
        """Return the value of a key, by default an empty text where it is missing."""
        return self.values.get(key, default)

    def line(self, key: str = "", item: str = "") -> int:
        """Return the line of the key, and in a value of several lines the line that quotes the item."""
        first, last = self.spans.get(key, self.span)
        if item:
            for number in range(first, min(last, len(self.lines)) + 1):
                if f'"{item}"' in self.lines[number - 1] or f"'{item}'" in self.lines[number - 1]:
                    return number
        return first

    def locate(self, text: str, at: int, key: str = "") -> tuple[int, int]:
        """Return the line and the column of a character of a text that a key holds, both from 1.

        Without a key the text may be anywhere in the row. The column is 0 where the text is not found.
        """
        spans = [self.spans[key]] if key in self.spans else [self.span, *self.spans.values()]
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        place = locate_text("\n".join(self.lines[first - 1 : last]), text, at)
        return (first + place[0], place[1] + 1) if place is not None else (self.line(key), 0)


def find_name(values: Values) -> str:
    """Return the name by which people know a row."""
    names = (values.get(column) for column in ("name", "title", "text", "lead_unit"))
    return next((str(name) for name in names if name), "")
