"""The measures in which Word and PDF agree: GB/T 9704-2012 for reports and letters, and those of sheets."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from jiedao.reports.document import Facts, Layout, Table, read_text

PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210, 297
TOP_MM, LEFT_MM, RIGHT_MM, BOTTOM_MM = 37, 28, 26, 35
LINES, CHARACTERS = 22, 28  # of a page, of a line
LINE_PITCH_PT = 28.95  # 225 mm / 22 lines, a little less so that the last line is never pushed out
TITLE_PT, BODY_PT, NUMBER_PT, TABLE_PT = 22, 16, 14, 12


@dataclass(frozen=True)
class Measures:
    """The measures of a layout; `pitch_pt` is the distance of two lines."""

    top_mm: int
    left_mm: int
    right_mm: int
    bottom_mm: int
    title_pt: float
    body_pt: float
    pitch_pt: float
    table_pt: float
    number_pt: float
    section_pt: float  # the room above a heading
    rule_pt: float  # the lines of a table

    @property
    def gap_pt(self) -> float:
        """The room between two lines of text."""
        return self.pitch_pt - self.body_pt

    @property
    def width_mm(self) -> int:
        """The width of the text."""
        return PAGE_WIDTH_MM - self.left_mm - self.right_mm


MEASURES = {
    Layout.OFFICIAL: Measures(
        TOP_MM,
        LEFT_MM,
        RIGHT_MM,
        BOTTOM_MM,
        TITLE_PT,
        BODY_PT,
        LINE_PITCH_PT,
        TABLE_PT,
        NUMBER_PT,
        section_pt=LINE_PITCH_PT - BODY_PT,
        rule_pt=1,
    ),
    # The margin at the left has room for the holes of a binder.
    Layout.SHEET: Measures(16, 22, 16, 18, 18, 11, 18, 10.5, 9, section_pt=13, rule_pt=0.5),
}
CODE_MM = 24  # the side of a code that a phone reads
SHORT_CELL = 150  # characters of a cell that is not broken at the end of a page
HEADER_MM = 20  # from the upper edge of the page to a line above the text
NARROWEST, WIDEST = 8, 48  # of a column, in Latin characters
CLOSING_CHARACTERS = 2  # of room at the right of the sender and the day
LABEL_MM, WIDEST_LABEL_MM = 24, 34  # the width of a label of a fact
LATIN_EM, MM_OF_PT, CELL_INSET_MM = (
    0.6,
    0.353,
    4,
)  # the mean width of a Latin letter; the room beside a text in a cell
_LATIN_WORD = re.compile(r"[A-Za-z]+")
# The imprint: its outer rules are thicker than those between its lines, as GB/T 9704 asks.
IMPRINT_PT, DIGEST_PT = 14, 9
OUTER_RULE_MM, INNER_RULE_MM = 0.35, 0.25


@dataclass(frozen=True)
class Face:
    """The fonts of one part: the name that Word asks for, and fonts that stand in for it in a PDF."""

    word: str
    pdf: tuple[str, ...]


SONG = ("FangSong", "仿宋", "STFangsong", "Noto Serif CJK SC", "Source Han Serif SC", "SimSun")
HEI = ("SimHei", "黑体", "STHeiti", "Noto Sans CJK SC", "Source Han Sans SC")
KAI = ("KaiTi", "楷体", "STKaiti", "Noto Serif CJK SC", "Source Han Serif SC")

TITLE_FACE = Face("方正小标宋简体", ("FZXiaoBiaoSong-B05S", "STZhongsong", *SONG[3:]))
BODY_FACE = Face("仿宋", SONG)
FIRST_FACE = Face("黑体", HEI)
SECOND_FACE = Face("楷体", KAI)
NUMBER_FACE = Face("宋体", ("SimSun", "宋体", *SONG[3:]))


def measure_text(text: str) -> int:
    """Return how wide a text is in Latin characters; a Chinese one is as wide as two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def find_widths(table: Table, measures: Measures) -> tuple[float, ...]:
    """Return the relative widths of the columns: the stated ones, or those of the longest text of each, within bounds.

    A header may take two lines, so that a long one over short numbers does not widen its column; a Latin word of it
    is not broken.
    """
    widths = table.widths or _measure_columns(table)
    unit = sum(widths) / measures.width_mm
    return tuple(
        max(width, measure_word_mm(words, measures) * unit)
        for width, words in zip(widths, table.header, strict=True)
    )


def measure_word_mm(words: str, measures: Measures) -> float:
    """Return the room in a table that the longest Latin word of a text needs, 0 without one."""
    longest = max(map(len, _LATIN_WORD.findall(words)), default=0)
    return longest * measures.table_pt * LATIN_EM * MM_OF_PT + CELL_INSET_MM if longest else 0


def find_label_mm(facts: Facts, measures: Measures) -> float:
    """Return the width of the labels of facts: more than usual where a Latin word needs it."""
    longest = max((measure_word_mm(fact.label, measures) for fact in facts.facts), default=0)
    return min(max(LABEL_MM, longest), WIDEST_LABEL_MM)


def _measure_columns(table: Table) -> tuple[int, ...]:
    widths = [(measure_text(words) + 1) // 2 for words in table.header]
    for row in table.rows:
        widths = [
            max(width, *(measure_text(line) for line in read_text(cell).split("\n")))
            for width, cell in zip(widths, row, strict=True)
        ]
    return tuple(min(max(width + 1, NARROWEST), WIDEST) for width in widths)


def find_closing_room(lines: Sequence[str]) -> list[float]:
    """Return the characters of room at the right of the sender and of the day.

    The day begins two characters to the right of the sender; what ends further right leaves two characters of room.
    """
    widths = [measure_text(line) / 2 for line in lines]
    if len(lines) != 2:
        return [CLOSING_CHARACTERS] * len(lines)
    sender, day = widths
    after_day = max(float(CLOSING_CHARACTERS), sender - day)
    return [after_day + day + CLOSING_CHARACTERS - sender, after_day]
