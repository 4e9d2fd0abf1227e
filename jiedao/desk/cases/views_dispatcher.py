"""The dispatcher's desk: the queue and one case on one screen, with one key for the usual decision."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.access import get_case, get_case_by_number
from jiedao.cases.actions.accepting import accept_and_dispatch
from jiedao.cases.flow import State, get_state_tone
from jiedao.cases.models import Case, Channel
from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors import dispatching
from jiedao.cases.selectors.duplicates import find_duplicates_of_case
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.mapping import build_case_spot
from jiedao.desk.cases.mending import build_place_mending
from jiedao.desk.category_words import get_words_url
from jiedao.desk.links import get_case_url, get_cases_url
from jiedao.desk.phrases import is_phrase_button, list_phrases, press_button
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.units import UNITS, UnitInfo, unit_info
from jiedao.pages.choices import format_limit, get_category_choices, translate_person_label
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number
from jiedao.pages.widgets import PeriodInput, QuickSelect
from jiedao.places.selectors import area_text

STRAIGHT_KEY = (
    "dispatch_straight"  # session key of the setting by which one key accepts and dispatches a case
)
ALLOWED_MOVES = {"ACCEPT", "DISPATCH", "REJECT", "MERGE", "CORRECT"}
TEXT_FIELDS = ("note", "reason", "reply", "into", "limit", "unit", "area", "premise", "sure")


def _get_dispatcher_url(**query: str) -> str:
    parameters = {name: value for name, value in query.items() if value}
    return reverse("desk:dispatcher") + (f"?{urlencode(parameters)}" if parameters else "")


def _read_states(request: DeskRequest) -> list[str]:
    allowed_states = dispatching.list_desk_states(request.actor)
    chosen = request.GET.get("state") or request.POST.get("state_filter", "")
    return [chosen] if chosen in allowed_states else allowed_states


def _get_current_case(request: DeskRequest, queue: dispatching.Queue) -> Case | None:
    """Return the case of the address if it is still waiting, else the first case of the queue."""
    number = request.GET.get("case") or request.POST.get("number", "")
    if number:
        try:
            case = get_case_by_number(request.actor, number)
        except NotFoundError:
            case = None
        if case is not None and case.state in dispatching.list_desk_states(request.actor):
            return case
    return get_case(request.actor, queue.rows[0].id) if queue.rows else None


def _find_neighbours(queue: dispatching.Queue, case: Case | None, next_number: str) -> tuple[str, str]:
    """Return the numbers of the cases before and after a case in the queue, "" if there is none.

    A case that its own move has removed from the queue is followed by the case `next_number`.
    """
    numbers = [row.number for row in queue.rows]
    if case is None or case.number not in numbers:
        return "", next_number if next_number in numbers else "".join(numbers[:1])
    position = numbers.index(case.number)
    before = numbers[position - 1] if position else ""
    return before, numbers[position + 1] if position + 1 < len(numbers) else ""


def _draw_category_select(typed: dict[str, Any]) -> SafeString:
    control = QuickSelect(choices=get_category_choices().with_empty(_("输入几个字再选")))
    attributes = {"class": "form-select", "id": "category", "required": True, "data-key": "c"}
    attributes["data-words"] = get_words_url()
    return control.render(
        "category", typed.get("category", ""), {**attributes, "data-key-label": _("其他类别")}
    )


def _draw_limit_control(usual: str, typed: dict[str, Any]) -> SafeString:
    control = PeriodInput(usual=usual)
    value = control.value_from_datadict(typed, None, "limit")
    return control.render("limit", value, {"class": "form-control", "id": "limit"})


def _build_case_context(request: DeskRequest, case: Case, typed: dict[str, Any]) -> dict[str, Any]:
    actor = request.actor
    is_reported = case.state == State.REPORTED
    picks = dispatching.list_picks(case) if is_reported else []
    moves = case.moves.exclude(text="").order_by("-id").values_list("at", "actor_label", "text")[:3]
    category = catalogue.category_info(case.category_id)
    proposal = dispatching.propose_dispatch(case) if not is_reported else None
    return {
        "case": case,
        "state_tone": get_state_tone(case.state),
        "case_url": get_case_url(case.number),
        "case_area": area_text(case.area_path) if case.area_path else "",
        "channel": Channel(case.channel).label,
        "category": dispatching.format_category_path(category) if category else "",
        "words": [word for pick in picks for word in pick.words],
        "picks": picks,
        "duplicates": _list_duplicates(request, case),
        "past": [{"at": at, "title": translate_person_label(who), "text": text} for at, who, text in moves],
        "spot": build_case_spot(case),
        "category_select": _draw_category_select(typed) if is_reported else "",
        "mending": build_place_mending(actor, case),
        "mend_url": _get_dispatcher_url(),
        "proposal": proposal,
        "limit_control": _draw_limit_control(proposal.limit, typed) if proposal else "",
        "usual_limit": format_limit(proposal.limit) if proposal else "",
        "units": _list_units() if proposal else [],
        "helpers": _list_units(proposal.helper_ids) if proposal else [],
        "reasons": catalogue.list_reasons("REJECT"),
        "reply_phrases": list_phrases(actor, "REJECT").get("reply") if is_reported else None,
        "note_phrases": list_phrases(actor, "DISPATCH").get("note") if proposal else None,
        "can": {name: actor.can(f"cases.case:{name}") for name in ("accept", "dispatch", "reject", "merge")},
    }


def _list_duplicates(request: DeskRequest, case: Case) -> list[dict[str, Any]]:
    return [
        {
            "number": duplicate.row.number,
            "subject": duplicate.row.subject,
            "url": get_case_url(duplicate.row.number),
            "state": duplicate.row.state_label,
            "why": " ".join(duplicate.reasons),
            "percent": duplicate.percent,
        }
        for duplicate in find_duplicates_of_case(request.actor, case, most=3)
    ]


def _list_units(first_ids: tuple[int, ...] = ()) -> list[UnitInfo]:
    """Return the active units, those with the given ids first."""
    rows = [unit for unit in UNITS.get().values() if unit.active]
    return sorted(rows, key=lambda unit: unit.id not in first_ids)


def _render_page(
    request: DeskRequest, typed: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    states = _read_states(request)
    queue = dispatching.read_queue(request.actor, states)
    case = _get_current_case(request, queue)
    before, after = _find_neighbours(queue, case, request.GET.get("then", ""))
    chosen_state = (
        states[0] if len(states) == 1 and len(dispatching.list_desk_states(request.actor)) > 1 else ""
    )
    tabs = [
        {
            "label": _("全部"),
            "url": _get_dispatcher_url(),
            "count": sum(queue.counts.values()),
            "active": not chosen_state,
        }
    ]
    tabs += [
        {
            "label": State(code).label,
            "url": _get_dispatcher_url(state=code),
            "count": queue.counts.get(code, 0),
            "active": code == chosen_state,
        }
        for code in dispatching.list_desk_states(request.actor)
    ]
    waiting = sum(queue.counts.get(state, 0) for state in states)
    context = {
        "queue": queue,
        "waiting": waiting if waiting > len(queue.rows) else 0,
        "waiting_url": get_cases_url(CaseFilters(states=tuple(states), order="urgency")),
        "items": [(row, _get_dispatcher_url(case=row.number, state=chosen_state)) for row in queue.rows],
        "tabs": tabs if len(tabs) > 2 else [],
        "previous_url": _get_dispatcher_url(case=before, state=chosen_state) if before else "",
        "next_url": _get_dispatcher_url(case=after, state=chosen_state) if after else "",
        "next_number": after,
        "chosen": chosen_state,
        "straight": request.session.get(STRAIGHT_KEY, False),
        "typed": typed or {},
        "now": clock.now(),
        "may_review_public": request.actor.can("cases.case:accept"),
        **(_build_case_context(request, case, typed or {}) if case is not None else {"case": None}),
    }
    return render(request, "desk/cases/dispatcher.html", context, status=status)


def _read_fields(request: HttpRequest, move: str) -> dict[str, Any]:
    """Return the fields of a move; the category was chosen with a button or is found by the typed words."""
    data: dict[str, Any] = {name: request.POST.get(name, "").strip() for name in TEXT_FIELDS}
    if move == "ACCEPT":
        picked = request.POST.get("category", "").strip()
        data["category"] = picked or dispatching.find_category_id(request.POST.get("category_text", ""))
    if move == "DISPATCH":
        data["helpers"] = request.POST.getlist("helpers")
        data["limit"] = PeriodInput().value_from_datadict(request.POST, None, "limit")
    return data


def _report_success(request: HttpRequest, case: Case, move: str) -> None:
    unit = unit_info(case.lead_unit_id)
    values = {"number": case.number, "unit": unit.label if unit else ""}
    if case.state == State.DISPATCHED:
        text = _("%(number)s 已派给 %(unit)s。") % values
    elif move == "ACCEPT" and case.state == State.TO_VERIFY and case.area_id is None:
        text = _("%(number)s 已受理，待现场核实，但没有网格，网格员看不到；请先补定网格。") % values
        messages.warning(request, text)
        return
    elif move == "ACCEPT" and case.state == State.TO_VERIFY:
        text = _("%(number)s 已受理，先由网格员现场核实。") % values
    else:
        text = {
            "ACCEPT": _("%(number)s 已受理立案。"),
            "REJECT": _("%(number)s 不予受理，已记下答复。"),
            "MERGE": _("%(number)s 已并案。"),
            "CORRECT": _("%(number)s 已补定网格。"),
        }.get(move, "%(number)s") % values
    messages.success(request, text)


def _make_move(request: DeskRequest) -> HttpResponse:
    move, case_id = request.POST.get("move", ""), read_number(request.POST.get("id"))
    if move not in ALLOWED_MOVES or case_id is None:
        raise UserError(_("没有这一步。"), hint=_("请刷新派遣台后再试。"))
    version = read_number(request.POST.get("version"))
    data = _read_fields(request, move)
    if move == "ACCEPT" and request.session.get(STRAIGHT_KEY):
        case = accept_and_dispatch(request.actor, case_id, version=version, data=data)
    else:
        case = perform(request.actor, case_id, move, version=version, data=data)
    _report_success(request, case, move)
    chosen_state, next_number = request.POST.get("state_filter", ""), request.POST.get("next", "")
    if case.state in dispatching.list_desk_states(request.actor):
        return redirect(_get_dispatcher_url(case=case.number, state=chosen_state, then=next_number))
    if case.state == State.TO_VERIFY and case.area_id is None:
        return redirect("desk:case", case.number)  # left alone, it would wait for nobody
    return redirect(_get_dispatcher_url(case=next_number, state=chosen_state))


def _add_phrase(request: DeskRequest) -> HttpResponse:
    """Show the page again with the phrase in the text, as a button of the phrases asks where no script runs."""
    data = request.POST.copy()
    place = "REJECT" if "reply" in data else "DISPATCH"
    press_button(request, place, data)
    typed: dict[str, Any] = {**data.dict(), "move": place, "ask_sure": "sure" in data}
    return _render_page(request, typed=typed)


@require_staff("cases.case:accept", "cases.case:dispatch")
def show_dispatcher(request: DeskRequest) -> HttpResponse:
    """Show the queue with one case; when a move is posted, make it and go to the next case."""
    if request.method != "POST":
        return _render_page(request)
    if request.POST.get("move") == "STRAIGHT":
        request.session[STRAIGHT_KEY] = request.POST.get("on") == "1"
        return redirect(
            _get_dispatcher_url(
                case=request.POST.get("number", ""), state=request.POST.get("state_filter", "")
            )
        )
    if is_phrase_button(request.POST):
        return _add_phrase(request)
    try:
        return _make_move(request)
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}")
        typed = {**request.POST.dict(), "ask_sure": fault.field == "sure"}
        return _render_page(request, typed=typed, status=fault.status)
