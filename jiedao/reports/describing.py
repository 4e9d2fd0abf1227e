"""A report as JSON: its blocks, and each of its figures once."""

from typing import Any

from jiedao.indicators.describing import describe_figure
from jiedao.indicators.figure import Figure
from jiedao.reports.binding import find_unbound
from jiedao.reports.document import (
    AreaMap,
    Block,
    Chart,
    Document,
    Heading,
    Paragraph,
    Run,
    Table,
    read_text,
)


def describe_document(document: Document) -> dict[str, Any]:
    """Return a document as JSON; a run names its figure by its position in `figures`."""
    figures = _Figures()
    blocks = [_describe_block(block, figures) for block in document.blocks]
    return {
        "title": document.title,
        "text": document.text,
        "blocks": blocks,
        "figures": figures.described,
        "missing": list(document.notes),
        "unbound": [number.words for number in find_unbound(document)],
    }


class _Figures:
    """Collects the figures of a document, each once."""

    def __init__(self) -> None:
        self.described: list[dict[str, Any]] = []
        self._positions: dict[tuple[str, str, str], int] = {}

    def add(self, figure: Figure) -> int:
        key = (figure.measure.key, figure.period.text, figure.place.key)
        if key not in self._positions:
            self._positions[key] = len(self.described)
            self.described.append(describe_figure(figure))
        return self._positions[key]


def _describe_block(block: Block, figures: _Figures) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"kind": "heading", "level": int(block.level), **_describe_text(block.runs, figures)}
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", **_describe_text(block.runs, figures)}
    if isinstance(block, Table):
        rows = [[_describe_text(cell, figures) for cell in row] for row in block.rows]
        return {"kind": "table", "caption": block.caption, "header": list(block.header), "rows": rows}
    if isinstance(block, Chart):
        pairs = [(bar.label, bar.figure) for bar in block.bars]
        return {"kind": "chart", "caption": block.caption, "items": _describe_items(pairs, figures)}
    if isinstance(block, AreaMap):
        shapes = [(shape.label, shape.figure) for shape in block.shapes]
        return {"kind": "map", "caption": block.caption, "items": _describe_items(shapes, figures)}
    raise TypeError(f"{type(block).__name__} belongs to printouts, which are not described")


def _describe_items(pairs: list[Any], figures: _Figures) -> list[dict[str, Any]]:
    return [
        {"label": label, "figure": None if figure is None else figures.add(figure)} for label, figure in pairs
    ]


def _describe_text(runs: tuple[Run, ...], figures: _Figures) -> dict[str, Any]:
    return {"text": read_text(runs), "runs": [_describe_run(run, figures) for run in runs]}


def _describe_run(run: Run, figures: _Figures) -> dict[str, Any]:
    if run.figure is None:
        return {"text": run.text, "figure": None, "part": "", "exact": None}
    return {
        "text": run.text,
        "figure": figures.add(run.figure),
        "part": run.part.value,
        "exact": None if run.exact is None else f"{run.exact.normalize():f}",
    }
