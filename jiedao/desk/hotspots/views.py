"""The pages of hot matters."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from jiedao.cases.moves.table import FLOW
from jiedao.cases.selectors.hot_matters import (
    RepeatedPlace,
    list_cases_of_place,
    list_hot_matters,
    list_repeated_callers,
    list_repeated_places,
    read_grouping,
    read_hot_matter,
)
from jiedao.cases.selectors.lists import CaseRow
from jiedao.cases.text.extra import has_text_extra
from jiedao.desk.hotspots.moves import MoveResult, move_cases
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.policies import get_policy
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number
from jiedao.places.models import Premise

VIEW, MERGE, SUPERVISE = "cases.case:view", "cases.case:merge", "cases.case:supervise"
SHOWN_REFUSALS = 5
ANSWER_WITHIN = timedelta(days=7)  # what the form of supervision offers
NOT_PRIMARY = frozenset({"MERGED", "VOIDED", "REJECTED"})


def _build_place(place: RepeatedPlace) -> dict[str, Any]:
    query = {"premise": place.premise_id} if place.premise_id is not None else {"place": place.search}
    return {"place": place, "query": urlencode(query)}


@require_staff(VIEW)
@require_safe
def list_matters(request: DeskRequest) -> HttpResponse:
    """List hot matters, and beside them the places and callers of which several matters came."""
    matters = list_hot_matters(request.actor)
    context = {
        "matters": matters,
        "most": max((matter.heat for matter in matters), default=0),
        "grouping": read_grouping(),
        "has_extra": has_text_extra(),
        "places": [_build_place(place) for place in list_repeated_places(request.actor)],
        "callers": list_repeated_callers(request.actor),
        "days": get_policy("hot_matter_days"),
        "least": get_policy("repeat_least"),
        "now": clock.now(),
    }
    return render(request, "desk/hotspots/list.html", context)


@require_staff(VIEW)
@require_safe
def list_place(request: DeskRequest) -> HttpResponse:
    """List the cases of a repeated place, exactly those that the list of places counts."""
    premise_id = read_number(request.GET.get("premise"))
    text = request.GET.get("place", "")[:200]
    premise = Premise.objects.filter(pk=premise_id).first() if premise_id is not None else None
    if premise is None and not text:
        raise NotFoundError(_("没有这个地点。"), hint=_("请从热点页重新点开。"))
    cases = list_cases_of_place(request.actor, premise.pk if premise is not None else None, text)
    context = {
        "label": premise.label if premise is not None else text,
        "cases": cases,
        "days": get_policy("hot_matter_days"),
        "now": clock.now(),
    }
    return render(request, "desk/hotspots/place.html", context)


@require_staff(VIEW)
@require_safe
def show_matter(request: DeskRequest, number: str) -> HttpResponse:
    """Show a hot matter: its cases, place, course over time, what was done, and what can be done about all of it."""
    detail = read_hot_matter(request.actor, number)
    actor = request.actor
    unsupervised = [
        case for case in detail.cases if case.state in FLOW["SUPERVISE"].sources and not case.supervised
    ]
    context = {
        "matter": detail.row,
        "detail": detail,
        "cases": detail.cases,
        "course": {
            "labels": [f"{monday:%m-%d}" for monday, _count in detail.weeks],
            "series": [
                {"name": _("来件"), "values": [count for _monday, count in detail.weeks], "tone": "warn"}
            ],
        },
        "may_merge": actor.can(MERGE) and any(case.state in FLOW["MERGE"].sources for case in detail.cases),
        "unsupervised": unsupervised if actor.can(SUPERVISE) else [],
        "primaries": [case for case in reversed(detail.cases) if case.state not in NOT_PRIMARY],
        "answer_date": clock.today() + ANSWER_WITHIN,
        "now": clock.now(),
    }
    return render(request, "desk/hotspots/matter.html", context)


@require_staff(MERGE)
@require_POST
def merge(request: DeskRequest, number: str) -> HttpResponse:
    """Merge the chosen cases into one of the matter."""
    into = request.POST.get("into", "")
    _move(request, "MERGE", {"into": into, "note": request.POST.get("note", "")}, leave_out=into)
    return redirect("desk:hotspot", number)


@require_staff(SUPERVISE)
@require_POST
def supervise(request: DeskRequest, number: str) -> HttpResponse:
    """Supervise the chosen cases, with one requirement."""
    data = {"note": request.POST.get("note", ""), "answer_date": request.POST.get("answer_date", "")}
    moved = _move(request, "SUPERVISE", data)
    if units := _("、").join(dict.fromkeys(row.unit_label for row in moved if row.unit_label)):
        words = _("由%(units)s在 %(day)s 前答复。") % {"units": units, "day": data["answer_date"]}
        messages.success(request, words)
    return redirect("desk:hotspot", number)


def _move(request: DeskRequest, code: str, data: dict[str, Any], leave_out: str = "") -> list[CaseRow]:
    """Make a move on the chosen cases, report it, and return those that made it."""
    try:
        result = move_cases(request.actor, request.POST.getlist("ids"), code, data, leave_out=leave_out)
    except UserError as fault:
        messages.error(request, str(fault))
        return []
    _report(request, str(FLOW[code].label), result)
    return result.moved


def _report(request: DeskRequest, label: str, result: MoveResult) -> None:
    if result.moved:
        text = ngettext("%(label)s：%(n)d 件。", "%(label)s：%(n)d 件。", len(result.moved))
        messages.success(request, text % {"label": label, "n": len(result.moved)})
    for row, reason in result.refused[:SHOWN_REFUSALS]:
        messages.error(request, f"{row.number}：{reason}")
    more = len(result.refused) - SHOWN_REFUSALS
    if more > 0:
        messages.error(request, _("另有 %(n)d 件没有办成。") % {"n": more})
