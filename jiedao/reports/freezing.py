"""Freeze a built document as JSON, so that a signed report prints what was signed, and read it back.

The frozen document holds everything that its figures state, also the definitions of their measures: it can be read when
a pack no longer has them.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from jiedao.indicators.figure import Figure, Place
from jiedao.indicators.models import Measure, Status
from jiedao.indicators.parts import Part
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.periods import parse_period
from jiedao.reports.document import (
    AreaMap,
    Bar,
    Block,
    Chart,
    Document,
    Heading,
    Level,
    Paragraph,
    Run,
    Shape,
    Table,
)

FORMAT = 1
MEASURE_COLUMNS = (
    "key",
    "name",
    "name_en",
    "meaning",
    "meaning_en",
    "unit_label",
    "unit_label_en",
    "digits",
    "kind",
    "spec",
    "better",
)
NUMBERS = ("value", "numerator", "denominator", "growth")
PLAIN = ("denominator_name", "rows", "scope_words", "source", "rank", "rank_field", "rank_of", "note")
MAP_COLUMNS = ("caption", "label", "unit", "height", "has_circles", "is_schematic")


def freeze(document: Document) -> dict[str, Any]:
    """Return a document as JSON."""
    freezer = _Freezer()
    blocks = [freezer.freeze_block(block) for block in document.blocks]
    return {"format": FORMAT, "blocks": blocks, "figures": freezer.figures, "notes": list(document.notes)}


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of frozen content; the same content has the same digest on every database."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def thaw(content: Mapping[str, Any]) -> Document:
    """Return the document of frozen content."""
    figures = [_thaw_figure(data) for data in content["figures"]]
    blocks = tuple(_thaw_block(block, figures) for block in content["blocks"])
    return Document(blocks, tuple(figures), tuple(content["notes"]))


class _Freezer:
    """Collects the figures of a document, each once."""

    def __init__(self) -> None:
        self.figures: list[dict[str, Any]] = []
        self.indexes: dict[int, int] = {}

    def freeze_block(self, block: Block) -> dict[str, Any]:
        if isinstance(block, Heading):
            data = {"kind": "heading", "level": int(block.level), "runs": self.freeze_runs(block.runs)}
            return data | {"plan": True} if block.is_plan else data
        if isinstance(block, Paragraph):
            return {"kind": "paragraph", "runs": self.freeze_runs(block.runs)}
        if isinstance(block, Table):
            rows = [[self.freeze_runs(cell) for cell in row] for row in block.rows]
            return {"kind": "table", "header": list(block.header), "rows": rows, "caption": block.caption}
        if isinstance(block, Chart):
            bars = [[bar.label, self.add(bar.figure)] for bar in block.bars]
            return {"kind": "chart", "caption": block.caption, "bars": bars}
        if isinstance(block, AreaMap):
            return self.freeze_map(block)
        raise TypeError(f"{type(block).__name__} belongs to printouts, which are not frozen")

    def freeze_map(self, area_map: AreaMap) -> dict[str, Any]:
        shapes = [
            {
                "label": shape.label,
                "rings": shape.rings,
                "centre": shape.centre,
                "figure": None if shape.figure is None else self.add(shape.figure),
            }
            for shape in area_map.shapes
        ]
        return {"kind": "map", "shapes": shapes, **{name: getattr(area_map, name) for name in MAP_COLUMNS}}

    def freeze_runs(self, runs: tuple[Run, ...]) -> list[dict[str, Any]]:
        return [self.freeze_run(run) for run in runs]

    def freeze_run(self, run: Run) -> dict[str, Any]:
        data: dict[str, Any] = {"text": run.text}
        if run.is_strong:
            data["strong"] = True
        if run.is_name:
            data["name"] = True
        if run.figure is not None:
            data |= {"figure": self.add(run.figure), "part": run.part.value, "exact": _write(run.exact)}
        return data

    def add(self, figure: Figure) -> int:
        if id(figure) not in self.indexes:
            self.figures.append(_freeze_figure(figure))
            self.indexes[id(figure)] = len(self.figures) - 1
        return self.indexes[id(figure)]


def _freeze_figure(figure: Figure) -> dict[str, Any]:
    return {
        "measure": {name: getattr(figure.measure, name) for name in MEASURE_COLUMNS},
        "period": figure.period.text,
        "place": vars(figure.place),
        "as_of": figure.as_of.isoformat(),
        "status": figure.status.value,
        "link": _freeze_link(figure.link),
        "terms": [_freeze_figure(term) for term in figure.terms],
        **{name: _write(getattr(figure, name)) for name in NUMBERS},
        **{name: getattr(figure, name) for name in PLAIN},
    }


def _thaw_figure(data: Mapping[str, Any]) -> Figure:
    link = data["link"]
    numbers: dict[str, Any] = {name: read_number(data[name]) for name in NUMBERS}
    return Figure(
        measure=Measure(**data["measure"]),
        period=parse_period(data["period"]),
        place=Place(**data["place"]),
        as_of=datetime.fromisoformat(data["as_of"]),
        status=Status(data["status"]),
        link=RowsLink(link["kind"], tuple(link["args"]), tuple(map(tuple, link["query"]))) if link else None,
        terms=tuple(_thaw_figure(term) for term in data["terms"]),
        **numbers,
        **{name: data[name] for name in PLAIN},
    )


def _freeze_link(link: RowsLink | None) -> dict[str, Any] | None:
    if link is None:
        return None
    return {"kind": link.kind, "args": list(link.args), "query": [list(pair) for pair in link.query]}


def _thaw_block(block: Mapping[str, Any], figures: list[Figure]) -> Block:
    kind = block["kind"]
    if kind == "heading":
        runs = _thaw_runs(block["runs"], figures)
        return Heading(Level(block["level"]), runs, is_plan=block.get("plan", False))
    if kind == "paragraph":
        return Paragraph(_thaw_runs(block["runs"], figures))
    if kind == "table":
        rows = tuple(tuple(_thaw_runs(cell, figures) for cell in row) for row in block["rows"])
        return Table(tuple(block["header"]), rows, block["caption"])
    if kind == "map":
        return _thaw_map(block, figures)
    return Chart(block["caption"], tuple(Bar(label, figures[index]) for label, index in block["bars"]))


def _thaw_map(block: Mapping[str, Any], figures: list[Figure]) -> AreaMap:
    shapes = tuple(
        Shape(
            shape["label"],
            tuple(tuple((x, y) for x, y in ring) for ring in shape["rings"]),
            (shape["centre"][0], shape["centre"][1]),
            None if shape["figure"] is None else figures[shape["figure"]],
        )
        for shape in block["shapes"]
    )
    return AreaMap(shapes=shapes, **{name: block[name] for name in MAP_COLUMNS})


def _thaw_runs(runs: list[dict[str, Any]], figures: list[Figure]) -> tuple[Run, ...]:
    return tuple(
        Run(
            run["text"],
            figures[run["figure"]] if "figure" in run else None,
            is_strong=run.get("strong", False),
            part=Part(run.get("part", Part.VALUE)),
            exact=read_number(run.get("exact")),
            is_name=run.get("name", False),
        )
        for run in runs
    )


def _write(number: Decimal | None) -> str | None:
    # Without needless zeros, of which databases return more or fewer.
    return None if number is None else f"{number.normalize():f}"


def read_number(text: str | None) -> Decimal | None:
    """Return the number of a frozen text; None for none."""
    return None if text is None else Decimal(text)
