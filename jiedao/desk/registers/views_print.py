"""The view that prints a record."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jiedao.desk.links import get_record_url
from jiedao.desk.printing import Printout, need_format, send_printout
from jiedao.desk.registers.printing import make_record_sheet
from jiedao.desk.registers.views_record import get_record_of_register
from jiedao.kernel.errors import UserError
from jiedao.kernel.requests import build_site_url
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_past_day
from jiedao.registers.actions.records import REVEAL_RIGHT, reveal_values
from jiedao.reports.printing.recording import Sheet

VIEW = "registers.record:view"


@require_staff(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
@take_filters({"save": None, "on": None}, strict=True)
def print_record(request: DeskRequest, key: str, record_id: int, suffix: str) -> HttpResponse:
    """Send the sheet of a record as it is, or was on a day; a POST with a reason prints personal values in clear."""
    need_format(suffix)
    info, record = get_record_of_register(request, key, record_id)
    page_path = get_record_url(info, record.pk)
    revealed: dict[str, str] | None = None
    if request.method == "POST":
        request.actor.require(REVEAL_RIGHT)
        try:
            revealed = reveal_values(
                actor=request.actor, record_id=record.pk, why=request.POST.get("why", "")
            )
        except UserError as fault:
            messages.error(request, str(fault))
            return redirect(f"{page_path}#personal")
    # Personal values are revealed as they are now, so they are never printed beside the state of a past day.
    text = request.GET.get("on", "") if revealed is None else ""
    day = read_past_day(text) if text else None
    url = build_site_url(request, page_path)
    document = make_record_sheet(request.actor, info, record, url, day=day, revealed=revealed)
    name = (_("台账记录"), record.code, record.name, day.isoformat() if day is not None else "")
    printout = Printout(
        document, name, Sheet.RECORD, "registers.record", [record.pk], revealed=revealed is not None
    )
    return send_printout(request, printout, suffix)
