"""Compare two reports: their figures side by side, and their texts sentence by sentence."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum

from jiedao.indicators.figure import Figure
from jiedao.indicators.models import Measure
from jiedao.indicators.parts import Part
from jiedao.reports.changes import PART_LABELS, format_difference, format_part
from jiedao.reports.document import Block, Chart, Document, Heading, Paragraph, Run, Table, read_text
from jiedao.reports.planning.sentences import Words, split_block

PAIRED = 0.3  # similarity from which two sentences are one that was changed
MOST_PAIRS = 40_000  # of sentences that are compared with one another in one place of the texts


@dataclass(frozen=True)
class ComparedFigure:
    """A number that both reports print, or one of them; `left` or `right` is None where it is missing."""

    measure: Measure
    part: Part
    place_label: str
    left: Run | None
    right: Run | None

    @property
    def part_label(self) -> str:
        """What is printed of the figure, "" for its value."""
        return str(PART_LABELS.get(self.part, ""))

    @property
    def is_in_both(self) -> bool:
        """Whether both reports print it."""
        return self.left is not None and self.right is not None

    @property
    def is_changed(self) -> bool:
        """Whether the two values differ, as the pages print them."""
        return self.left_text != self.right_text

    @property
    def left_text(self) -> str:
        """The value in the first report."""
        return self._format(self.left)

    @property
    def right_text(self) -> str:
        """The value in the second report."""
        return self._format(self.right)

    @property
    def difference_text(self) -> str:
        """The second value less the first, with its sign; "" where there are not two values."""
        if self.left is None or self.right is None or not self.is_changed:
            return ""
        return format_difference(self.measure, self.part, self.left.exact, self.right.exact)

    def _format(self, run: Run | None) -> str:
        return "" if run is None else format_part(self.measure, self.part, run.exact)


class DiffKind(StrEnum):
    """How a sentence differs between two texts."""

    EQUAL = "equal"
    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Piece:
    """A piece of a sentence; `is_changed` marks what the other text does not have."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True)
class DiffRow:
    """One sentence of either text, or two that belong together; `is_heading` for a heading."""

    kind: DiffKind
    left: tuple[Piece, ...] = ()
    right: tuple[Piece, ...] = ()
    is_heading: bool = False


# -- figures ---------------------------------------------------------------------------------------------------------


def compare_documents(left: Document, right: Document) -> list[ComparedFigure]:
    """Return the figures of both documents: those of the first in its order, then those that only the second has.

    A figure is the same one where measure, place and printed part are the same; its period is that of each report. One
    that is printed several times with the same value is one row.
    """
    first, second = _group_runs(left), _group_runs(right)
    rows = []
    for key in [*first, *(key for key in second if key not in first)]:
        left_runs, right_runs = first.get(key, []), second.get(key, [])
        for index in range(max(len(left_runs), len(right_runs))):
            left_run = left_runs[index] if index < len(left_runs) else None
            right_run = right_runs[index] if index < len(right_runs) else None
            figure = _read_figure(left_run or right_run)
            rows.append(ComparedFigure(figure.measure, key[2], figure.place.label, left_run, right_run))
    return rows


def _read_figure(run: Run | None) -> Figure:
    assert run is not None
    assert run.figure is not None
    return run.figure


def _group_runs(document: Document) -> dict[tuple[str, str, Part], list[Run]]:
    """Return the printed numbers by measure, place and part; of each period and value one."""
    groups: dict[tuple[str, str, Part], list[Run]] = defaultdict(list)
    printed_values = set()
    for run in document.runs:
        if run.figure is None:
            continue
        key = (run.figure.measure.key, run.figure.place.key, run.part)
        value = (key, run.figure.period.text, _normalize(run.exact))
        if value not in printed_values:
            printed_values.add(value)
            groups[key].append(run)
    return groups


