"""The list of cases, with filters and saved views; bulk dispatch; export."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.cases import catalogue
from jiedao.cases.actions.callers import LOOK_UP_RIGHT
from jiedao.cases.flow import State
from jiedao.cases.models import Channel
from jiedao.cases.selectors import search
from jiedao.cases.selectors.filters import DUE, FLAGS, GROUPS, ORDERS, CaseFilters
from jiedao.cases.selectors.lists import COUNTED, PAGE, CasePage, read_case_page
from jiedao.cases.selectors.todo import TODO, list_todos
from jiedao.desk.cases.bulk import dispatch_cases
from jiedao.desk.cases.export import export_cases
from jiedao.desk.selectors import list_saved_views
from jiedao.kernel import clock
from jiedao.kernel.synonyms import list_words
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.choices import get_area_choices, get_category_choices, get_unit_choices
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.places.selectors import area_info

OPEN_FILTERS = frozenset(
    {"state", "due", "category", "area", "unit"}
)  # filters above the list; the others are in the folded part of the form


def _build_tabs(filters: CaseFilters) -> list[dict[str, Any]]:
    no_group = {"states": (), "group": "", "todo": ""}
    tabs = [
        {
            "label": _("全部"),
            "url": f"?{filters.query(**no_group)}",
            "active": not (filters.group or filters.todo),
        }
    ]
    for key, (label, _states) in GROUPS.items():
        url = f"?{filters.query(**{**no_group, 'group': key})}"
        tabs.append({"label": label, "url": url, "active": filters.group == key and not filters.todo})
    return tabs


def _build_selects(filters: CaseFilters, actor: Actor) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the select boxes of the filter form: those above the list, and those in the folded part.

    Each has `name`, `label`, `value`, and `options` or `groups`.
    """
    flat: list[tuple[str, str, list[tuple[Any, Any]], Any]] = [
        ("todo", _("我的待办"), [(code, TODO[code].label) for code in list_todos(actor)], filters.todo),
        ("state", _("状态"), list(State.choices), filters.states[0] if filters.states else ""),
        ("due", _("期限"), list(DUE.items()), filters.due),
        ("channel", _("来源"), list(Channel.choices), filters.channel),
        (
            "flag",
            _("标记"),
            [(key, row[0]) for key, row in FLAGS.items()],
            filters.flags[0] if filters.flags else "",
        ),
    ]
    grouped = [
        ("category", _("类别"), get_category_choices(major=True), filters.category),
        ("area", _("社区、网格"), get_area_choices(), filters.area),
        ("unit", _("主办单位"), get_unit_choices(), filters.unit),
    ]
    rows = [
        {"name": name, "label": label, "options": options, "value": str(value or "")}
        for name, label, options, value in flat
    ]
    rows[3:3] = [
        {"name": name, "label": label, "groups": groups, "value": str(value or "")}
        for name, label, groups, value in grouped
    ]
    rows = [row for row in rows if row.get("options") or row.get("groups")]
    return [row for row in rows if row["name"] in OPEN_FILTERS], [
        row for row in rows if row["name"] not in OPEN_FILTERS
    ]


def _build_chips(filters: CaseFilters) -> list[tuple[str, str]]:
    """Return each filter of the list in words, with the address of the list without this filter."""
    category, unit = catalogue.category_info(filters.category), unit_info(filters.unit)
    area = area_info(filters.area)
    rows: list[tuple[Any, dict[str, Any]]] = [
        (_("搜索：%(q)s") % {"q": filters.text} if filters.text else "", {"text": ""}),
        (TODO[filters.todo].label if filters.todo else "", {"todo": ""}),
        ("、".join(str(State(code).label) for code in filters.states), {"states": ()}),
        (DUE[filters.due] if filters.due else "", {"due": ""}),
        (category.label if category is not None else "", {"category": None}),
        (area.label if area is not None else "", {"area": None}),
        (unit.label if unit is not None else "", {"unit": None}),
        (Channel(filters.channel).label if filters.channel else "", {"channel": ""}),
        ("、".join(str(FLAGS[code][0]) for code in filters.flags), {"flags": ()}),
        (_("上报自 %(day)s") % {"day": filters.from_date} if filters.from_date else "", {"from_date": None}),
        (_("上报至 %(day)s") % {"day": filters.to_date} if filters.to_date else "", {"to_date": None}),
    ]
    return [(str(label), f"?{filters.query(**without)}") for label, without in rows if label]


def _describe_count(page: CasePage) -> str:
    if page.total_exact:
        return _("共 %(n)s 件") % {"n": f"{page.total:,}"}
    return _("超过 %(n)s 件") % {"n": f"{COUNTED:,}"}


def _build_pager(filters: CaseFilters, page: CasePage) -> dict[str, Any]:
    """Return the argument of the template tag `pager`."""

    def get_query(cursor: str) -> str:
        return urlencode([*filters.pairs(), ("cursor", cursor)]) if cursor else ""

    total = page.total if page.total_exact else None
    return {
        "previous": get_query(page.previous),
        "next": get_query(page.next),
        "shown": page.shown,
        "total": total,
    }


@require_staff("cases.case:view")
@require_safe
def list_cases(request: DeskRequest) -> HttpResponse:
    """List the cases that match the filters."""
    filters, faults = CaseFilters.read(request.GET)
    actor = request.actor
    page = read_case_page(actor, filters, request.GET.get("cursor", ""), PAGE)
    if filters.text and search.parse_case_number(filters.text) and page.shown == 1:
        return redirect("desk:case", page.rows[0].number)
    views = list_saved_views(actor)
    daily, more = _build_selects(filters, actor)
    query = filters.query()
    context = {
        "now": clock.now(),
        "page": page,
        "filters": filters,
        "faults": faults,
        "count_text": _describe_count(page),
        "pager": _build_pager(filters, page),
        "tabs": _build_tabs(filters),
        "selects": daily,
        "more": more,
        "more_set": sum(map(bool, [filters.from_date, filters.to_date, *(row["value"] for row in more)])),
        "orders": ORDERS.items(),
        "todo_label": TODO[filters.todo].label if filters.todo else "",
        "filtered": bool(query),
        "hidden": [("group", filters.group)] if filters.group else [],
        "chips": _build_chips(filters),
        "query": query,
        "views": views,
        "mine": [view for view in views if view.user_id == actor.user_id],
        "may_dispatch": actor.can("cases.case:dispatch")
        and any(row.state == State.FILED for row in page.rows),
        "may_export": actor.can("cases.case:export"),
        "may_look_up": actor.can(LOOK_UP_RIGHT),
        "units": get_unit_choices() if actor.can("cases.case:dispatch") else [],
        "words": list_words(filters.text) if filters.text else [],
    }
    return render(request, "desk/cases/list.html", context)


@require_staff("cases.case:dispatch")
@require_POST
def dispatch_chosen_cases(request: DeskRequest) -> HttpResponse:
    """Dispatch the chosen cases one by one and show the result of each."""
    result = dispatch_cases(request.actor, request.POST.getlist("ids"), request.POST.get("unit", ""))
    list_url = reverse("desk:cases") + f"?{request.POST.get('query', '')[:1000]}"
    return render(request, "desk/cases/bulk.html", {"result": result, "list_url": list_url})


@require_staff("cases.case:export")
@require_safe
def export_list(request: DeskRequest) -> Any:
    """Send the cases that match the filters as a workbook."""
    filters, faults = CaseFilters.read(request.GET)
    if faults:
        raise faults[0]
    return export_cases(request.actor, filters)
