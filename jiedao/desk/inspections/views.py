"""Views of inspections: the list, an inspection with its checklist, dropping and planning an inspection."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.desk.inspection_lines import (
    build_finding_line,
    build_inspection_line,
    list_past_inspections,
    list_waiting_inspections,
)
from jiedao.desk.inspections import page
from jiedao.desk.inspections.form import ChecklistForm
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_day
from jiedao.registers.access import get_inspection, get_record
from jiedao.registers.actions.inspections import InspectionInput, list_asked_items, make_inspection
from jiedao.registers.actions.planning import drop_inspection, need_checklist, plan_extra_inspection
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Inspection, InspectionState, Record
from jiedao.registers.selectors.inspection_filters import READERS, InspectionFilters
from jiedao.registers.selectors.inspections import count_inspections, read_inspection_page


@dataclass
class ChecklistSheet:
    """An inspection with the form of its checklist; `inspection` is None for one that is not planned."""

    info: RegisterInfo
    record: Record
    inspection: Inspection | None
    form: ChecklistForm
    key: str


@require_staff("registers.record:view")
@require_safe
def list_inspections(request: DeskRequest) -> HttpResponse:
    """List the inspections, or their findings, that match the filters, with the figures above."""
    filters, faults = InspectionFilters.read(request.actor, request.GET)
    if filters == InspectionFilters(order=filters.order) and not _has_filters(request):
        filters = replace(page.get_default_filters(request.actor), order=filters.order)
    cursor = request.GET.get("cursor", "")
    try:
        result_page = read_inspection_page(request.actor, filters, cursor)
    except UserError as fault:  # too many for this order
        faults.append(fault)
        filters = replace(filters, order="")
        result_page = read_inspection_page(request.actor, filters)
    figures = count_inspections(request.actor, filters)
    today = clock.today()
    rows: list[Any] = [
        build_finding_line(row) if filters.of_findings else build_inspection_line(row, today)
        for row in result_page.rows
    ]
    context = {
        "filters": filters,
        "faults": faults,
        "rows": rows,
        "total": result_page.total,
        "pager": page.build_pager(filters, result_page),
        "stats": page.build_stats(figures, filters),
        "selects": page.build_selects(request.actor, filters),
        "order": page.build_order_select(filters),
        "sorts": page.build_sorts(filters),
        "filtered": _has_filters(request),
    }
    return render(request, "desk/inspections/list.html", context)


def _has_filters(request: DeskRequest) -> bool:
    """Return whether the user chose something: an address with names that the list does not have chooses nothing."""
    return any(name in request.GET for name in READERS if name != "order")


@require_staff("registers.record:view")
@require_http_methods(["GET", "POST"])
def show_inspection(request: DeskRequest, inspection_id: int) -> HttpResponse:
    """Show an inspection: its checklist while it is due, its results afterwards. Store the answers when posted."""
    info, inspection = get_inspection(request.actor, inspection_id)
    data = request.POST if request.method == "POST" else None
    form = ChecklistForm(list_asked_items(info, inspection), inspection.version, data)
    sheet = ChecklistSheet(info, inspection.record, inspection, form, inspection.checklist)
    return _submit_answers(request, sheet) if data is not None else _render_sheet(request, sheet)


@require_staff("registers.record:view")
@require_http_methods(["GET", "POST"])
def start_inspection(request: DeskRequest, record_id: int, checklist: str) -> HttpResponse:
    """Inspect a record now: redirect to its due inspection, or start one that is not planned."""
    request.actor.require("registers.visit:make")
    info, record = get_record(request.actor, record_id)
    checklist_definition = need_checklist(info, checklist)
    data = request.POST if request.method == "POST" else None
    form = ChecklistForm(checklist_definition.items, 0, data)
    sheet = ChecklistSheet(info, record, None, form, checklist)
    if data is not None:
        return _submit_answers(request, sheet)
    due_inspections = Inspection.objects.filter(record=record, checklist=checklist, state=InspectionState.DUE)
    due_inspection = (
        due_inspections.filter(planned_date__lte=clock.today())
        .exclude(kind="RECHECK")
        .order_by("due_date")
        .first()
    )
    if due_inspection is not None:
        return redirect("desk:inspection", due_inspection.pk)
    return _render_sheet(request, sheet)


@require_staff("registers.visit:plan")
@require_POST
def drop(request: DeskRequest, inspection_id: int) -> HttpResponse:
    """Drop a planned inspection for a reason."""
    try:
        drop_inspection(actor=request.actor, inspection_id=inspection_id, why=request.POST.get("why", ""))
        messages.success(request, _("检查已取消。"))
    except UserError as fault:
        if fault.status == 404:
            raise
        messages.error(request, str(fault))
    return redirect("desk:inspection", inspection_id)


@require_staff("registers.visit:plan")
@require_POST
def plan_inspection(request: DeskRequest, record_id: int, checklist: str) -> HttpResponse:
    """Plan an inspection of a record in addition to the rounds."""
    day = read_day(request.POST.get("due")) or date.min
    try:
        inspection = plan_extra_inspection(
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
    return redirect("desk:inspection", inspection.pk)


def _submit_answers(request: DeskRequest, sheet: ChecklistSheet) -> HttpResponse:
    """Store the answers; if they are refused, show the form again with everything that was typed."""
    request.actor.require("registers.visit:make")
    form, inspection = sheet.form, sheet.inspection
    form.store_photos(request.actor, request.FILES)
    status = 422
    if not form.lines_with_errors:
        answers = InspectionInput(
            inspection_id=inspection.pk if inspection is not None else None,
            record_id=sheet.record.pk,
            checklist=sheet.key,
            answers=form.answers,
            note=form.note,
            client_uuid=form.client_uuid,
            version=form.version if inspection is not None else None,
        )
        try:
            stored_inspection = make_inspection(actor=request.actor, data=answers)
        except UserError as fault:
            form.refuse(fault)
            status = fault.status
        else:
            messages.success(request, _describe_made(stored_inspection))
            return redirect(f"{reverse('desk:inspection', args=[stored_inspection.pk])}?done=1")
    if inspection is not None:
        _info, sheet.inspection = get_inspection(request.actor, inspection.pk)
        # The user now sees the current state: sending again is deliberate.
        form.version = sheet.inspection.version
    return _render_sheet(request, sheet, status)


def _describe_made(inspection: Inspection) -> str:
    """Return what became of an inspection, with the numbers of the cases that its findings have opened."""
    numbers = "、".join(finding.case.number for finding in inspection.findings.select_related("case"))
    if numbers:
        return _("检查已记录，已立案整改：%(numbers)s。") % {"numbers": numbers}
    return _("检查已记录，全部合格。") if inspection.passed else _("检查已记录。")


def _render_sheet(request: DeskRequest, sheet: ChecklistSheet, status: int = 200) -> HttpResponse:
    actor, record, inspection = request.actor, sheet.record, sheet.inspection
    is_due = (inspection is None or inspection.state == InspectionState.DUE) and record.active
    checklist = sheet.info.definition.checklist(sheet.key)
    context = {
        "record": record,
        "inspection": inspection,
        "line": build_inspection_line(inspection, clock.today()) if inspection is not None else None,
        "title": checklist.label if checklist is not None else "",
        "form": sheet.form if is_due and actor.can("registers.visit:make") else None,
        "outcome": page.describe_outcome(inspection) if inspection is not None else None,
        "errors": sheet.form.errors,
        "facts": page.list_facts(sheet.info, record, inspection),
        "past": list_past_inspections(record, inspection),
        "may_plan": is_due and actor.can("registers.visit:plan"),
        "checklist": sheet.key,
        "now": clock.now(),
        "waiting": list_waiting_inspections(actor) if request.GET.get("done") else None,
    }
    return render(request, "desk/inspections/inspection.html", context, status=status)
