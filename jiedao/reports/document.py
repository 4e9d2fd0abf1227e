"""A report as blocks and runs: what HTML, Word and PDF are made of."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, IntEnum

from jiedao.indicators.figure import Figure
from jiedao.indicators.parts import Part


class Layout(Enum):
    """How a document is laid out: as an official letter of GB/T 9704, or as a sheet of tables for daily work."""

    OFFICIAL = "official"
    SHEET = "sheet"


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
    """A heading; its text may hold figures, too.

    Attributes:
        is_plan: the text marks that what follows is the plan of the next period.
    """

    level: Level
    runs: tuple[Run, ...]
    is_plan: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A paragraph. In an official document its first line is indented by two characters, unless it is flush."""

    runs: tuple[Run, ...]
    is_flush: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a header; every cell is a row of runs.

    Attributes:
        widths: the relative widths of the columns; without them all columns are equally wide.
        left: the columns whose cells are aligned to the left; those of the others are centred.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[tuple[Run, ...], ...], ...]
    caption: str = ""
    widths: tuple[int, ...] = ()
    left: frozenset[int] = frozenset({0})


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


@dataclass(frozen=True)
class PlanMark:
    """Marks, in the text of a heading, that the plan of the next period begins there; it prints nothing."""


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


class PictureKind(Enum):
    """The format of a picture; the value is the suffix of its file."""

    PNG = "png"
    JPEG = "jpg"
    SVG = "svg"


@dataclass(frozen=True)
class Picture:
    """A picture that every writer can draw: it was decoded and written anew, or drawn by jiedao.

    Attributes:
        ratio: width divided by height.
    """

    content: bytes
    kind: PictureKind
    ratio: float
    caption: str = ""


@dataclass(frozen=True)
class Pictures:
    """Pictures side by side, each with its caption.

    Attributes:
        height_mm: the height of the largest picture; each is scaled to fit its column and this height.
    """

    pictures: tuple[Picture, ...]
    columns: int = 3
    height_mm: int = 48


@dataclass(frozen=True)
class Masthead:
    """The top of a sheet: its title, lines below it, and a code that opens the object's page."""

    title: str
    lines: tuple[str, ...] = ()
    code: Picture | None = None


@dataclass(frozen=True)
class Fact:
    """A label with its value.

    Attributes:
        is_wide: whether the fact has a line of its own.
        height_mm: room for handwriting, 0 for none.
    """

    label: str
    value: str
    is_wide: bool = False
    height_mm: int = 0


@dataclass(frozen=True)
class Facts:
    """Labels with their values as a table, two facts in a line."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class SignatureLines:
    """Lines to sign on, in one row, each after its label."""

    labels: tuple[str, ...]


@dataclass(frozen=True)
class Closing:
    """The lines at the end of a letter: the sender and the day, at the right."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Imprint:
    """The imprint (版记) of an official document, at the foot of its last page, each line between two rules.

    Attributes:
        lines: who drafted and signed, and when.
        digest: what the signed figures are proven by; it is printed small, so that it fits into one line.
    """

    lines: tuple[str, ...]
    digest: str


@dataclass(frozen=True)
class PageBreak:
    """The next block begins on a new page."""


ReportBlock = Heading | Paragraph | Table | Chart | AreaMap
SheetBlock = Masthead | Facts | Pictures | SignatureLines | Closing | Imprint | PageBreak
Block = ReportBlock | SheetBlock


@dataclass(frozen=True)
class Document:
    """A built report, or a printout of single objects.

    Attributes:
        figures: every figure in the order of the text, also those of tables and charts.
        notes: what a reader of the draft should know, such as a figure without data.
        footer: a line at the bottom of every page of a sheet.
        header: a line at the top of every page, such as the mark of a draft.
    """

    blocks: tuple[Block, ...]
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = field(default=())
    layout: Layout = Layout.OFFICIAL
    footer: str = ""
    header: str = ""

    @property
    def title(self) -> str:
        """The text of the title, of a sheet with what it is about; "" where there is none."""
        for block in self.blocks:
            if isinstance(block, Masthead):
                return " ".join((block.title, *block.lines[:1]))
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
            elif isinstance(block, Chart | AreaMap):
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
