"""Cases as the tables of GB/T 47678, which a city's platform expects."""

import tempfile
from pathlib import Path

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.exchange.standard import EXPORT, StandardTable, write_standard_table
from jiedao.kernel import clock
from jiedao.kernel.csvfile import CONTENT_TYPE
from jiedao.kernel.errors import UserError
from jiedao.kernel.readers.dates import read_day
from jiedao.kernel.readers.faults import ValueFault
from jiedao.pages.entry import DeskRequest, require_staff

MOST = 20_000  # rows that a request writes within some seconds


@require_staff(EXPORT)
@require_safe
def export_standard(request: DeskRequest) -> HttpResponseBase:
    """Show the form; with its fields in the address, send the file."""
    if "table" not in request.GET:
        return _show(request)
    try:
        return _send(request)
    except UserError as fault:
        if fault.status in {403, 404}:
            raise
        return _show(request, fault)


def _show(request: DeskRequest, fault: UserError | None = None) -> HttpResponse:
    today = clock.today()
    context = {
        "fault": fault,
        "tables": StandardTable.choices,
        "table": request.GET.get("table", StandardTable.MATTER.value),
        "first": request.GET.get("from", today.replace(day=1).isoformat()),
        "last": request.GET.get("to", today.isoformat()),
    }
    return render(request, "desk/imports/standard.html", context, status=fault.status if fault else 200)


def _send(request: DeskRequest) -> FileResponse:
    table = request.GET["table"]
    try:
        first, last = (read_day(request.GET.get(name, ""), serials=False) for name in ("from", "to"))
    except ValueFault as fault:
        raise UserError(fault.reason, hint=_("日期写成 2020-06-30。"), field="from") from fault
    file = tempfile.NamedTemporaryFile(suffix=".csv")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    write_standard_table(request.actor, Path(file.name), table, first, last, most=MOST)
    file.seek(0)
    name = f"{StandardTable(table).label}-{first:%Y%m%d}-{last:%Y%m%d}.csv"
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)
