"""Views of key projects: the list for the weekly meeting, the page of a project, updates of a project."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.desk.navigation import build_promise_tabs
from jiedao.desk.phrases import attach_phrases, is_phrase_button, press_button
from jiedao.desk.projects import listing, page
from jiedao.desk.projects.forms import WhatIfForm
from jiedao.desk.projects.updates import ProjectUpdate, build_update, may_write
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import show_typed, submit_form
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_number
from jiedao.projects.access import get_project
from jiedao.projects.actions.reporting import EDIT
from jiedao.projects.models import Project, TaskLevel
from jiedao.projects.selectors.lights import Light
from jiedao.projects.selectors.scheduling import Trial
from jiedao.projects.words import describe_slack, describe_trial_margin

VIEW = "projects.project:view"
TRIAL_FIELDS = ("duration", "finish", "delay")


@require_staff(VIEW)
@require_safe
@take_filters(listing.CHECKS)
def list_projects(request: DeskRequest) -> HttpResponse:
    """List the projects with their lights, red lights first."""
    context = listing.build_context(request.actor, request.GET)
    return render(
        request,
        "desk/projects/list.html",
        {**context, "tabs": build_promise_tabs(request.actor, "desk:projects")},
    )


@require_staff(VIEW)
@require_safe
def show_project(request: DeskRequest, key: str) -> HttpResponse:
    """Show a project. `?do=progress&of=1` opens a form; `?task=code&delay=5` shows the effect of a change."""
    project = get_project(request.actor, key)
    kind = request.GET.get("do", "")
    update = None
    if kind and may_write(request.actor, project, kind):
        update = build_update(request.actor, project, kind, read_number(request.GET.get("of")))
    return _render_page(request, project, update)


@require_staff(VIEW)
def submit_update(request: DeskRequest, key: str, what: str) -> HttpResponse:
    """Write progress, money, a permit or an obstacle; if it is refused, show the page with what was typed."""
    project = get_project(request.actor, key)
    object_id = read_number(request.GET.get("of"))
    project_url = reverse("desk:project", args=[project.key])
    if request.method != "POST":
        return redirect(f"{project_url}?do={what}" + (f"&of={object_id}" if object_id is not None else ""))
    request.actor.require(EDIT)
    if is_phrase_button(request.POST):
        data = request.POST.copy()
        press_button(request, f"project-{what}", data)
        update = build_update(request.actor, project, what, object_id)
        show_typed(update.form, data)
        return _render_page(request, project, update)
    update = build_update(request.actor, project, what, object_id, request.POST)
    saved, status = submit_form(update.form, update.save)
    if status:
        return _render_page(request, project, update, status)
    if what == "obstacle":
        messages.success(request, _("已提出障碍，并立案 %(number)s。") % {"number": saved.case.number})
    else:
        messages.success(request, _("已完成：%(move)s") % {"move": update.label})
    return redirect(f"{project_url}#{update.section}")


def _render_page(
    request: DeskRequest, project: Project, update: ProjectUpdate | None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = page.build_context(request.actor, project)
    context |= _build_trial(request, context["light"])
    if update is not None:
        attach_phrases(request.actor, update.form, f"project-{update.kind}")
        version, state = update.describe_current()
        if update.form.is_bound and version is not None and status == 409:
            # The page now shows the current state, so sending the form again confirms that the user has seen it.
            update.form.data = dict(update.form.data.items()) | {"version": str(version)}
        context |= {"update": update, "state": state}
    return render(request, "desk/projects/project.html", context, status=status)


def _build_trial(request: DeskRequest, light: Light) -> dict[str, Any]:
    """Return the form for trying a change of a task and, once it was sent, the effect. Nothing is stored."""
    plan, data = light.schedule, request.GET
    tasks = [task for task in plan.tasks if task.level != TaskLevel.STAGE and task.actual_finish is None]
    if not tasks:
        return {}
    if not any(name in data for name in TRIAL_FIELDS):
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
    return {"trial_form": form, **(_describe_trial(trial, plan.day) if trial is not None else {})}


def _describe_trial(trial: Trial, day: date) -> dict[str, Any]:
    """Return the effect of a trial, with the time that each changed task has left before and after it."""
    changes = [
        (
            change,
            describe_slack(change.before, day, trial=True),
            describe_slack(change.after, day, trial=True),
        )
        for change in trial.changed
    ]
    return {"trial": trial, "changes": changes, "margin_after": describe_trial_margin(trial.margin_after)}
