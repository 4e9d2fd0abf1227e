"""The dispatcher's desk: one screen, one key a case."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.access import get_case, get_case_by_number
from jiedao.cases.actions.accepting import accept_and_dispatch
from jiedao.cases.flow import State
from jiedao.cases.models import Case, Channel
from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors import dispatching
from jiedao.cases.selectors.duplicates import duplicates_of
from jiedao.cases.selectors.mapping import case_spot
from jiedao.desk.links import get_case_url
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.units import UNITS, UnitInfo, unit_info
from jiedao.pages.choices import translate_person_label
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS, area_text

STRAIGHT = "dispatch_straight"  # session key: one key accepts and dispatches
MOVES = {"ACCEPT", "DISPATCH", "REJECT", "MERGE"}
FIELDS = ("note", "reason", "reply", "into", "limit", "unit", "area")


def _where(**query: str) -> str:
    kept = {name: value for name, value in query.items() if value}
    return reverse("desk:dispatcher") + (f"?{urlencode(kept)}" if kept else "")


def _states(request: DeskRequest) -> list[str]:
    mine = dispatching.states_of(request.actor)
    chosen = request.GET.get("state") or request.POST.get("state_filter", "")
    return [chosen] if chosen in mine else mine


def _current(request: DeskRequest, line: dispatching.Queue) -> Case | None:
    """Return the case named in the address while it still waits, else the first of the queue."""
    number = request.GET.get("case") or request.POST.get("number", "")
    if number:
        try:
            case = get_case_by_number(request.actor, number)
        except NotFoundError:
            case = None
        if case is not None and case.state in dispatching.states_of(request.actor):
            return case
    return get_case(request.actor, line.rows[0].id) if line.rows else None


def _around(line: dispatching.Queue, case: Case | None, then: str) -> tuple[str, str]:
    """Return the numbers before and after the case in the queue; "" where there is none.

    A case that left the filtered queue by its own move is followed by the one that was to come `then`.
    """
    numbers = [row.number for row in line.rows]
    if case is None or case.number not in numbers:
        return "", then if then in numbers else "".join(numbers[:1])
    place = numbers.index(case.number)
    before = numbers[place - 1] if place else ""
    return before, numbers[place + 1] if place + 1 < len(numbers) else ""


def _grids() -> list[dict[str, Any]]:
    """Return the grids below each community, for a case whose place is not known yet."""
    found: list[dict[str, Any]] = []
    for area in AREAS.get().values():
        if area.kind == AreaKind.COMMUNITY:
            found.append({"label": area.label, "grids": []})
        elif area.kind == AreaKind.GRID and found:
            found[-1]["grids"].append((area.id, area.label))
    return found


def _case_context(request: DeskRequest, case: Case) -> dict[str, Any]:
    actor = request.actor
    reported = case.state == State.REPORTED
    picks = dispatching.picks(case) if reported else []
    moves = case.moves.exclude(text="").order_by("-id").values_list("at", "actor_label", "text")[:3]
    category = catalogue.category_info(case.category_id)
    proposal = dispatching.proposal(case) if not reported else None
    return {
        "case": case,
        "case_url": get_case_url(case.number),
        "case_area": area_text(case.area_path) if case.area_path else "",
        "channel": Channel(case.channel).label,
        "category": dispatching.category_path(category) if category else "",
        "words": [word for pick in picks for word in pick.words],
        "picks": picks,
        "duplicates": _duplicates(request, case),
        "past": [{"at": at, "title": translate_person_label(who), "text": text} for at, who, text in moves],
        "spot": case_spot(case),
        "choices": dispatching.category_choices() if reported else [],
        "grids": _grids() if reported and case.area_id is None else [],
        "proposal": proposal,
        "units": _units() if proposal else [],
        "helpers": _units(proposal.helper_ids) if proposal else [],
        "reasons": catalogue.list_reasons("REJECT"),
        "can": {name: actor.can(f"cases.case:{name}") for name in ("accept", "dispatch", "reject", "merge")},
    }


def _duplicates(request: DeskRequest, case: Case) -> list[dict[str, Any]]:
    return [
        {
            "number": found.row.number,
            "subject": found.row.subject,
            "url": get_case_url(found.row.number),
            "state": found.row.state_label,
            "why": " ".join(found.reasons),
            "percent": found.percent,
        }
        for found in duplicates_of(request.actor, case, most=3)
    ]


def _units(first: tuple[int, ...] = ()) -> list[UnitInfo]:
    """Return the units in use, the given ones first."""
    rows = [unit for unit in UNITS.get().values() if unit.active]
    return sorted(rows, key=lambda unit: unit.id not in first)


def _page(request: DeskRequest, given: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    states = _states(request)
    line = dispatching.queue(request.actor, states)
    case = _current(request, line)
    before, after = _around(line, case, request.GET.get("then", ""))
    chosen = states[0] if len(states) == 1 and len(dispatching.states_of(request.actor)) > 1 else ""
    tabs = [{"label": _("全部"), "url": _where(), "count": sum(line.counts.values()), "active": not chosen}]
    tabs += [
        {
            "label": State(code).label,
            "url": _where(state=code),
            "count": line.counts.get(code, 0),
            "active": code == chosen,
        }
        for code in dispatching.states_of(request.actor)
    ]
    context = {
        "line": line,
        "items": [(row, _where(case=row.number, state=chosen)) for row in line.rows],
        "tabs": tabs if len(tabs) > 2 else [],
        "previous_url": _where(case=before, state=chosen) if before else "",
        "next_url": _where(case=after, state=chosen) if after else "",
        "next_number": after,
        "chosen": chosen,
        "straight": request.session.get(STRAIGHT, False),
        "given": given or {},
        "now": clock.now(),
        **(_case_context(request, case) if case is not None else {"case": None}),
    }
    return render(request, "desk/cases/dispatcher.html", context, status=status)


def _fields(request: HttpRequest, move: str) -> dict[str, Any]:
    """Return the fields of a move from the form; the category by button or by typed words."""
    data: dict[str, Any] = {name: request.POST.get(name, "").strip() for name in FIELDS}
    if move == "ACCEPT":
        picked = request.POST.get("category", "").strip()
        data["category"] = picked or dispatching.category_named(request.POST.get("category_text", ""))
    if move == "DISPATCH":
        data["helpers"] = request.POST.getlist("helpers")
    return data


def _done(request: HttpRequest, case: Case, move: str) -> None:
    unit = unit_info(case.lead_unit_id)
    words = {"number": case.number, "unit": unit.label if unit else ""}
    if case.state == State.DISPATCHED:
        text = _("%(number)s 已派给 %(unit)s。") % words
    elif move == "ACCEPT" and case.state == State.TO_VERIFY:
        text = _("%(number)s 已受理，先由网格员现场核实。") % words
    else:
        text = {
            "ACCEPT": _("%(number)s 已受理立案。"),
            "REJECT": _("%(number)s 不予受理，已记下答复。"),
            "MERGE": _("%(number)s 已并案。"),
        }.get(move, "%(number)s") % words
    messages.success(request, text)


def _move(request: DeskRequest) -> HttpResponse:
    move, case_id = request.POST.get("move", ""), read_number(request.POST.get("id"))
    if move not in MOVES or case_id is None:
        raise UserError(_("没有这一步。"), hint=_("请刷新派遣台后再试。"))
    version = read_number(request.POST.get("version"))
    data = _fields(request, move)
    if move == "ACCEPT" and request.session.get(STRAIGHT):
        case = accept_and_dispatch(request.actor, case_id, version=version, data=data)
    else:
        case = perform(request.actor, case_id, move, version=version, data=data)
    _done(request, case, move)
    chosen, after = request.POST.get("state_filter", ""), request.POST.get("next", "")
    if case.state in dispatching.states_of(request.actor):
        return redirect(_where(case=case.number, state=chosen, then=after))
    return redirect(_where(case=after, state=chosen))


@require_staff("cases.case:accept", "cases.case:dispatch")
def dispatcher(request: DeskRequest) -> HttpResponse:
    """Show the queue with one case, and make the move that was pressed; then the next case comes at once."""
    if request.method != "POST":
        return _page(request)
    if request.POST.get("move") == "STRAIGHT":
        request.session[STRAIGHT] = request.POST.get("on") == "1"
        return redirect(
            _where(case=request.POST.get("number", ""), state=request.POST.get("state_filter", ""))
        )
    try:
        return _move(request)
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}")
        return _page(request, given=request.POST.dict(), status=fault.status)
