"""Draw a chart as SVG: bars with their values, readable in print without colours."""

from collections.abc import Callable
from decimal import Decimal
from html import escape

from jiedao.indicators.figure import Figure
from jiedao.reports.document import Chart

WIDTH, HEIGHT, ROW = 720, 320, 30
INK, BAR, FAINT = "#1f2937", "#2563a8", "#9ca3af"
FindUrl = Callable[[Figure], str]
FONTS = "Noto Sans CJK SC, Source Han Sans SC, SimHei, sans-serif"


def draw_chart(chart: Chart, find_url: FindUrl | None = None) -> str:
    """Return the SVG of a chart: columns up to twelve bars, rows beyond. A bar without a value has a dash.

    Args:
        find_url: the address of a figure, which its bar then opens; "" for none.
    """
    if len(chart.bars) > 12 or any(len(bar.label) > 4 for bar in chart.bars):
        return _draw_rows(chart, find_url)
    return _draw_columns(chart, find_url)


def add_link(drawing: str, figure: Figure | None, find_url: FindUrl | None) -> str:
    """Return the drawing of a figure as a link to it, unchanged where there is no address."""
    url = find_url(figure) if find_url is not None and figure is not None else ""
    return f'<a class="figure" href="{escape(url)}">{drawing}</a>' if url else drawing


def _largest(chart: Chart) -> Decimal:
    values = [abs(bar.figure.value) for bar in chart.bars if bar.figure.value is not None]
    return max(values, default=Decimal(0)) or Decimal(1)


def open_drawing(width: float, height: float, label: str, name: str = "chart") -> str:
    """Return the beginning of an SVG with its size, its name for those who cannot see it, and its class."""
    return (
        f'<svg class="{name}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="group" aria-label="{escape(label)}" '
        f'font-family="{FONTS}" font-size="15" fill="{INK}">'
    )


def _draw_columns(chart: Chart, find_url: FindUrl | None) -> str:
    top, bottom = 30, HEIGHT - 34
    step = WIDTH / max(1, len(chart.bars))
    largest = _largest(chart)
    parts = [open_drawing(WIDTH, HEIGHT, chart.caption), f'<path d="M0 {bottom}H{WIDTH}" stroke="{FAINT}"/>']
    for index, bar in enumerate(chart.bars):
        middle = step * (index + 0.5)
        value = bar.figure.value
        length = float(abs(value) / largest) * (bottom - top) if value is not None else 0
        drawing = (
            f'<rect x="{middle - step * 0.3:.1f}" y="{bottom - length:.1f}" width="{step * 0.6:.1f}" '
            f'height="{length:.1f}" fill="{BAR}"/>'
            f'<text x="{middle:.1f}" y="{bottom - length - 8:.1f}" text-anchor="middle">'
            f"{escape(bar.figure.text)}</text>"
            f'<text x="{middle:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(bar.label)}</text>'
        )
        parts.append(add_link(drawing, bar.figure, find_url))
    return "".join(parts) + "</svg>"


def _draw_rows(chart: Chart, find_url: FindUrl | None) -> str:
    left, right = 170, 110
    height = ROW * max(1, len(chart.bars)) + 10
    largest = _largest(chart)
    parts = [open_drawing(WIDTH, height, chart.caption)]
    for index, bar in enumerate(chart.bars):
        y = ROW * index + 8
        value = bar.figure.value
        length = float(abs(value) / largest) * (WIDTH - left - right) if value is not None else 0
        drawing = (
            f'<text x="{left - 10}" y="{y + 15}" text-anchor="end">{escape(bar.label)}</text>'
            f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{ROW - 10}" fill="{BAR}"/>'
            f'<text x="{left + length + 8:.1f}" y="{y + 15}">{escape(bar.figure.text)}</text>'
        )
        parts.append(add_link(drawing, bar.figure, find_url))
    return "".join(parts) + "</svg>"
