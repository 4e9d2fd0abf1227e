"""Entering figures: what is missing in a period, what waits for a second person, corrections, locks and sheets."""

import tempfile
from itertools import groupby
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.desk.figure_lines import get_figure_url
from jiedao.desk.figures.entry_lines import (
    describe_values,
    list_entries_of_period,
    list_versions,
    list_waiting,
)
from jiedao.desk.figures.forms import EntryForm, read_initial
from jiedao.desk.figures.reading import (
    build_choices,
    build_place_select,
    read_place,
    read_place_or_town,
)
from jiedao.desk.figures.views_figure import get_measure
from jiedao.desk.period_choices import read_period_or_half
from jiedao.indicators.actions.entering import (
    EntryInput,
    confirm_figure,
    enter_figure,
    lock_period,
    withdraw_figure,
)
from jiedao.indicators.actions.importing import FiguresRefused, RowFault, import_figures, write_entry_template
from jiedao.indicators.figure import PEER, Place, make_peer
from jiedao.indicators.models import CONFIRM, ENTER, Entry, Measure, MeasureKind, PeriodLock, Theme
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period, parse_period
from jiedao.kernel.workbook import CONTENT_TYPE
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form

MAX_SHOWN_FAULTS = 200
GIVEN = ("value", "growth", "rank", "rank_field", "rank_of", "status", "scope_words", "source", "reason")


@require_staff(ENTER, CONFIRM)
@require_safe
def show_entries(request: DeskRequest) -> HttpResponse:
    """Show what waits for confirmation, and for a period every measure that people enter, with its state."""
    period, place = read_period_or_half(request), read_place_or_town(request)
    return _render_entries(request, period, place)


def _render_entries(
    request: DeskRequest,
    period: Period,
    place: Place,
    *,
    fault: UserError | None = None,
    faults: list[RowFault] | None = None,
    status: int = 200,
) -> HttpResponse:
    measures = list(Measure.objects.filter(active=True, kind=MeasureKind.ENTERED).select_related("theme"))
    entries = list_entries_of_period(measures, period, place)
    locks = _find_locks(period)
    groups = [
        {
            "theme": theme,
            "lock": locks.get(theme.pk),
            "lines": [_build_line(measure, entries.get(measure.pk), period, place) for measure in members],
        }
        for theme, members in groupby(measures, key=lambda measure: measure.theme)
    ]
    choices = build_choices(period, place)
    context = {
        "period": period,
        "place": place,
        "place_select": build_place_select(place),
        "groups": groups,
        "waiting": list_waiting(request.actor),
        "missing": sum(measure.pk not in entries for measure in measures),
        "may_enter": request.actor.can(ENTER),
        "may_confirm": request.actor.can(CONFIRM),
        "catalogue_url": f"{reverse('desk:figures')}?period={period.text}",
        "template_url": f"{reverse('desk:figure_template')}?period={period.text}",
        "fault": fault,
        "faults": (faults or [])[:MAX_SHOWN_FAULTS],
        "back": request.get_full_path() if request.method == "GET" else reverse("desk:figure_entries"),
        **choices,
    }
    return render(request, "desk/figures/entries.html", context, status=status)


def _find_locks(period: Period) -> dict[int, PeriodLock]:
    """Return the lock of each theme whose figures are final in the period."""
    locks = PeriodLock.objects.filter(first_date__lte=period.first, last_date__gte=period.last)
    return {lock.theme_id: lock for lock in locks.select_related("locked_by")}


def _build_line(measure: Measure, entry: Entry | None, period: Period, place: Place) -> dict[str, Any]:
    query = urlencode([("period", period.text), *([("place", place.key)] if place.key else [])])
    state = (pgettext("figure", "未填"), "warn") if entry is None else (_("待确认"), "info")
    if entry is not None and entry.confirmed_at is not None:
        state = (_("已确认"), "good")
    return {
        "measure": measure,
        "state": state,
        "what": describe_values(entry) if entry is not None else "",
        "source": entry.source if entry is not None else "",
        "url": get_figure_url(measure, period, place),
        "enter_url": f"{reverse('desk:figure_enter', args=[measure.key])}?{query}",
        "is_correction": entry is not None and entry.confirmed_at is not None,
        "waits": entry is not None and entry.confirmed_at is None,
    }


@require_staff(ENTER)
@require_http_methods(["GET", "POST"])
def enter(request: DeskRequest, key: str) -> HttpResponse:
    """Enter a figure, or a correction of one; the page lists the earlier versions."""
    measure = get_measure(key)
    if measure.kind != MeasureKind.ENTERED:
        messages.error(request, _("“%(name)s”由记录得出，不能填报。") % {"name": measure.label})
        return redirect("desk:figure", key)
    if request.method == "GET":
        period, place = read_period_or_half(request), read_place_or_town(request)
        current = list_entries_of_period([measure], period, place).get(measure.pk)
        where = {"peer": place.part} if place.split == PEER else {"place": place.key}
        initial = {"period": period.text, **where, **read_initial(current)}
        return _render_form(request, measure, EntryForm(measure, initial=initial), (period, place))
    form = EntryForm(measure, request.POST)
    entry, status = submit_form(form, lambda: _enter(request.actor, measure, form.cleaned_data))
    if status:
        return _render_form(request, measure, form, _read_where(request, form), status=status)
    messages.success(request, _("已填报，等待另一位同事确认。"))
    query = {"period": entry.period.text, **({"place": entry.place_key} if entry.place_key else {})}
    return redirect(f"{reverse('desk:figure', args=[key])}?{urlencode(query)}")


