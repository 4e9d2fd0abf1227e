"""The page of a record, its personal values and its attachments."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.desk.links import get_record_url
from jiedao.desk.registers.record_page import build_context
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_past_day
from jiedao.pages.uploads import attach_files
from jiedao.registers.access import get_record, need_write
from jiedao.registers.actions.records import reveal_values
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record


def get_record_of_register(request: DeskRequest, key: str, record_id: int) -> tuple[RegisterInfo, Record]:
    """Return a record and its register; raise NotFoundError if it is out of scope or in another register than `key`."""
    info, record = get_record(request.actor, record_id)
    if info.key != key or not info.active:
        raise NotFoundError(_("没有这条记录，或它不归您看。"), hint=_("请回到台账列表再找。"))
    return info, record


def render_record(
    request: DeskRequest, info: RegisterInfo, record: Record, status: int = 200, **more: Any
) -> HttpResponse:
    """Return the page of a record.

    `more` is added to the context, except `revealed`: the personal values by key to show in clear.
    """
    day = None
    if text := request.GET.get("on", ""):
        try:
            day = read_past_day(text)
        except UserError as fault:
            messages.warning(request, str(fault))
    context = build_context(
        request.actor,
        info,
        record,
        day=day,
        complete_history=request.GET.get("history") == "all",
        revealed=more.pop("revealed", None),
    )
    return render(request, "desk/registers/record.html", {**context, **more}, status=status)


@require_staff("registers.record:view")
@require_safe
def show_record(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Show a record as it is now or was on a past day."""
    return render_record(request, *get_record_of_register(request, key, record_id))


@require_staff("registers.record:reveal")
def reveal_personal_values(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Show the personal values of a record in clear, once, for a reason that the audit log stores."""
    info, record = get_record_of_register(request, key, record_id)
    record_url = get_record_url(info, record.pk)
    if request.method != "POST":
        return redirect(record_url)
    try:
        values = reveal_values(actor=request.actor, record_id=record.pk, why=request.POST.get("why", ""))
    except UserError as fault:
        messages.error(request, str(fault))
        return redirect(f"{record_url}#personal")
    return render_record(request, info, record, revealed=values)


@require_staff("registers.record:edit")
@require_POST
def upload_files(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Attach files to a record."""
    info, record = get_record_of_register(request, key, record_id)
    need_write(request.actor, info)
    attach_files(request, "registers.record", record.pk)
    return redirect(get_record_url(info, record.pk) + "#files")
