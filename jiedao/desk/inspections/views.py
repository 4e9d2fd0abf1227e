"""Inspections on the desk: the list, one inspection with its checklist, dropping and planning one."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.desk.inspection_lines import build_finding_line, build_inspection_line, list_past_inspections
from jiedao.desk.inspections import page
from jiedao.desk.inspections.form import ChecklistForm
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_day
from jiedao.registers.access import get_record, get_visit
from jiedao.registers.actions.inspections import Seen, asked, make_visit
from jiedao.registers.actions.planning import drop_visit, need_checklist, plan_extra
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record, Visit, VisitState
from jiedao.registers.selectors.inspection_filters import InspectionFilters
from jiedao.registers.selectors.inspections import figures_of, inspection_page


@dataclass
class Sheet:
    """An inspection that is answered: a planned one, or one of a record that is made now."""

    info: RegisterInfo
    record: Record
    visit: Visit | None
    form: ChecklistForm
    key: str


@require_staff("registers.record:view")
@require_safe
def inspections(request: DeskRequest) -> HttpResponse:
    """Show the inspections, or what they found, that the filters let through, under their figures.

    Without any filter it is what may be inspected now, for who inspects; for others the month of today, because rounds
    are planned a year ahead.
    """
    filters, faults = InspectionFilters.read(request.actor, request.GET)
    filters = filters if request.GET else page.first_shown(request.actor)
    found = inspection_page(request.actor, filters, request.GET.get("cursor", ""))
    (figures,) = figures_of(request.actor, filters)
    today = clock.today()
    rows: list[Any] = [
        build_finding_line(row) if filters.of_findings else build_inspection_line(row, today)
        for row in found.rows
    ]
    context = {
        "filters": filters,
        "faults": faults,
        "rows": rows,
        "total": found.total,
        "pager": page.pager(filters, found),
        "stats": page.stats(figures, filters),
        "selects": page.selects(request.actor, filters),
        "filtered": bool(request.GET),
    }
    return render(request, "desk/inspections/list.html", context)


@require_staff("registers.record:view")
@require_http_methods(["GET", "POST"])
def inspection(request: DeskRequest, visit_id: int) -> HttpResponse:
    """Show an inspection: its checklist to answer while it is due, afterwards what came of it."""
    info, visit = get_visit(request.actor, visit_id)
    data = request.POST if request.method == "POST" else None
    form = ChecklistForm(asked(info, visit), visit.version, data)
    sheet = Sheet(info, visit.record, visit, form, visit.checklist)
    return _send(request, sheet) if data is not None else _show(request, sheet)


@require_staff("registers.record:view")
@require_http_methods(["GET", "POST"])
def beside(request: DeskRequest, record_id: int, checklist: str) -> HttpResponse:
    """Inspect a record now: the inspection that waits for it, else one beside the rounds."""
    request.actor.need("registers.visit:make")
    info, record = get_record(request.actor, record_id)
    asks = need_checklist(info, checklist)
    data = request.POST if request.method == "POST" else None
    form = ChecklistForm(asks.items, 0, data)
    sheet = Sheet(info, record, None, form, checklist)
    if data is not None:
        return _send(request, sheet)
    waiting = Visit.objects.filter(record=record, checklist=checklist, state=VisitState.DUE)
    planned = (
        waiting.filter(planned_date__lte=clock.today()).exclude(kind="RECHECK").order_by("due_date").first()
    )
    if planned is not None:
        return redirect("desk:inspection", planned.pk)
    return _show(request, sheet)


@require_staff("registers.visit:plan")
@require_POST
def drop(request: DeskRequest, visit_id: int) -> HttpResponse:
    """Drop a planned inspection with a reason."""
    try:
        drop_visit(actor=request.actor, visit_id=visit_id, why=request.POST.get("why", ""))
        messages.success(request, _("检查已取消。"))
    except UserError as fault:
        if fault.status == 404:
            raise
        messages.error(request, str(fault))
    return redirect("desk:inspection", visit_id)


@require_staff("registers.visit:plan")
@require_POST
def plan(request: DeskRequest, record_id: int, checklist: str) -> HttpResponse:
    """Plan an inspection of a record beside the rounds."""
    day = read_day(request.POST.get("due")) or date.min
    try:
        visit = plan_extra(
            actor=request.actor,
            record_id=record_id,
            checklist=checklist,
            due=day,
            why=request.POST.get("why", ""),
        )
    except UserError as fault:
        if fault.status == 404:
            raise
        messages.error(request, str(fault))
        return redirect(reverse("desk:inspection_new", args=[record_id, checklist]))
    messages.success(request, _("已安排检查，最迟 %(day)s。") % {"day": day})
    return redirect("desk:inspection", visit.pk)


def _send(request: DeskRequest, sheet: Sheet) -> HttpResponse:
    """Record what was answered; what cannot be kept is shown with everything given."""
    request.actor.need("registers.visit:make")
    form, visit = sheet.form, sheet.visit
    form.store_photos(request.actor, request.FILES)
    status = 422
    if not form.wrong:
        seen = Seen(
            visit_id=visit.pk if visit is not None else None,
            record_id=sheet.record.pk,
            checklist=sheet.key,
            answers=form.answers,
            note=form.note,
            client_uuid=form.client_uuid,
            version=form.version if visit is not None else None,
        )
        try:
            made = make_visit(actor=request.actor, seen=seen)
        except UserError as fault:
            form.refuse(fault)
            status = fault.status
        else:
            messages.success(request, _("检查已记录。"))
            return redirect("desk:inspection", made.pk)
    if visit is not None:
        _info, sheet.visit = get_visit(request.actor, visit.pk)
        form.version = sheet.visit.version  # sending again now means: having seen it as it is
    return _show(request, sheet, status)


def _show(request: DeskRequest, sheet: Sheet, status: int = 200) -> HttpResponse:
    actor, record, visit = request.actor, sheet.record, sheet.visit
    due = (visit is None or visit.state == VisitState.DUE) and record.active
    checklist = sheet.info.definition.checklist(sheet.key)
    context = {
        "record": record,
        "visit": visit,
        "line": build_inspection_line(visit, clock.today()) if visit is not None else None,
        "title": checklist.label if checklist is not None else "",
        "form": sheet.form if due and actor.can("registers.visit:make") else None,
        "outcome": page.outcome(visit) if visit is not None else None,
        "errors": sheet.form.errors,
        "facts": page.facts(sheet.info, record, visit),
        "past": list_past_inspections(record, visit),
        "may_plan": due and actor.can("registers.visit:plan"),
        "checklist": sheet.key,
        "now": clock.now(),
    }
    return render(request, "desk/inspections/inspection.html", context, status=status)
