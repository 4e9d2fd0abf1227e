"""Key projects: the list of the weekly meeting, the page of one, what is written on it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.desk.navigation import build_promise_tabs
from jiedao.desk.projects import listing, page
from jiedao.desk.projects.doing import Doing, may_write, open_doing
from jiedao.desk.projects.forms import WhatIfForm
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.pages.reading import read_number
from jiedao.projects.access import get_project
from jiedao.projects.actions.reporting import EDIT
from jiedao.projects.models import Project, TaskLevel
from jiedao.projects.selectors.lights import Light

VIEW = "projects.project:view"
TRIED = ("duration", "finish", "delay")


@require_staff(VIEW)
@require_safe
def projects(request: DeskRequest) -> HttpResponse:
    """List the projects with their lights, red first."""
    context = listing.context(request.actor, request.GET)
    return render(
        request,
        "desk/projects/list.html",
        {**context, "tabs": build_promise_tabs(request.actor, "desk:projects")},
    )


@require_staff(VIEW)
@require_safe
def project(request: DeskRequest, key: str) -> HttpResponse:
    """Show a project; `?do=progress&of=1` opens a form, `?task=code&delay=5` tries a change."""
    found = get_project(request.actor, key)
    what = request.GET.get("do", "")
    doing = None
    if what and may_write(request.actor, found, what):
        doing = open_doing(request.actor, found, what, read_number(request.GET.get("of")))
    return _show(request, found, doing)


@require_staff(VIEW)
def write(request: DeskRequest, key: str, what: str) -> HttpResponse:
    """Write progress, money, a permit or an obstacle; refused, the page comes back with what was typed."""
    found = get_project(request.actor, key)
    of = read_number(request.GET.get("of"))
    here = reverse("desk:project", args=[found.key])
    if request.method != "POST":
        return redirect(f"{here}?do={what}" + (f"&of={of}" if of is not None else ""))
    request.actor.need(EDIT)
    doing = open_doing(request.actor, found, what, of, request.POST)
    made, status = submit_form(doing.form, doing.act)
    if status:
        return _show(request, found, doing, status)
    if what == "obstacle":
        messages.success(request, _("已提出障碍，并立案 %(number)s。") % {"number": made.case.number})
    else:
        messages.success(request, _("已完成：%(move)s") % {"move": doing.label})
    return redirect(f"{here}#{doing.section}")


def _show(request: DeskRequest, found: Project, doing: Doing | None, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = page.context(request.actor, found)
    context |= _trial(request, context["light"])
    if doing is not None:
        version, state = doing.current()
        if (
            doing.form.is_bound and version is not None and status == 409
        ):  # sent again: having seen what is now
            doing.form.data = dict(doing.form.data.items()) | {"version": str(version)}
        context |= {"doing": doing, "state": state}
    return render(request, "desk/projects/project.html", context, status=status)


def _trial(request: DeskRequest, light: Light) -> dict[str, Any]:
    """Return the form of what would happen if, and what it comes to once it was sent; nothing is written."""
    plan, data = light.schedule, request.GET
    tasks = [task for task in plan.tasks if task.level != TaskLevel.STAGE and task.actual_finish is None]
    if not tasks:
        return {}
    if not any(name in data for name in TRIED):
        return {"trial_form": WhatIfForm(tasks, initial={"task": data.get("task", "")})}
    form = WhatIfForm(tasks, data)
    trial, _status = submit_form(
        form,
        lambda: plan.what_if(
            form.cleaned_data["task"],
            duration=form.cleaned_data["duration"],
            finish=form.cleaned_data["finish"],
            delay=form.cleaned_data["delay"] or 0,
        ),
    )
    late = -trial.margin_after if trial is not None else 0
    return {"trial_form": form, "trial": trial, "late_after": late}
