"""The page on which outlines of communities and grids are drawn. It writes nothing: the result goes into the pack."""

from django.http import HttpResponse

from jiedao.desk.admin.frame import render_page
from jiedao.desk.navigation import PACK
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.places.models import Area, AreaKind
from jiedao.places.selectors import area_text

SECTION = "desk:admin_outlines"
MARGIN = 0.002  # degrees around the outlines that there are
FIRST_FRAME = [114.10, 22.58, 114.16, 22.63]  # of a town without outlines, until its own is entered


@require_staff(PACK)
def draw_outlines(request: DeskRequest) -> HttpResponse:
    """Show the areas of the town and their present outlines, to be drawn or changed in the browser."""
    areas = list(
        Area.objects.filter(active=True, kind__in=(AreaKind.COMMUNITY, AreaKind.GRID)).order_by("code")
    )
    rows = [
        {
            "code": area.code,
            "name": area.name,
            "label": area_text(area.path),
            "is_grid": area.kind == AreaKind.GRID,
        }
        for area in areas
    ]
    outlines = {area.code: area.polygon for area in areas if area.polygon}
    data = {"areas": rows, "outlines": outlines, "frame": _find_frame(list(outlines.values()))}
    return render_page(request, SECTION, "outlines.html", {"areas": rows, "data": data})


def _find_frame(geometries: list[dict[str, object]]) -> list[float]:
    """Return west, south, east and north of the outlines with a margin."""
    from shapely.geometry import shape  # noqa: PLC0415 (only this page needs it)

    if not geometries:
        return FIRST_FRAME
    bounds = [shape(geometry).bounds for geometry in geometries]
    west, south = (min(row[index] for row in bounds) - MARGIN for index in (0, 1))
    east, north = (max(row[index] for row in bounds) + MARGIN for index in (2, 3))
    return [round(value, 6) for value in (west, south, east, north)]
