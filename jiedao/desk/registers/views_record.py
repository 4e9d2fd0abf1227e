"""The page of a record, its personal values and its attachments."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.desk.links import get_record_url
from jiedao.desk.registers.record_page import page
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_past_day
from jiedao.pages.uploads import attach_files
from jiedao.registers.access import get_record, need_write
from jiedao.registers.actions.records import reveal_values
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record


def found_record(request: DeskRequest, key: str, record_id: int) -> tuple[RegisterInfo, Record]:
    """Return a record of the register that the address names; raise NotFoundError out of scope."""
    info, record = get_record(request.actor, record_id)
    if info.key != key or not info.active:
        raise NotFoundError(_("没有这条记录，或它不归您看。"), hint=_("请回到台账列表再找。"))
    return info, record


def show(
    request: DeskRequest, info: RegisterInfo, record: Record, status: int = 200, **more: Any
) -> HttpResponse:
    """Return the record's page; what is in `more` beyond `record_page.page` goes to the template."""
    day = None
    if text := request.GET.get("on", ""):
        try:
            day = read_past_day(text)
        except UserError as fault:
            messages.warning(request, str(fault))
    context = page(
        request.actor,
        info,
        record,
        day=day,
        whole=request.GET.get("history") == "all",
        revealed=more.pop("revealed", None),
    )
    return render(request, "desk/registers/record.html", {**context, **more}, status=status)


@require_staff("registers.record:view")
@require_safe
def record(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Show everything of a record, now or in the state of a past day."""
    return show(request, *found_record(request, key, record_id))


@require_staff("registers.record:reveal")
def reveal(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Show the personal values in clear, once, for the reason given."""
    info, found = found_record(request, key, record_id)
    here = get_record_url(info, found.pk)
    if request.method != "POST":
        return redirect(here)
    try:
        values = reveal_values(actor=request.actor, record_id=found.pk, why=request.POST.get("why", ""))
    except UserError as fault:
        messages.error(request, str(fault))
        return redirect(f"{here}#personal")
    return show(request, info, found, revealed=values)


@require_staff("registers.record:edit")
@require_POST
def upload(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Add files to a record."""
    info, found = found_record(request, key, record_id)
    need_write(request.actor, info)
    attach_files(request, "registers.record", found.pk)
    return redirect(get_record_url(info, found.pk) + "#files")
