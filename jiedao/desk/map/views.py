"""The map of the town: grids, open cases and the records of chosen registers."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jiedao.cases import catalogue
from jiedao.cases.flow import STATE_TONES
from jiedao.cases.selectors import mapping
from jiedao.desk.links import get_case_url, get_record_url
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_number
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS, area_info
from jiedao.registers.access import readable_registers
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.selectors.mapping import build_record_points

LEGEND: list[tuple[str, Any]] = [
    ("bad", _("已超期")),
    (STATE_TONES["FILED"], _("待派遣")),
    (STATE_TONES["HANDLING"], _("受理、办理、核查中")),
    (STATE_TONES["SUSPENDED"], _("挂账")),
]
# state of the map's filter -> group of the list of cases with the same cases; other states use the group "open"
CASE_LIST_GROUPS = {"intake": "intake", "unit": "unit", "check": "check"}


def _read_filters(request: DeskRequest) -> mapping.MapFilter:
    read = request.GET.get
    return mapping.MapFilter.read(read("state", ""), read_number(read("category")), read_number(read("area")))


def _get_list_url(filters: mapping.MapFilter, area: int | None) -> str:
    """Return the address of the list of the cases on the map; with `area`, of those in the area."""
    query: dict[str, Any] = {"group": CASE_LIST_GROUPS.get(filters.state, "open")}
    if filters.state == "overdue":
        query |= {"due": "overdue"}
    if filters.state == "suspended":
        query = {"state": "SUSPENDED"}
    if filters.category is not None:
        query["category"] = filters.category
    if area is not None:
        query["area"] = area
    return f"{reverse('desk:cases')}?{urlencode(query)}"


def _read_layers(request: DeskRequest) -> list[RegisterInfo]:
    """Return the registers whose records the user chose to see on the map."""
    keys = request.GET.getlist("layer")
    return [info for info in readable_registers(request.actor) if info.key in keys] if keys else []


def _build_record_points(
    request: DeskRequest, layers: list[RegisterInfo], filters: mapping.MapFilter, limit: int
) -> list[Any]:
    """Return at most `limit` records of each register as GeoJSON points; one or two queries per register."""
    area = area_info(filters.area)
    record_filters = RecordFilters(area_path=area.path if area is not None else "")
    return [
        point
        for info in layers
        for point in build_record_points(request.actor, info, record_filters, get_record_url, most=limit)[0]
    ]


@require_staff("cases.case:view")
@take_filters({"state": None, "category": read_number, "area": read_number}, many=("layer",))
def show_map(request: DeskRequest) -> HttpResponse:
    """Show the map: an SVG with links, which the page's script replaces by a live map."""
    filters = _read_filters(request)
    collection, count = mapping.build_features(
        request.actor,
        filters,
        lambda grid: _get_list_url(filters, grid),
        get_case_url,
        most=mapping.MOST_DRAWN,
    )
    layers = _read_layers(request)
    records = _build_record_points(request, layers, filters, mapping.MOST_DRAWN)
    query = {
        "state": filters.state,
        "category": filters.category or "",
        "area": filters.area or "",
        "layer": [info.key for info in layers],
    }
    context = {
        "features": {**collection, "features": collection["features"] + records},
        "registers": readable_registers(request.actor),
        "layers": layers,
        "counted": _("{all} 处") if layers else "",
        "late": _("{all} 处，其中 {bad} 处标红") if layers else "",
        "count": count,
        "live_shown": min(count.placed, mapping.MOST),
        "cut": count.placed > mapping.MOST,
        "filters": filters,
        "set_count": sum(map(bool, (filters.category, filters.area, layers))),
        "states": [(code, label) for code, (label, _states) in mapping.STATES.items()],
        "majors": [
            row for row in catalogue.CATEGORIES.get().values() if row.parent_id is None and row.active
        ],
        "communities": [row for row in AREAS.get().values() if row.kind == AreaKind.COMMUNITY],
        "legend": LEGEND,
        "data_url": f"{reverse('desk:map_data')}?{urlencode(query, doseq=True)}",
        "list_url": _get_list_url(filters, filters.area),
    }
    return render(request, "desk/map/map.html", context)


@require_staff("cases.case:view")
def send_map_data(request: DeskRequest) -> HttpResponse:
    """Return what the user may see as GeoJSON, with at most `mapping.MOST` cases.

    `found`, `placed` and `shown` are the numbers of cases: all, those with a point, and those in the answer.
    """
    filters = _read_filters(request)
    collection, count = mapping.build_features(
        request.actor, filters, lambda grid: _get_list_url(filters, grid), get_case_url
    )
    points = _build_record_points(request, _read_layers(request), filters, mapping.MOST)
    collection["features"] += points + mapping.build_premise_names(request.actor, filters)
    data = {**collection, "found": count.found, "placed": count.placed, "shown": count.shown}
    return JsonResponse(data, content_type="application/geo+json", json_dumps_params={"ensure_ascii": False})
