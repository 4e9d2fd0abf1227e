"""The directory of registers, and the list and the map of a register."""

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
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.registers.access import get_register, may_write, readable_registers
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Anchor
from jiedao.registers.selectors import mapping
from jiedao.registers.selectors.counting import count_by_register, count_list
from jiedao.registers.selectors.lists import RecordPage, read_record_page


@require_staff("registers.record:view")
@require_safe
@take_filters({"q": None})
def list_registers(request: DeskRequest) -> HttpResponse:
    """List the registers that the user may open, by group, with the number of their records."""
    registers = readable_registers(request.actor)
    counts = count_by_register(request.actor, registers)
    text = request.GET.get("q", "").strip().lower()[:60]
    matches = [info for info in registers if text in _get_search_text(info)]
    cards: list[dict[str, Any]] = [
        {"info": info, "definition": info.definition, "count": counts.get(info.id, 0)} for info in matches
    ]
    order: dict[str, int] = {}
    for info in matches:
        order.setdefault(info.definition.group, len(order))
    cards.sort(key=lambda card: order[card["info"].definition.group])
    groups = [
        (label, list(rows))
        for label, rows in groupby(
            cards, key=lambda card: card["info"].definition.group_label or _("其他台账")
        )
    ]
    context = {"groups": groups, "q": text, "every": len(registers), "total": sum(counts.values())}
    return render(request, "desk/registers/directory.html", context)


def _get_search_text(info: RegisterInfo) -> str:
    definition = info.definition
    texts = (
        definition.name,
        definition.name_en,
        definition.note,
        definition.note_en,
        definition.group,
        definition.group_en,
        definition.key,
    )
    return " ".join(texts).lower()


def _build_shared_context(request: DeskRequest, query: RecordQuery) -> dict[str, Any]:
    """Return the context that the list and the map share."""
    info = query.info
    may_change = may_write(request.actor, info)
    parent_code = query.parent.code if query.parent is not None else ""
    new_url = reverse("desk:register-new", args=[info.key]) + (
        f"?parent={parent_code}" if parent_code else ""
    )
    return {
        "now": clock.now(),
        "today": clock.today(),
        "info": info,
        "definition": info.definition,
        "query": query,
        "faults": query.faults,
        "chips": listing.build_chips(query),
        "parent": query.parent,
        "parent_name": listing.describe_parent(query.parent),
        "new_url": new_url if may_change else "",
        "import_url": reverse("desk:register-import", args=[info.key]) if may_change else "",
        "grades_url": _get_grades_url(request, info) if may_change else "",
        "export_url": f"{reverse('desk:register-export', args=[info.key])}?{query.encode()}",
        "without_day": f"?{query.encode(without=('on',))}",
        "hidden": [("parent", query.get("parent"))] if query.parent is not None else [],
        **listing.build_controls(query, request.actor),
    }


def _get_grades_url(request: DeskRequest, info: RegisterInfo) -> str:
    may_grade = info.definition.grades and request.actor.can("registers.record:grade")
    return reverse("desk:register-regrade", args=[info.key]) if may_grade else ""


def _read_page(request: DeskRequest, query: RecordQuery) -> tuple[RecordQuery, RecordPage]:
    """Return a page of the list; a list that is too long for its order comes in the default order, with a notice."""
    cursor = request.GET.get("cursor", "")
    try:
        page = read_record_page(
            request.actor, query.info, query.filters, cursor, as_of=query.as_of, order=query.order
        )
    except UserError as fault:
        query = query.reset_order(fault)
        page = read_record_page(request.actor, query.info, query.filters, as_of=query.as_of)
    return query, page


@require_staff("registers.record:view")
@require_safe
def list_records(request: DeskRequest, key: str) -> HttpResponse:
    """List the records that match the filters, as they are now or were on a past day."""
    info = get_register(request.actor, key)
    query = read_query(request.actor, info, request.GET)
    query, page = _read_page(request, query)
    if page.shown == 1 and not query.faults and query.pairs == (("q", page.rows[0].code),):
        return redirect(get_record_url(info, page.rows[0].id))
    record_totals = count_list(
        request.actor, info, query.filters, as_of=query.as_of, whole=request.GET.get("count") == "all"
    )
    views = list_saved_views(request.actor, key)
    shared = _build_shared_context(request, query)
    context = {
        **shared,
        "selects": [*shared["selects"], listing.build_order_select(query)],
        "views": views,
        "mine": [view for view in views if view.user_id == request.actor.user_id],
        "query_text": query.encode(),
        "page": page,
        "heads": listing.build_heads(query),
        "lines": listing.build_lines(info, page.rows, on=query.as_of),
        "count_text": listing.describe_count(record_totals),
        "more_url": "" if record_totals.exact else f"?{query.encode(count='all')}",
        "sums": listing.describe_sums(record_totals),
        "pager": listing.build_pager(query, page, record_totals),
        "filtered": query.is_filtered,
        "words": query.get("q").split(),
        "with_unit": info.definition.on is Anchor.UNIT,
        "map_url": reverse("desk:register-map", args=[key]) + f"?{query.encode()}",
    }
    return render(request, "desk/registers/list.html", context)


def _make_grid_link(query: RecordQuery) -> Any:
    return lambda grid: get_register_url(query.info, query.encode(area=str(grid)))


@require_staff("registers.record:view")
@require_safe
def show_map(request: DeskRequest, key: str) -> HttpResponse:
    """Show the records that match the filters on a map: an SVG with links, which a script replaces by a live map."""
    info = get_register(request.actor, key)
    query = read_query(request.actor, info, request.GET)
    collection, count = mapping.build_features(
        request.actor,
        info,
        query.filters,
        _make_grid_link(query),
        get_record_url,
        as_of=query.as_of,
        most=mapping.MOST_DRAWN,
    )
    grades = [(grade.tone, grade.label) for grade in info.definition.grades]
    bad_labels = "、".join(label for tone, label in grades if tone == "bad")
    context = {
        **_build_shared_context(request, query),
        "features": collection,
        "count": count,
        "live_shown": min(count.placed, mapping.MOST),
        "cut": count.placed > mapping.MOST,
        "legend": grades or [(info.definition.map_tone, info.label)],
        "late": _("{all} 条，其中 {bad} 条为%(grades)s") % {"grades": bad_labels}
        if bad_labels
        else _("{all} 条"),
        "data_url": reverse("desk:register-map-data", args=[key]) + f"?{query.encode()}",
        "list_url": get_register_url(info, query.encode()),
    }
    return render(request, "desk/registers/map.html", context)


@require_staff("registers.record:view")
@require_safe
def send_map_data(request: DeskRequest, key: str) -> HttpResponse:
    """Return the map of the records that the user may see as GeoJSON.

    `found`, `placed` and `shown` are the numbers of records: all, those with a point, and those in the answer.
    """
    info = get_register(request.actor, key)
    query = read_query(request.actor, info, request.GET)
    collection, count = mapping.build_features(
        request.actor, info, query.filters, _make_grid_link(query), get_record_url, as_of=query.as_of
    )
    data = {**collection, "found": count.found, "placed": count.placed, "shown": count.shown}
    return JsonResponse(data, content_type="application/geo+json", json_dumps_params={"ensure_ascii": False})
