"""Draw a map as SVG: communities in shades or with circles, a legend below, readable in print without colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from math import sqrt

from jiedao.indicators.figure import Figure
from jiedao.reports.document import MAP_WIDTH, AreaMap, Shape
from jiedao.reports.output.charts import INK, FindUrl, add_link, open_drawing

SHADES = (
    "#eef4fa",
    "#c4d9ec",
    "#8fb5d9",
    "#4d85b6",
    "#1d4d7c",
)  # evenly darker in a print without colours, too
PALE, BORDER, CIRCLE = "#f4f5f6", "#6b7280", "#4d85b6"
LEGEND_ROW, BOX, LETTER, SMALL = 30, 18, 13, 12
LARGEST_CIRCLE = 34
NO_DATA, SCHEMATIC = "无数据", "社区边界为示意。"  # reports are in Chinese
HATCH = (
    '<defs><pattern id="no-data" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<rect width="7" height="7" fill="#ffffff"/>'
    '<path d="M0 7L7 0M-1 1L1 -1M6 8L8 6" stroke="#9ca3af" stroke-width="1"/></pattern></defs>'
)


@dataclass(frozen=True)
class ValueClass:
    """A class of values with its shade: from the least to the most value that occurs in it."""

    least: Figure
    most: Figure
    shade: str

    @property
    def label(self) -> str:
        """The class in the legend."""
        return (
            self.least.text if self.least.text == self.most.text else f"{self.least.text}～{self.most.text}"
        )

    def holds(self, figure: Figure) -> bool:
        """Return whether a figure is in the class."""
        return _get_value(self.least) <= _get_value(figure) <= _get_value(self.most)


def draw_map(area_map: AreaMap, find_url: FindUrl | None = None) -> str:
    """Return the SVG of a map; with `find_url` each community opens its figure."""
    classes = [] if area_map.has_circles else list_classes(_list_figures(area_map))
    legend, legend_height = _draw_legend(area_map, classes)
    parts = [open_drawing(MAP_WIDTH, area_map.height + legend_height, area_map.caption, "map"), HATCH]
    parts += [
        add_link(_draw_outline(shape, classes, area_map), shape.figure, find_url) for shape in area_map.shapes
    ]
    # Labels last: no neighbour covers them.
    parts += [_draw_label(shape, classes, area_map) for shape in area_map.shapes]
    return "".join([*parts, legend, "</svg>"])


def list_classes(figures: Sequence[Figure]) -> list[ValueClass]:
    """Return at most five classes of values, from the least to the most, whose members differ as little as possible.

    Figures that print the same are in one class.
    """
    distinct = sorted({figure.text: figure for figure in figures}.values(), key=_get_value)
    if not distinct:
        return []
    numbers = [float(_get_value(figure)) for figure in distinct]
    starts = find_breaks(numbers, min(len(SHADES), len(distinct)))
    ends = [*starts[1:], len(distinct)]
    # Few classes take shades that are far apart.
    steps = [round(i * (len(SHADES) - 1) / max(1, len(starts) - 1)) for i in range(len(starts))]
    steps = steps if len(starts) > 1 else [2]
    return [
        ValueClass(distinct[start], distinct[end - 1], SHADES[step])
        for start, end, step in zip(starts, ends, steps, strict=True)
    ]


def find_breaks(numbers: Sequence[float], count: int) -> list[int]:
    """Return where each class of sorted numbers begins, so that the squared distances in the classes are least.

    These are the natural breaks of Fisher and Jenks, found by dynamic programming.
    """
    size = len(numbers)
    best = [[_measure_spread(numbers, 0, end) for end in range(size + 1)]]
    begins: list[list[int]] = [[0] * (size + 1)]
    for _row in range(1, count):
        costs, starts = [float("inf")] * (size + 1), [0] * (size + 1)
        for end in range(size + 1):
            for start in range(end):
                cost = best[-1][start] + _measure_spread(numbers, start, end)
                if cost < costs[end]:
                    costs[end], starts[end] = cost, start
        best.append(costs)
        begins.append(starts)
    breaks, end = list[int](), size
    for starts in reversed(begins):
        end = starts[end]
        breaks.append(end)
    return breaks[::-1]


def _measure_spread(numbers: Sequence[float], start: int, end: int) -> float:
    part = numbers[start:end]
    if not part:
        return float("inf") if start else 0.0
    middle = sum(part) / len(part)
    return sum((number - middle) ** 2 for number in part)


def _get_value(figure: Figure) -> Decimal:
    return figure.rounded if figure.rounded is not None else Decimal(0)


def _list_figures(area_map: AreaMap) -> list[Figure]:
    figures = [shape.figure for shape in area_map.shapes if shape.figure is not None]
    return [figure for figure in figures if figure.value is not None]


def _find_shade(shape: Shape, classes: Sequence[ValueClass]) -> str:
    """Return the shade of a community, "" where it has no data."""
    if shape.figure is None or shape.figure.value is None:
        return ""
    return next((row.shade for row in classes if row.holds(shape.figure)), SHADES[0])


def _draw_outline(shape: Shape, classes: Sequence[ValueClass], area_map: AreaMap) -> str:
    path = "".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in shape.rings)
    has_data = shape.figure is not None and shape.figure.value is not None
    fill = PALE if area_map.has_circles and has_data else _find_shade(shape, classes) or "url(#no-data)"
    return (
        f'<path d="{path}" fill="{fill}" fill-rule="evenodd" stroke="{BORDER}" stroke-width="1.2">'
        f"<title>{escape(_describe(shape, area_map.unit))}</title></path>"
    )


def _describe(shape: Shape, unit: str) -> str:
    has_data = shape.figure is not None and shape.figure.value is not None
    words = f"{shape.figure.text} {unit}" if has_data and shape.figure is not None else NO_DATA
    return f"{shape.label}：{words}"


def _draw_label(shape: Shape, classes: Sequence[ValueClass], area_map: AreaMap) -> str:
    """Return the circle, name and value of a community, as far as they fit into it."""
    x, y = shape.centre
    name = shape.label.removesuffix("社区")
    value = shape.figure.text if shape.figure is not None else "—"
    fill = "#ffffff" if _find_shade(shape, classes) in SHADES[3:] else INK
    circle = ""
    if area_map.has_circles and shape.figure is not None and shape.figure.value:
        radius = _find_radius(shape.figure, area_map)
        circle = (
            f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="{CIRCLE}" fill-opacity=".6" stroke="{INK}"/>'
        )
    room = max(x for ring in shape.rings for x, _y in ring) - min(x for ring in shape.rings for x, _y in ring)
    lines = [words for words in (name, value) if _measure_words(words) <= room + LETTER]
    top = y - (len(lines) - 1) * 8 + 4
    texts = "".join(
        f'<text x="{x}" y="{top + index * 16}">{escape(words)}</text>' for index, words in enumerate(lines)
    )
    return (
        f'<g pointer-events="none" text-anchor="middle" font-size="{LETTER}">{circle}'
        f'<g fill="{fill}">{texts}</g></g>'
    )


def _measure_words(words: str) -> float:
    return sum(LETTER if ord(letter) > 0x2E80 else LETTER * 0.6 for letter in words)


def _find_radius(figure: Figure, area_map: AreaMap) -> float:
    """Return the radius of a circle whose area is in proportion to the value."""
    most = max(abs(_get_value(row)) for row in _list_figures(area_map)) or Decimal(1)
    return LARGEST_CIRCLE * sqrt(float(abs(_get_value(figure)) / most))


def _draw_legend(area_map: AreaMap, classes: Sequence[ValueClass]) -> tuple[str, int]:
    """Return the legend, and the height that it adds to the drawing."""
    if area_map.has_circles:
        items = _list_circles(area_map)
    else:
        items = [
            (
                f'<rect width="{BOX * 1.5}" height="{BOX}" fill="{row.shade}" stroke="{BORDER}"/>',
                BOX * 1.5,
                row.label,
            )
            for row in classes
        ]
    if len(_list_figures(area_map)) < len(area_map.shapes):
        box = f'<rect width="{BOX * 1.5}" height="{BOX}" fill="url(#no-data)" stroke="{BORDER}"/>'
        items.append((box, BOX * 1.5, NO_DATA))
    rows, x, y = [], 0.0, area_map.height + 14.0
    head = f"{area_map.label}（{area_map.unit}）" if area_map.unit else area_map.label
    row_height = LEGEND_ROW if not area_map.has_circles else max(LEGEND_ROW, LARGEST_CIRCLE * 2)
    rows.append(f'<text x="0" y="{y + BOX - 4}">{escape(head)}</text>')
    x = _measure_words(head) + 12
    for drawing, width, words in items:
        needed = width + 6 + _measure_words(words) + 12
        if x + needed > MAP_WIDTH:
            x, y = 0, y + row_height
        rows.append(
            f'<g transform="translate({x:.1f} {y:.1f})">{drawing}'
            f'<text x="{width + 6:.1f}" y="{BOX - 4}">{escape(words)}</text></g>'
        )
        x += needed
    y += row_height
    if area_map.is_schematic:
        rows.append(f'<text x="0" y="{y + 6}" font-size="{SMALL}">{SCHEMATIC}</text>')
        y += 16
    return f'<g class="map-key" font-size="{LETTER}">{"".join(rows)}</g>', round(y - area_map.height + 4)


def _list_circles(area_map: AreaMap) -> list[tuple[str, float, str]]:
    """Return circles of the largest, a middle and the least value, each with its width and its value."""
    figures = sorted((figure for figure in _list_figures(area_map) if figure.value), key=_get_value)
    if not figures:
        return []
    chosen = {figure.text: figure for figure in (figures[-1], figures[len(figures) // 2], figures[0])}
    items = []
    for figure in chosen.values():
        radius = _find_radius(figure, area_map)
        circle = (
            f'<circle cx="{radius:.1f}" cy="{BOX / 2:g}" r="{radius:.1f}" fill="{CIRCLE}" fill-opacity=".6" '
            f'stroke="{INK}"/>'
        )
        items.append((circle, radius * 2, figure.text))
    return items
