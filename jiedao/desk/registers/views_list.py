"""The directory of registers, the list of one, and its map."""

from itertools import groupby
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.desk.links import get_record_url, get_register_url
from jiedao.desk.registers import listing
from jiedao.desk.registers.query import RecordQuery, read_query
from jiedao.desk.selectors import list_saved_views
from jiedao.kernel import clock
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.registers.access import get_register, may_write, readable
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Hangs
from jiedao.registers.selectors import mapping
from jiedao.registers.selectors.counting import counts_by_register, totals
from jiedao.registers.selectors.lists import record_page


@require_staff("registers.record:view")
@require_safe
def directory(request: DeskRequest) -> HttpResponse:
    """Show the registers the person may open, by group, with how many records each has."""
    every = readable(request.actor)
    counts = counts_by_register(request.actor, every)
    words = request.GET.get("q", "").strip().lower()[:60]
    found = [info for info in every if words in _searched(info)]
    cards: list[dict[str, Any]] = [
        {"info": info, "definition": info.definition, "count": counts.get(info.id, 0)} for info in found
    ]
    order: dict[str, int] = {}
    for info in found:
        order.setdefault(info.definition.group, len(order))
    cards.sort(key=lambda card: order[card["info"].definition.group])
    groups = [
        (label, list(rows))
        for label, rows in groupby(
            cards, key=lambda card: card["info"].definition.group_label or _("其他台账")
        )
    ]
    context = {"groups": groups, "q": words, "every": len(every), "total": sum(counts.values())}
    return render(request, "desk/registers/directory.html", context)


def _searched(info: RegisterInfo) -> str:
    one = info.definition
    return f"{one.name} {one.name_en} {one.note} {one.note_en} {one.group} {one.group_en} {one.key}".lower()


def _context(request: DeskRequest, query: RecordQuery) -> dict[str, Any]:
    """Return what the list and its map share."""
    info = query.info
    writes = may_write(request.actor, info)
    above = query.parent.code if query.parent is not None else ""
    new = reverse("desk:register-new", args=[info.key]) + (f"?parent={above}" if above else "")
    return {
        "now": clock.now(),
        "today": clock.today(),
        "info": info,
        "definition": info.definition,
        "query": query,
        "faults": query.faults,
        "chips": listing.chips(query),
        "parent": query.parent,
        "parent_name": listing.parent_of(query.parent),
        "new_url": new if writes else "",
        "import_url": reverse("desk:register-import", args=[info.key]) if writes else "",
        "grades_url": _grades_url(request, info) if writes else "",
        "export_url": f"{reverse('desk:register-export', args=[info.key])}?{query.query()}",
        "without_day": f"?{query.query(without=('on',))}",
        "hidden": [("parent", query.get("parent"))] if query.parent is not None else [],
        **listing.controls(query, request.actor),
    }


def _grades_url(request: DeskRequest, info: RegisterInfo) -> str:
    graded = info.definition.grades and request.actor.can("registers.record:grade")
    return reverse("desk:register-regrade", args=[info.key]) if graded else ""


@require_staff("registers.record:view")
@require_safe
def register(request: DeskRequest, key: str) -> HttpResponse:
    """Show a page of the records that the filters let through, now or as of a past day."""
    info = get_register(request.actor, key)
    query = read_query(request.actor, info, request.GET)
    page = record_page(request.actor, info, query.filters, request.GET.get("cursor", ""), as_of=query.as_of)
    if page.shown == 1 and not query.faults and query.pairs == (("q", page.rows[0].code),):
        return redirect(get_record_url(info, page.rows[0].id))
    found = totals(
        request.actor, info, query.filters, as_of=query.as_of, whole=request.GET.get("count") == "all"
    )
    views = list_saved_views(request.actor, key)
    context = {
        **_context(request, query),
        "views": views,
        "mine": [view for view in views if view.user_id == request.actor.user_id],
        "query_text": query.query(),
        "page": page,
        "columns": listing.columns(info),
        "lines": listing.lines(info, page.rows, on=query.as_of),
        "told": listing.told(found),
        "more_url": "" if found.exact else f"?{query.query(count='all')}",
        "sums": listing.sums(found),
        "pager": listing.pager(query, page, found),
        "filtered": bool(query.pairs),
        "words": query.get("q").split(),
        "with_unit": info.definition.on is Hangs.UNIT,
        "map_url": reverse("desk:register-map", args=[key]) + f"?{query.query()}",
    }
    return render(request, "desk/registers/list.html", context)


def _grid_link(query: RecordQuery) -> Any:
    return lambda grid: get_register_url(query.info, query.query(area=str(grid)))


@require_staff("registers.record:view")
@require_safe
def register_map(request: DeskRequest, key: str) -> HttpResponse:
    """Show the filtered records on the map; without script it is the SVG with its links."""
    info = get_register(request.actor, key)
    query = read_query(request.actor, info, request.GET)
    drawn, count = mapping.features(
        request.actor,
        info,
        query.filters,
        _grid_link(query),
        get_record_url,
        as_of=query.as_of,
        most=mapping.MOST_DRAWN,
    )
    grades = [(grade.tone, grade.label) for grade in info.definition.grades]
    bad = "、".join(label for tone, label in grades if tone == "bad")
    context = {
        **_context(request, query),
        "features": drawn,
        "count": count,
        "live_shown": min(count.placed, mapping.MOST),
        "cut": count.placed > mapping.MOST,
        "legend": grades or [(info.definition.map_tone, info.label)],
        "late": _("{all} 条，其中 {bad} 条为%(grades)s") % {"grades": bad} if bad else _("{all} 条"),
        "data_url": reverse("desk:register-map-data", args=[key]) + f"?{query.query()}",
        "list_url": get_register_url(info, query.query()),
    }
    return render(request, "desk/registers/map.html", context)


@require_staff("registers.record:view")
@require_safe
def register_map_data(request: DeskRequest, key: str) -> HttpResponse:
    """Return the features as GeoJSON, scoped; the counts say what was left out."""
    info = get_register(request.actor, key)
    query = read_query(request.actor, info, request.GET)
    drawn, count = mapping.features(
        request.actor, info, query.filters, _grid_link(query), get_record_url, as_of=query.as_of
    )
    answer = {**drawn, "found": count.found, "placed": count.placed, "shown": count.shown}
    return JsonResponse(
        answer, content_type="application/geo+json", json_dumps_params={"ensure_ascii": False}
    )