def _normalize(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.normalize()


# -- texts -----------------------------------------------------------------------------------------------------------


def compare_texts(left: Document, right: Document) -> list[DiffRow]:
    """Return both texts sentence by sentence in their order; a changed sentence has its changed characters marked."""
    ones, others = list(_list_lines(left)), list(_list_lines(right))
    matcher = SequenceMatcher(None, ones, others, autojunk=False)
    rows: list[DiffRow] = []
    for tag, first, last, other_first, other_last in matcher.get_opcodes():
        if tag == "equal":
            rows += [_make_equal(line) for line in ones[first:last]]
        else:
            rows += _pair_lines(ones[first:last], others[other_first:other_last])
    return rows


Line = tuple[bool, str]  # whether it is a heading, and its words


def _list_lines(document: Document) -> Iterator[Line]:
    for block in document.blocks:
        yield from _list_block_lines(block)


def _list_block_lines(block: Block) -> Iterator[Line]:
    if isinstance(block, Heading):
        yield True, read_text(block.runs).replace("\n", "")
    elif isinstance(block, Paragraph):
        for text in split_block(block):
            yield False, text
    elif isinstance(block, Table):
        for row in block.rows:
            yield False, " | ".join(map(read_text, row))
    elif isinstance(block, Chart):
        values = "，".join(f"{bar.label} {bar.figure.text}" for bar in block.bars)
        yield False, f"{block.caption}：{values}"


def _make_equal(line: Line) -> DiffRow:
    piece = (Piece(line[1]),)
    return DiffRow(DiffKind.EQUAL, piece, piece, is_heading=line[0])


def _pair_lines(ones: Sequence[Line], others: Sequence[Line]) -> Iterator[DiffRow]:
    """Yield the rows of a place where the texts differ: similar lines in pairs, in the order of both texts."""
    pairs = _find_pairs(ones, others)
    position = other_position = 0
    for index, other_index in [*pairs, (len(ones), len(others))]:
        for line in ones[position:index]:
            yield DiffRow(DiffKind.REMOVED, (Piece(line[1], is_changed=True),), is_heading=line[0])
        for line in others[other_position:other_index]:
            yield DiffRow(DiffKind.ADDED, (), (Piece(line[1], is_changed=True),), is_heading=line[0])
        if index < len(ones):
            yield _compare_line(ones[index], others[other_index])
        position, other_position = index + 1, other_index + 1


def _find_pairs(ones: Sequence[Line], others: Sequence[Line]) -> list[tuple[int, int]]:
    """Return the pairs of similar lines with the largest total similarity that cross no other pair."""
    if not ones or not others or len(ones) * len(others) > MOST_PAIRS:
        return []
    words = [(line[0], Words.of(line[1])) for line in ones]
    other_words = [(line[0], Words.of(line[1])) for line in others]
    best = [[0.0] * (len(others) + 1) for _ in range(len(ones) + 1)]
    scores = [[0.0] * len(others) for _ in ones]
    for index in reversed(range(len(ones))):
        for other in reversed(range(len(others))):
            score = 0.0
            if words[index][0] == other_words[other][0]:
                score = words[index][1].measure_similarity(other_words[other][1])
            scores[index][other] = score if score >= PAIRED else 0.0
            paired = scores[index][other] + best[index + 1][other + 1] if scores[index][other] else 0.0
            best[index][other] = max(paired, best[index + 1][other], best[index][other + 1])
    pairs, index, other = [], 0, 0
    while index < len(ones) and other < len(others):
        score = scores[index][other]
        if score and best[index][other] == score + best[index + 1][other + 1]:
            pairs.append((index, other))
            index, other = index + 1, other + 1
        elif best[index][other] == best[index + 1][other]:
            index += 1
        else:
            other += 1
    return pairs


def _compare_line(left_line: Line, right_line: Line) -> DiffRow:
    left, right = [], []
    matcher = SequenceMatcher(None, left_line[1], right_line[1], autojunk=False)
    for tag, first, last, other_first, other_last in matcher.get_opcodes():
        if last > first:
            left.append(Piece(left_line[1][first:last], is_changed=tag != "equal"))
        if other_last > other_first:
            right.append(Piece(right_line[1][other_first:other_last], is_changed=tag != "equal"))
    return DiffRow(DiffKind.CHANGED, tuple(left), tuple(right), is_heading=left_line[0])
