"""Draw what a report shows as a picture: charts and maps."""

from jiedao.reports.document import AreaMap, Drawing
from jiedao.reports.output.charts import FindUrl, draw_chart
from jiedao.reports.output.maps import draw_map


def draw(drawing: Drawing, find_url: FindUrl | None = None) -> str:
    """Return the SVG of a chart or map; with `find_url` its parts open their figures."""
    return draw_map(drawing, find_url) if isinstance(drawing, AreaMap) else draw_chart(drawing, find_url)
