"""The map of grids and open cases."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jiedao.cases import catalogue
from jiedao.cases.selectors import mapping
from jiedao.cases.selectors.lists import TONES
from jiedao.desk.links import get_case_url, get_record_url
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS, area_info
from jiedao.registers.access import readable
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.selectors.mapping import record_points

LEGEND: list[tuple[str, Any]] = [
    ("bad", _("已超期")),
    (TONES["FILED"], _("待派遣")),
    (TONES["HANDLING"], _("受理、办理、核查中")),
    (TONES["SUSPENDED"], _("挂账")),
]
# What the list of cases calls the map's choices; the rest opens the list of all that is open.
LISTS = {"intake": "intake", "unit": "unit", "check": "check"}


def _wanted(request: DeskRequest) -> mapping.MapFilter:
    read = request.GET.get
    return mapping.MapFilter.read(read("state", ""), read_number(read("category")), read_number(read("area")))


def _list_url(wanted: mapping.MapFilter, area: int | None) -> str:
    """Return the address of the list of the same cases in an area."""
    query: dict[str, Any] = {"group": LISTS.get(wanted.state, "open")}
    if wanted.state == "overdue":
        query |= {"due": "overdue"}
    if wanted.state == "suspended":
        query = {"state": "SUSPENDED"}
    if wanted.category is not None:
        query["category"] = wanted.category
    if area is not None:
        query["area"] = area
    return f"{reverse('desk:cases')}?{urlencode(query)}"


def _layers(request: DeskRequest) -> list[RegisterInfo]:
    """Return the registers whose records are to be drawn over the cases."""
    chosen = request.GET.getlist("layer")
    return [info for info in readable(request.actor) if info.key in chosen] if chosen else []


def _records(
    request: DeskRequest, layers: list[RegisterInfo], wanted: mapping.MapFilter, most: int
) -> list[Any]:
    """Return the records of the layers as points, in one statement a layer or two."""
    area = area_info(wanted.area)
    filters = RecordFilters(area_path=area.path if area is not None else "")
    return [
        point
        for info in layers
        for point in record_points(request.actor, info, filters, get_record_url, most=most)[0]
    ]


@require_staff("cases.case:view")
def map_page(request: DeskRequest) -> HttpResponse:
    """Show the map; without script it is the SVG with its links."""
    wanted = _wanted(request)
    drawn, count = mapping.features(
        request.actor, wanted, lambda grid: _list_url(wanted, grid), get_case_url, most=mapping.MOST_DRAWN
    )
    layers = _layers(request)
    records = _records(request, layers, wanted, mapping.MOST_DRAWN)
    query = {
        "state": wanted.state,
        "category": wanted.category or "",
        "area": wanted.area or "",
        "layer": [info.key for info in layers],
    }
    context = {
        "features": {**drawn, "features": drawn["features"] + records},
        "registers": readable(request.actor),
        "layers": layers,
        "counted": _("{all} 处") if layers else "",
        "late": _("{all} 处，其中 {bad} 处标红") if layers else "",
        "count": count,
        "live_shown": min(count.placed, mapping.MOST),
        "cut": count.placed > mapping.MOST,
        "wanted": wanted,
        "states": [(code, label) for code, (label, _states) in mapping.STATES.items()],
        "majors": [
            row for row in catalogue.CATEGORIES.get().values() if row.parent_id is None and row.active
        ],
        "communities": [row for row in AREAS.get().values() if row.kind == AreaKind.COMMUNITY],
        "legend": LEGEND,
        "data_url": f"{reverse('desk:map_data')}?{urlencode(query, doseq=True)}",
        "list_url": _list_url(wanted, wanted.area),
    }
    return render(request, "desk/map/map.html", context)


@require_staff("cases.case:view")
def map_data(request: DeskRequest) -> HttpResponse:
    """Return the features as GeoJSON, scoped, at most `mapping.MOST` points; the counts say what was left out."""
    wanted = _wanted(request)
    drawn, count = mapping.features(request.actor, wanted, lambda grid: _list_url(wanted, grid), get_case_url)
    points = _records(request, _layers(request), wanted, mapping.MOST)
    drawn["features"] += points
    answer = {**drawn, "found": count.found, "placed": count.placed, "shown": count.shown}
    return JsonResponse(
        answer, content_type="application/geo+json", json_dumps_params={"ensure_ascii": False}
    )
