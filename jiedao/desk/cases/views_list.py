"""The list of cases, with filters and saved views; bulk dispatch; export."""

from collections.abc import Callable, Iterable
from dataclasses import replace
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
from jiedao.cases.questions import QuestionInfo, find_question
from jiedao.cases.questions.filtering import (
    describe_answer_filter,
    list_filter_questions,
    list_filter_values,
)
from jiedao.cases.selectors import search
from jiedao.cases.selectors.filters import DUE, FLAGS, GROUPS, MINE, ORDERS, CaseFilters
from jiedao.cases.selectors.lists import COUNTED, PAGE, CasePage, read_case_page
from jiedao.cases.selectors.todo import TODO, list_todos
from jiedao.desk.cases.bulk import dispatch_cases
from jiedao.desk.cases.export import export_cases
from jiedao.desk.cases.printing import MOST_ORDERS
from jiedao.desk.category_words import get_words_url
from jiedao.desk.links import get_task_query
from jiedao.desk.navigation import IMPORT
from jiedao.desk.selectors import list_saved_views
from jiedao.desk.sorting import build_sorts
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.listfile import check_format
from jiedao.kernel.synonyms import list_words
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.choices import get_area_choices, get_category_choices, get_unit_choices
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.places.selectors import past_area_info

# Filters above the list; the others are in the folded part of the form.
OPEN_FILTERS = frozenset({"todo", "state", "due", "category", "area", "unit"})
NO_FILTERS = ("cursor",)  # names in the address of a list that are no filters

# Columns of the list that can be ordered by -> the order that a first click gives, and the one of the next click.
SORTABLE = {
    "case": ("newest", "oldest"),
    "state": ("state", "-state"),
    "due": ("urgency", "-due"),
    "category": ("category", "-category"),
    "area": ("area", "-area"),
    "unit": ("unit", "-unit"),
    "reported": ("-reported", "reported"),
}
DESCENDING = {"newest", "-due", "-state", "-category", "-area", "-unit", "-reported"}


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


def _build_boxes(name: str, label: str, options: Iterable[tuple[Any, Any]], chosen: Any) -> dict[str, Any]:
    """Return a filter with few values: a box to tick for each."""
    values = set(map(str, chosen))
    boxes = [(str(value), text, str(value) in values) for value, text in options]
    return {"name": name, "label": label, "boxes": boxes, "count": sum(checked for *_rest, checked in boxes)}


def _build_adder(name: str, label: str, groups: Any, chosen: Any) -> dict[str, Any]:
    """Return a filter with many values: a select box that adds one to those that are chosen already."""
    more = _("%(label)s（已选 %(n)d）") % {"label": label, "n": len(chosen)} if chosen else label
    return {"name": name, "label": more, "groups": groups, "value": "", "kept": list(map(str, chosen))}


