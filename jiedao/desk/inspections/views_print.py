"""Views that print the sheet of an inspection."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.desk.inspections.printing import make_blank_sheet, make_result_sheet, name_checklist
from jiedao.desk.printing import Printout, need_format, send_printout
from jiedao.kernel import clock
from jiedao.kernel.requests import build_site_url
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import one_of, take_filters
from jiedao.registers.access import get_inspection, get_record
from jiedao.registers.actions.inspections import list_asked_items
from jiedao.registers.actions.planning import need_checklist
from jiedao.registers.models import InspectionState
from jiedao.reports.printing.recording import Sheet

VIEW = "registers.record:view"


@require_staff(VIEW)
@require_safe
@take_filters({"save": None, "blank": one_of({"1"})}, strict=True)
def print_inspection(request: DeskRequest, inspection_id: int, suffix: str) -> HttpResponse:
    """Send the sheet of an inspection: blank as long as it is due or with `?blank=1`, else with its results."""
    need_format(suffix)
    info, inspection = get_inspection(request.actor, inspection_id)
    url = build_site_url(request, reverse("desk:inspection", args=[inspection.pk]))
    is_blank = inspection.state == InspectionState.DUE or "blank" in request.GET
    if is_blank:
        document = make_blank_sheet(
            request.actor,
            info,
            inspection.record,
            checklist=inspection.checklist,
            items=list_asked_items(info, inspection),
            url=url,
            inspection=inspection if inspection.state == InspectionState.DUE else None,
        )
    else:
        document = make_result_sheet(request.actor, info, inspection, url)
    day = inspection.done_date or inspection.due_date
    label = name_checklist(info, inspection.checklist)
    name = (_("检查表"), inspection.record.name, label, day.isoformat(), _("空白") if is_blank else "")
    sheet = Sheet.BLANK_CHECKLIST if is_blank else Sheet.INSPECTION
    printout = Printout(document, name, sheet, "registers.visit", [inspection.pk])
    return send_printout(request, printout, suffix)


@require_staff(VIEW)
@require_safe
@take_filters({"save": None}, strict=True)
def print_checklist(request: DeskRequest, record_id: int, checklist: str, suffix: str) -> HttpResponse:
    """Send a blank checklist for a record whose inspection is not planned."""
    need_format(suffix)
    info, record = get_record(request.actor, record_id)
    definition = need_checklist(info, checklist)
    url = build_site_url(request, reverse("desk:inspection_new", args=[record.pk, checklist]))
    document = make_blank_sheet(
        request.actor, info, record, checklist=checklist, items=definition.items, url=url
    )
    name = (_("检查表"), record.name, definition.label, clock.today().isoformat(), _("空白"))
    printout = Printout(document, name, Sheet.BLANK_CHECKLIST, "registers.record", [record.pk])
    return send_printout(request, printout, suffix)
