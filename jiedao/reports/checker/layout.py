"""Cut a folded text into paragraphs, sentences and clauses, and find the cells of its tables."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from jiedao.reports.checker.folding import fold_text

# A point between digits belongs to a number; "1." at the beginning of a paragraph numbers it.
_SENTENCE_END = re.compile(r"[。!?\n]+")
_LONGEST_SENTENCE = 1500
_CLAUSE_END = re.compile(r"[,;。!?\n]+")


@dataclass(frozen=True)
class Span:
    """A part of the text, from `start` up to but without `end`."""

    start: int
    end: int

    def contains(self, position: int) -> bool:
        """Return whether the character at the position belongs to this part."""
        return self.start <= position < self.end


@dataclass(frozen=True)
class TableCell(Span):
    """A cell of a table that is written with `|`, with its text; `table` counts the tables of the text."""

    text: str
    table: int
    line: int


class Layout:
    """A text and its parts. `text` is as given, `folded` has the same length and is what rules read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold_text(text)

    @cached_property
    def sentences(self) -> list[Span]:
        """The sentences in their order; a line break ends a sentence, too, and no sentence is endless."""
        return _shorten(self.folded, _split(self.folded, _SENTENCE_END))

    @cached_property
    def clauses(self) -> list[Span]:
        """The parts of sentences between commas and semicolons."""
        return _split(self.folded, _CLAUSE_END)

    @cached_property
    def paragraphs(self) -> list[Span]:
        """The lines of the text."""
        return _split(self.folded, re.compile(r"\n+"))

    @cached_property
    def cells(self) -> list[TableCell]:
        """The cells of all tables, whether a line holds one cell or a complete row."""
        return _find_cells(self.folded)

    @cached_property
    def table_lines(self) -> set[int]:
        """The start of each line that belongs to a table."""
        return {self.find_paragraph(cell.start).start for cell in self.cells}

    def is_in_table(self, position: int) -> bool:
        """Return whether the character belongs to a table."""
        return self.find_paragraph(position).start in self.table_lines

    def find_sentence(self, position: int) -> Span:
        """Return the sentence that holds the character."""
        return _find(self.sentences, position)

    def find_clause(self, position: int) -> Span:
        """Return the clause that holds the character."""
        return _find(self.clauses, position)

    def find_paragraph(self, position: int) -> Span:
        """Return the line that holds the character."""
        return _find(self.paragraphs, position)

    def quote(self, first: int, last: int) -> str:
        """Return the sentences from the one that holds `first` to the one that holds `last`, as printed."""
        start, end = self.find_sentence(first).start, self.find_sentence(last).end
        return self.text[start:end].strip()


def _split(text: str, end: re.Pattern[str]) -> list[Span]:
    spans = []
    start = 0
    for match in end.finditer(text):
        if match.end() > start:
            spans.append(Span(start, match.end()))
        start = match.end()
    if start < len(text):
        spans.append(Span(start, len(text)))
    return spans


def _shorten(text: str, sentences: list[Span]) -> list[Span]:
    """Cut sentences that are longer than any that was written, so that work on one has a bound."""
    shortened = []
    for sentence in sentences:
        start = sentence.start
        while sentence.end - start > _LONGEST_SENTENCE:
            cut = max(text.rfind(";", start, start + _LONGEST_SENTENCE), start + _LONGEST_SENTENCE // 2) + 1
            shortened.append(Span(start, cut))
            start = cut
        shortened.append(Span(start, sentence.end))
    return shortened


def _find(spans: list[Span], position: int) -> Span:
    index = bisect_right(spans, position, key=lambda span: span.start) - 1
    return spans[max(index, 0)]


def _find_cells(text: str) -> list[TableCell]:
    cells: list[TableCell] = []
    table, last_line, position = -1, -2, 0
    for number, line in enumerate(text.split("\n")):
        if "|" in line:
            table += last_line != number - 1
            last_line = number
            start = position
            parts = line.split("|")
            for index, part in enumerate(parts):
                is_outside = index in {0, len(parts) - 1} and not part.strip()
                if not is_outside:
                    cells.append(TableCell(start, start + len(part), part.strip(), table, number))
                start += len(part) + 1
        position += len(line) + 1
    return cells