def _read_where(request: DeskRequest, form: EntryForm) -> tuple[Period, Place]:
    """Return the period and the place that a refused form names, as far as they can be read, else the address's."""
    data = getattr(form, "cleaned_data", {})
    try:
        period = parse_period(data["period"])
        place = make_peer(data["peer"]) if data.get("peer") else read_place(data.get("place", ""))
    except (KeyError, UserError):
        return read_period_or_half(request), read_place_or_town(request)
    return period, place


def _enter(actor: Actor, measure: Measure, data: dict[str, Any]) -> Entry:
    return enter_figure(
        actor=actor,
        measure=measure,
        period=parse_period(data["period"]),
        place=make_peer(data["peer"]) if data["peer"] else read_place(data["place"]),
        entry_input=EntryInput(**{name: data[name] for name in GIVEN}),
    )


def _render_form(
    request: DeskRequest,
    measure: Measure,
    form: EntryForm,
    where: tuple[Period, Place],
    *,
    status: int = 200,
) -> HttpResponse:
    """Show the form and the versions that exist for its period and place."""
    versions = list_versions(request.actor, measure, *where)
    query = f"?period={where[0].text}"
    context = {
        "measure": measure,
        "form": form,
        "versions": versions,
        "is_correction": any(not line["waits"] for line in versions),
        "catalogue_url": reverse("desk:figures") + query,
        "figure_url": reverse("desk:figure", args=[measure.key]) + query,
    }
    return render(request, "desk/figures/enter.html", context, status=status)


def _go_back(request: DeskRequest) -> HttpResponse:
    """Return to the page of the form, if its address is one of this site."""
    back = request.POST.get("back", "")
    is_own = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if back and is_own else reverse("desk:figure_entries"))


@require_staff(CONFIRM)
@require_POST
def confirm(request: DeskRequest, entry_id: int) -> HttpResponse:
    """Confirm a version that another person entered."""
    try:
        entry = confirm_figure(actor=request.actor, entry_id=entry_id)
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("已确认“%(name)s”。") % {"name": entry.measure.label})
    return _go_back(request)


@require_staff(ENTER, CONFIRM)
@require_POST
def withdraw(request: DeskRequest, entry_id: int) -> HttpResponse:
    """Return a version that waits, with the reason."""
    try:
        withdraw_figure(actor=request.actor, entry_id=entry_id, reason=request.POST.get("reason", ""))
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("已退回。"))
    return _go_back(request)


@require_staff(CONFIRM)
@require_POST
def lock(request: DeskRequest) -> HttpResponse:
    """Make the entered figures of a theme final for a period."""
    theme = get_object_or_404(Theme, key=request.POST.get("theme", ""))
    try:
        period = parse_period(request.POST.get("period", ""))
        lock_period(actor=request.actor, theme=theme, period=period)
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        words = {"theme": theme.label, "period": period.label}
        messages.success(request, _("已锁定%(period)s的“%(theme)s”，此后只能更正并写明原因。") % words)
    return _go_back(request)


@require_staff(ENTER)
@require_POST
def import_sheet(request: DeskRequest) -> HttpResponse:
    """Enter every figure of a sheet; where a row has a fault, enter none and list the faults."""
    period, place = read_period_or_half(request), read_place_or_town(request)
    upload = request.FILES.get("file")
    try:
        if upload is None:
            raise UserError(_("没有选择文件。"), hint=_("请选择 Excel 或 CSV 表格。"), field="file")
        with tempfile.NamedTemporaryFile() as file:
            for chunk in upload.chunks():
                file.write(chunk)
            file.flush()
            count = import_figures(actor=request.actor, path=Path(file.name), name=upload.name or "")
    except FiguresRefused as fault:
        return _render_entries(request, period, place, fault=fault, faults=fault.faults, status=fault.status)
    except UserError as fault:
        return _render_entries(request, period, place, fault=fault, status=fault.status)
    messages.success(request, _("已填报 %(n)s 项，等待另一位同事确认。") % {"n": count})
    return redirect("desk:figure_entries")


@require_staff(ENTER, CONFIRM)
@require_safe
def send_template(request: DeskRequest) -> FileResponse:
    """Send the sheet that people fill."""
    period = read_period_or_half(request)
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    write_entry_template(Path(file.name), period)
    name = _("填报-%(period)s.xlsx") % {"period": period.text}
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)
