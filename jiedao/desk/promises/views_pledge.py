"""Pledges (responsibility items and decisions): the list, the form for a new pledge, the page of one and its moves."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.desk.navigation import build_promise_tabs
from jiedao.desk.phrases import attach_phrases, is_phrase_button, press_button
from jiedao.desk.pledge_lines import build_line
from jiedao.desk.promises import pledge_page
from jiedao.desk.promises.forms import (
    AnswerForm,
    ConfirmForm,
    ExtendForm,
    PledgeForm,
    ReasonForm,
    ReportForm,
    SuperviseForm,
)
from jiedao.desk.promises.views_index import build_pledge_stats
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.storable import make_storable
from jiedao.orgs.models import Unit
from jiedao.orgs.units import UNITS
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import FormWithFiles, show_typed, submit_form, submit_form_with_files
from jiedao.pages.parameters import is_unit, one_of, take_filters
from jiedao.pages.reading import read_day, read_number
from jiedao.projects.actions.pledges import (
    add_pledge,
    confirm_pledge,
    extend_pledge,
    report_pledge_done,
    send_pledge_back,
    withdraw_pledge,
)
from jiedao.projects.actions.supervising import answer_supervision, supervise_pledge
from jiedao.projects.models.promises import Pledge, PledgeKind, PledgeState
from jiedao.projects.pledge_flow import MOVES
from jiedao.projects.promise_access import EDIT, get_pledge
from jiedao.projects.selectors.pledges import STATE_GROUPS, PledgeFilters, find_pledges

FORMS: dict[str, type[forms.Form]] = {
    "REPORT": ReportForm,
    "CONFIRM": ConfirmForm,
    "BACK": ReasonForm,
    "ANSWER": AnswerForm,
    "SUPERVISE": SuperviseForm,
    "EXTEND": ExtendForm,
    "WITHDRAW": ReasonForm,
}
ACTIONS: dict[str, Callable[..., Pledge]] = {
    "CONFIRM": confirm_pledge,
    "BACK": send_pledge_back,
    "ANSWER": answer_supervision,
    "SUPERVISE": supervise_pledge,
    "EXTEND": extend_pledge,
    "WITHDRAW": withdraw_pledge,
}


FILTERS = {
    "q": None,
    "kind": one_of(PledgeKind.values),
    "state": one_of({*PledgeState.values, *STATE_GROUPS}),
    "unit": is_unit,
    "late": one_of({"1"}),
    "owed": one_of({"1"}),
    "waiting": one_of({"1"}),
    "from": read_day,
    "to": read_day,
}

KEPT = ("q", "kind", "unit", "from", "to")  # filters that the tiles follow; a tile chooses the state itself


@require_staff("projects.promise:view")
@require_safe
@take_filters(FILTERS)
def list_pledges(request: DeskRequest) -> HttpResponse:
    """List the pledges that match the filters: open pledges first, by deadline."""
    filters = _read_filters(request.GET)
    units = [unit for unit in UNITS.get().values() if unit.active]
    parameters = {name: value for name in KEPT if (value := request.GET.get(name, ""))}
    whole = replace(filters, state="", late=False, owed=False, waiting=False)
    context = {
        "tabs": build_promise_tabs(request.actor, "desk:pledges"),
        "rows": [build_line(row) for row in find_pledges(request.actor, filters)],
        "filters": filters,
        "kinds": PledgeKind.choices,
        "states": [("CURRENT", _("未撤销")), ("WORKING", _("办理中或退回")), *PledgeState.choices],
        "units": units,
        "stats": build_pledge_stats(request.actor, whole, parameters),
        "may_add": request.actor.can(EDIT),
    }
    return render(request, "desk/promises/pledges.html", context)


def _read_filters(query: Mapping[str, str]) -> PledgeFilters:
    """Return the filters of an address, of which `take_filters` has left what can be read."""
    return PledgeFilters(
        kind=query.get("kind", ""),
        state=query.get("state", ""),
        unit_id=read_number(query.get("unit")),
        late=query.get("late") == "1",
        owed=query.get("owed") == "1",
        waiting=query.get("waiting") == "1",
        first_date=read_day(query.get("from")),
        last_date=read_day(query.get("to")),
        text=make_storable(query.get("q", "")).strip()[:100],
    )


@require_staff(EDIT)
@require_http_methods(["GET", "POST"])
def create_pledge(request: DeskRequest) -> HttpResponse:
    """Register a responsibility item or a decision."""
    form, status = PledgeForm(request.actor, request.POST or None), 200
    if request.method == "POST":

        def action() -> Pledge:
            values = dict(form.cleaned_data)
            values["unit"] = Unit.objects.get(pk=values["unit"])
            values["helpers"] = list(Unit.objects.filter(pk__in=values["helpers"]))
            return add_pledge(actor=request.actor, **values)

        pledge, status = submit_form(form, action)
        if not status:
            messages.success(request, _("已登记：%(name)s") % {"name": pledge.code})
            return redirect("desk:pledge", pledge.pk)
    return render(request, "desk/promises/pledge_new.html", {"form": form}, status=status)


@require_staff("projects.promise:view")
@require_safe
def show_pledge(request: DeskRequest, pledge_id: int) -> HttpResponse:
    """Show a pledge; `?move=CODE` opens the form of a move."""
    return _render_page(request, pledge_id, request.GET.get("move", ""))


def _render_page(
    request: DeskRequest, pledge_id: int, code: str, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    pledge = get_pledge(request.actor, pledge_id)
    context: dict[str, Any] = pledge_page.build_context(request.actor, pledge)
    if form is None and code in context["codes"]:
        form = FORMS[code]()
    if form is not None:
        attach_phrases(request.actor, form, f"pledge-{code}")
    context |= {"now": clock.now(), "form": form, "chosen": code if form is not None else ""}
    others = [move for move in context["moves"] if move["code"] != context["chosen"]]
    context["others"] = [move for move in others if not move["aside"]]
    context["asides"] = [move for move in others if move["aside"]]
    context["chosen_label"] = MOVES[code].label if form is not None else ""
    return render(request, "desk/promises/pledge.html", context, status=status)


@require_staff("projects.promise:view")
def make_move(request: DeskRequest, pledge_id: int, code: str) -> HttpResponse:
    """Make a move on a pledge; if it is refused, show the page again with what was typed."""
    if code not in MOVES:
        raise NotFoundError(_("没有这一步：%(code)s。") % {"code": code[:20]}, hint=_("请回到任务页再试。"))
    pledge = get_pledge(request.actor, pledge_id)
    if request.method != "POST":
        return redirect(reverse("desk:pledge", args=[pledge.pk]) + f"?move={code}")
    request.actor.require(MOVES[code].right)
    if is_phrase_button(request.POST):
        return _render_page(request, pledge.pk, code, _add_phrase(request, code))
    form = FORMS[code](request.POST, request.FILES)
    if isinstance(form, FormWithFiles):
        _pledge, status = submit_form_with_files(
            request, request.actor, form, lambda files: _report_done(request, pledge, form, files)
        )
    else:
        _pledge, status = submit_form(
            form, lambda: ACTIONS[code](actor=request.actor, pledge_id=pledge.pk, **form.cleaned_data)
        )
    if status:
        return _render_page(request, pledge.pk, code, form, status)
    messages.success(request, _("已完成：%(move)s") % {"move": MOVES[code].label})
    return redirect("desk:pledge", pledge.pk)


def _add_phrase(request: DeskRequest, code: str) -> forms.Form:
    """Return the form with the phrase in its text, as a button of the phrases asks; uploads are stored meanwhile."""
    data = request.POST.copy()
    press_button(request, f"pledge-{code}", data)
    form = FORMS[code]()
    if isinstance(form, FormWithFiles):
        sent_form = FORMS[code](request.POST, request.FILES)
        assert isinstance(sent_form, FormWithFiles)
        data["kept"] = ",".join(map(str, sent_form.store_uploads(request.actor, request.FILES)))
        form.uploader = request.actor
    show_typed(form, data)
    return form


def _report_done(request: DeskRequest, pledge: Pledge, form: forms.Form, files: list[int]) -> Pledge:
    evidence = form.cleaned_data["evidence"]
    return report_pledge_done(actor=request.actor, pledge_id=pledge.pk, evidence=evidence, attachments=files)
