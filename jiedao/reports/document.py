"""A report as blocks and runs: what HTML, Word and PDF are made of."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum

from jiedao.indicators.figure import Figure
from jiedao.indicators.parts import Part


class Level(IntEnum):
    """The levels of headings in an official document: title, 一、, (一), 1."""

    TITLE = 0
    FIRST = 1
    SECOND = 2
    THIRD = 3


@dataclass(frozen=True)
class Run:
    """A piece of text. With a figure it is a number of the report, which a reader can open down to its rows.

    Attributes:
        part: what is printed of the figure.
        exact: the value of this part before it was worded; None where there is no data.
        is_name: a number that is part of a name, such as 十个一律, and no figure.
    """

    text: str
    figure: Figure | None = None
    is_strong: bool = False
    part: Part = Part.VALUE
    exact: Decimal | None = None
    is_name: bool = False


@dataclass(frozen=True)
class Heading:
    """A heading; its text may hold figures, too."""

    level: Level
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, whose first line is indented by two characters."""

    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Table:
    """A table with a header; every cell is a row of runs."""

    header: tuple[str, ...]
    rows: tuple[tuple[tuple[Run, ...], ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar of a chart."""

    label: str
    figure: Figure


@dataclass(frozen=True)
class Chart:
    """A row of figures drawn as bars."""

    caption: str
    bars: tuple[Bar, ...]


Point = tuple[int, int]


@dataclass(frozen=True)
class Shape:
    """A community of a map, in the units of the drawing, with y downwards.

    Attributes:
        rings: the outlines of its parts and of the holes in them.
        centre: a point inside, for the label.
        figure: None where the community has no figure.
    """

    label: str
    rings: tuple[tuple[Point, ...], ...]
    centre: Point
    figure: Figure | None


@dataclass(frozen=True)
class AreaMap:
    """The communities of the town with their figures: as shades, or as circles in their size.

    The outlines are part of the map, so that a signed report prints the map that was signed.

    Attributes:
        label, unit: of the measure, for the legend.
        height: of the drawing; its width is `MAP_WIDTH`.
        has_circles: circles instead of shades.
        is_schematic: the outlines are no surveyed borders.
    """

    caption: str
    label: str
    unit: str
    shapes: tuple[Shape, ...]
    height: int
    has_circles: bool = False
    is_schematic: bool = False


MAP_WIDTH = 720
Drawing = Chart | AreaMap
Block = Heading | Paragraph | Table | Chart | AreaMap


@dataclass(frozen=True)
class Document:
    """A built report.

    Attributes:
        figures: every figure in the order of the text, also those of tables and charts.
        notes: what a reader of the draft should know, such as a figure without data.
    """

    blocks: tuple[Block, ...]
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def title(self) -> str:
        """The text of the title, "" where there is none."""
        for block in self.blocks:
            if isinstance(block, Heading) and block.level is Level.TITLE:
                return read_text(block.runs).replace("\n", "")
        return ""

    @property
    def text(self) -> str:
        """The report as plain text, one paragraph a line."""
        lines = []
        for block in self.blocks:
            if isinstance(block, Heading | Paragraph):
                lines.append(read_text(block.runs))
            elif isinstance(block, Table):
                lines += [" | ".join(block.header)] + [" | ".join(map(read_text, row)) for row in block.rows]
        return "\n".join(lines)

    @property
    def runs(self) -> Iterator[Run]:
        """Every run in the order of the text, those of tables and charts as well."""
        for block in self.blocks:
            if isinstance(block, Heading | Paragraph):
                yield from block.runs
            elif isinstance(block, Table):
                for row in block.rows:
                    for cell in row:
                        yield from cell
            else:
                for figure in list_drawn_figures(block):
                    yield Run(figure.text, figure, exact=figure.value)


def list_drawn_figures(drawing: Drawing) -> list[Figure]:
    """Return the figures of a chart or map in its order."""
    if isinstance(drawing, Chart):
        return [bar.figure for bar in drawing.bars]
    return [shape.figure for shape in drawing.shapes if shape.figure is not None]


def read_text(runs: tuple[Run, ...]) -> str:
    """Return the text of runs."""
    return "".join(run.text for run in runs)
