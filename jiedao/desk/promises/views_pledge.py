"""Responsibility items and decisions: the list, a new one, the page of one and every move on it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.desk.navigation import build_promise_tabs
from jiedao.desk.promises import pledge_page
from jiedao.desk.promises.forms import ConfirmForm, ExtendForm, PledgeForm, ReportForm, WhyForm
from jiedao.desk.promises.views_index import pledge_stats
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.models import Unit
from jiedao.orgs.units import UNITS
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form, submit_form_with_files
from jiedao.pages.reading import read_number
from jiedao.projects.actions.pledges import (
    add_pledge,
    confirm,
    extend_due,
    report_done,
    send_back,
    withdraw,
)
from jiedao.projects.models.promises import Pledge, PledgeKind, PledgeState
from jiedao.projects.pledge_flow import MOVES
from jiedao.projects.promise_access import EDIT, get_pledge
from jiedao.projects.selectors.pledges import PledgeFilters
from jiedao.projects.selectors.pledges import pledges as find_pledges

FORMS: dict[str, type[forms.Form]] = {
    "REPORT": ReportForm,
    "CONFIRM": ConfirmForm,
    "BACK": WhyForm,
    "EXTEND": ExtendForm,
    "WITHDRAW": WhyForm,
}
ACTIONS: dict[str, Callable[..., Pledge]] = {
    "CONFIRM": confirm,
    "BACK": send_back,
    "EXTEND": extend_due,
    "WITHDRAW": withdraw,
}


@require_staff("projects.promise:view")
@require_safe
def pledges(request: DeskRequest) -> HttpResponse:
    """List pledges by deadline, what is still to be done first."""
    data = request.GET
    kind, state = data.get("kind", ""), data.get("state", "")
    filters = PledgeFilters(
        kind=kind if kind in PledgeKind.values else "",
        state=state if state in {*PledgeState.values, "WORKING"} else "",
        unit_id=read_number(data.get("unit")),
        late=data.get("late") == "1",
    )
    units = [one for one in UNITS.get().values() if one.active]
    context = {
        "tabs": build_promise_tabs(request.actor, "desk:pledges"),
        "rows": [pledge_page.line(row) for row in find_pledges(request.actor, filters)],
        "filters": filters,
        "kinds": PledgeKind.choices,
        "states": [("WORKING", _("办理中或退回")), *PledgeState.choices],
        "units": units,
        "stats": pledge_stats(request.actor),
        "may_add": request.actor.can(EDIT),
    }
    return render(request, "desk/promises/pledges.html", context)


@require_staff(EDIT)
@require_http_methods(["GET", "POST"])
def new(request: DeskRequest) -> HttpResponse:
    """Register a responsibility item or a decision."""
    form, status = PledgeForm(request.actor, request.POST or None), 200
    if request.method == "POST":

        def act() -> Pledge:
            given = dict(form.cleaned_data)
            given["unit"] = Unit.objects.get(pk=given["unit"])
            given["helpers"] = list(Unit.objects.filter(pk__in=given["helpers"]))
            return add_pledge(actor=request.actor, **given)

        made, status = submit_form(form, act)
        if not status:
            messages.success(request, _("已登记：%(name)s") % {"name": made.code})
            return redirect("desk:pledge", made.pk)
    return render(request, "desk/promises/pledge_new.html", {"form": form}, status=status)


@require_staff("projects.promise:view")
@require_safe
def pledge(request: DeskRequest, pledge_id: int) -> HttpResponse:
    """Show everything of a pledge; `?move=CODE` opens the form of a move."""
    return _show(request, pledge_id, request.GET.get("move", ""))


def _show(
    request: DeskRequest, pledge_id: int, code: str, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    found = get_pledge(request.actor, pledge_id)
    context: dict[str, Any] = pledge_page.context(request.actor, found)
    if form is None and code in context["codes"]:
        form = FORMS[code]()
    context |= {"now": clock.now(), "form": form, "chosen": code if form is not None else ""}
    context["others"] = [one for one in context["moves"] if one["code"] != context["chosen"]]
    context["chosen_label"] = MOVES[code].label if form is not None else ""
    return render(request, "desk/promises/pledge.html", context, status=status)


@require_staff("projects.promise:view")
def move(request: DeskRequest, pledge_id: int, code: str) -> HttpResponse:
    """Make a move; refused, the page comes back with what was typed."""
    if code not in MOVES:
        raise NotFoundError(_("没有这一步：%(code)s。") % {"code": code[:20]}, hint=_("请回到任务页再试。"))
    found = get_pledge(request.actor, pledge_id)
    if request.method != "POST":
        return redirect(reverse("desk:pledge", args=[found.pk]) + f"?move={code}")
    request.actor.need(MOVES[code].right)
    form = FORMS[code](request.POST, request.FILES)
    if code == "REPORT":
        _made, status = submit_form_with_files(
            request, request.actor, form, lambda files: _report(request, found, form, files)
        )
    else:
        _made, status = submit_form(
            form, lambda: ACTIONS[code](actor=request.actor, pledge_id=found.pk, **form.cleaned_data)
        )
    if status:
        return _show(request, found.pk, code, form, status)
    messages.success(request, _("已完成：%(move)s") % {"move": MOVES[code].label})
    return redirect("desk:pledge", found.pk)


def _report(request: DeskRequest, found: Pledge, form: forms.Form, files: list[int]) -> Pledge:
    evidence = form.cleaned_data["evidence"]
    return report_done(actor=request.actor, pledge_id=found.pk, evidence=evidence, attachments=files)