def _build_controls(filters: CaseFilters, actor: Actor) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the controls of the filter form: those above the list, and those in the folded part."""
    todos = [(code, TODO[code].label) for code in list_todos(actor)]
    rows: list[dict[str, Any]] = [
        {"name": "todo", "label": _("我的待办"), "options": todos, "value": filters.todo},
        _build_boxes("state", _("状态"), State.choices, filters.states),
        {"name": "due", "label": _("期限"), "options": list(DUE.items()), "value": filters.due},
        {
            **_build_adder("category", _("类别"), get_category_choices(major=True), filters.categories),
            "words": get_words_url(),
        },
        _build_adder("area", _("社区、网格"), get_area_choices(), filters.areas),
        _build_adder("unit", _("主办单位"), get_unit_choices(), filters.units),
        *(
            _build_boxes("answer", question.label, list_filter_values(question), filters.answers)
            for question in _list_offered_questions(filters)
        ),
        _build_boxes("channel", _("来源"), Channel.choices, filters.channels),
        _build_boxes("flag", _("标记"), [(key, row[0]) for key, row in FLAGS.items()], filters.flags),
        {"name": "mine", "label": _("我经手的"), "options": list(MINE.items()), "value": filters.mine},
    ]
    rows = [row for row in rows if row.get("options") or row.get("groups") or row.get("boxes")]
    return [row for row in rows if row["name"] in OPEN_FILTERS], [
        row for row in rows if row["name"] not in OPEN_FILTERS
    ]


def _list_offered_questions(filters: CaseFilters) -> list[QuestionInfo]:
    """Return the questions of the chosen categories, and those by which the list is filtered already."""
    offered = {question.key: question for question in list_filter_questions(filters.categories)}
    for text in filters.answers:
        key = text.partition(":")[0]
        question = find_question(key)
        if question is not None:
            offered.setdefault(key, question)
    return list(offered.values())


def _build_chips(filters: CaseFilters) -> list[tuple[str, str]]:
    """Return each value of each filter in words, with the address of the list without this value."""
    chips: list[tuple[str, str]] = []

    def add(label: object, **without: Any) -> None:
        chips.append((str(label), f"?{filters.query(**without)}"))

    def add_each(field: str, describe: Callable[[Any], object]) -> None:
        values = getattr(filters, field)
        for value in values:
            add(describe(value), **{field: tuple(other for other in values if other != value)})

    if filters.text:
        add(_("搜索：%(q)s") % {"q": filters.text}, text="")
    if filters.todo:
        add(TODO[filters.todo].label, todo="")
    if filters.mine:
        add(MINE[filters.mine], mine="")
    add_each("states", lambda code: State(code).label)
    if filters.due:
        add(DUE[filters.due], due="")
    add_each("categories", lambda pk: getattr(catalogue.category_info(pk), "label", pk))
    add_each("areas", lambda pk: getattr(past_area_info(pk), "label", pk))
    add_each("units", lambda pk: getattr(unit_info(pk), "label", pk))
    add_each("channels", lambda code: Channel(code).label)
    add_each("flags", lambda code: FLAGS[code][0])
    add_each("answers", describe_answer_filter)
    for field, text, name in (
        ("import_id", _("第 %(n)d 次导入"), "n"),
        ("from_date", _("上报自 %(day)s"), "day"),
        ("to_date", _("上报至 %(day)s"), "day"),
    ):
        if (value := getattr(filters, field)) is not None:
            add(text % {name: value}, **{field: None})
    return chips


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
    filters, faults = CaseFilters.read(request.GET, others=NO_FILTERS)
    actor = request.actor
    try:
        page = read_case_page(actor, filters, request.GET.get("cursor", ""), PAGE)
    except UserError as fault:  # too many cases for this order
        faults.append(fault)
        filters = replace(filters, order="newest")
        page = read_case_page(actor, filters, "", PAGE)
    if filters.text and search.parse_case_number(filters.text) and page.shown == 1:
        return redirect("desk:case", page.rows[0].number)
    views = list_saved_views(actor)
    daily, more = _build_controls(filters, actor)
    query = filters.query()
    context = {
        "now": clock.now(),
        "page": page,
        "filters": filters,
        "faults": faults,
        "count_text": _describe_count(page),
        "pager": _build_pager(filters, page),
        "tabs": _build_tabs(filters),
        "controls": daily,
        "more": more,
        "more_set": sum(
            map(
                bool,
                [filters.from_date, filters.to_date, *(row.get("value") or row.get("count") for row in more)],
            )
        ),
        "orders": ORDERS.items(),
        "sorts": build_sorts(
            SORTABLE, filters.order, DESCENDING, lambda order: filters.query(order=order), ORDERS
        ),
        "task_query": get_task_query(filters.todo),
        "todo_label": TODO[filters.todo].label if filters.todo else "",
        "filtered": bool(filters.query(order="newest")),
        "hidden": [(name, value) for name, value in filters.pairs() if name in {"group", "import"}],
        "chips": _build_chips(filters),
        "query": query,
        "print_note": _("列表里的案件，一次最多 %(most)d 件") % {"most": MOST_ORDERS},
        "views": views,
        "mine": [view for view in views if view.user_id == actor.user_id],
        "may_dispatch": actor.can("cases.case:dispatch")
        and any(row.state == State.FILED for row in page.rows),
        "may_export": actor.can("cases.case:export"),
        "may_import": actor.can(IMPORT),
        "may_look_up": actor.can(LOOK_UP_RIGHT),
        "units": get_unit_choices() if actor.can("cases.case:dispatch") else [],
        "words": list_words(filters.text) if filters.text else [],
    }
    return render(request, "desk/cases/list.html", context)


@require_staff("cases.case:dispatch")
@require_POST
def dispatch_chosen_cases(request: DeskRequest) -> HttpResponse:
    """Dispatch the chosen cases one by one and show the result of each."""
    unit, note = request.POST.get("unit", ""), request.POST.get("note", "")
    result = dispatch_cases(request.actor, request.POST.getlist("ids"), unit, note)
    list_url = reverse("desk:cases") + f"?{request.POST.get('query', '')[:1000]}"
    return render(request, "desk/cases/bulk.html", {"result": result, "list_url": list_url})


@require_staff("cases.case:export")
@require_safe
def export_list(request: DeskRequest) -> Any:
    """Send the cases that match the filters as a file; a long list is made in the background."""
    filters, faults = CaseFilters.read(request.GET, others=(*NO_FILTERS, "format"))
    if faults:
        raise faults[0]
    return export_cases(request.actor, filters, check_format(request.GET.get("format", "")))
