"""Adding, changing, ending and restoring records."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jiedao.desk import actions
from jiedao.desk.links import get_record_url, get_register_url
from jiedao.desk.registers.differences import Change, changes, premises_of
from jiedao.desk.registers.forms import RecordForm, state_values
from jiedao.desk.registers.record_page import spot
from jiedao.desk.registers.views_record import found_record, show
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.maps import build_town_map
from jiedao.pages.reading import read_number, read_optional_day
from jiedao.registers.access import get_register, need_write, sees_record
from jiedao.registers.actions.grading import end_override, override_grade
from jiedao.registers.actions.records import (
    RowRefused,
    add_record,
    change_record,
    end_record,
    restore_record,
)
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record
from jiedao.registers.rows import Checker
from jiedao.registers.selectors.history import state_of_version


@require_staff("registers.record:edit")
@require_http_methods(["GET", "POST"])
def new(request: DeskRequest, key: str) -> HttpResponse:
    """Add a record; a form at fault comes back with everything that was typed and every fault at its field."""
    info = get_register(request.actor, key)
    need_write(request.actor, info)
    initial = {"parent": request.GET.get("parent", "")[:60]}
    form = RecordForm(
        request.actor, info, request.POST if request.method == "POST" else None, initial=initial
    )
    if request.method == "GET":
        return _draw(request, info, form)
    try:
        if not _valid(request, form):
            return _draw(request, info, form, status=422)
        made = add_record(actor=request.actor, info=info, given=form.given(), why=form.cleaned_data["why"])
    except UserError as fault:
        return _draw(request, info, _with(form, fault), status=fault.status)
    actions.delete_draft(actor=request.actor, key=draft_key(info, None))
    messages.success(request, _("已登记：%(name)s，编码 %(code)s") % {"name": made.name, "code": made.code})
    return _to_record(request, info, made)


@require_staff("registers.record:edit")
@require_http_methods(["GET", "POST"])
def edit(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Change a record from a day on; where somebody was faster, what both wrote stands in the form."""
    info, record = found_record(request, key, record_id)
    need_write(request.actor, info)
    if request.method == "GET":
        return _draw(request, info, RecordForm(request.actor, info, record=record))
    form = RecordForm(request.actor, info, request.POST, record=record)
    version = read_number(request.POST.get("version"))
    if version is not None and version != record.version:
        return _draw_stale(request, info, record, version)
    try:
        if not _valid(request, form):
            return _draw(request, info, form, status=422)
        changed = change_record(
            actor=request.actor,
            record_id=record.pk,
            given=form.given(),
            why=form.cleaned_data["why"],
            version=record.version,
        )
    except Stale:
        return _draw_stale(request, info, found_record(request, key, record_id)[1], record.version)
    except UserError as fault:
        return _draw(request, info, _with(form, fault), status=fault.status)
    actions.delete_draft(actor=request.actor, key=draft_key(info, record))
    if changed.version == record.version:
        messages.info(request, _("内容没有不同，没有改动。"))
    else:
        messages.success(request, _("已更改，自 %(day)s 起。") % {"day": changed.since_date})
    return _to_record(request, info, record)


def _to_record(request: DeskRequest, info: RegisterInfo, record: Record) -> HttpResponse:
    """Go to the record, or to the list where it has left what the person sees."""
    if sees_record(request.actor, record.pk):
        return redirect(get_record_url(info, record.pk))
    messages.info(request, _("这条记录的网格或单位不归您看，所以不在您的列表里。"))
    return redirect(get_register_url(info))


@require_staff("registers.record:edit")
def standing(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Take a record out of the register from a day on, or bring it back."""
    info, record = found_record(request, key, record_id)
    here = get_record_url(info, record.pk)
    if request.method != "POST":
        return redirect(f"{here}#standing")
    change = restore_record if request.POST.get("to") == "active" else end_record
    typed = {"why": request.POST.get("why", "")[:300], "on": request.POST.get("on", "")[:10]}
    try:
        change(
            actor=request.actor,
            record_id=record.pk,
            on=read_optional_day(typed["on"], "on"),
            why=typed["why"],
            version=read_number(request.POST.get("version")),
        )
    except UserError as fault:
        _info, fresh = found_record(request, key, record_id)
        return show(request, info, fresh, fault.status, typed=typed, standing_fault=fault)
    words = _("已移出台账，历史仍可查看。") if change is end_record else _("已恢复在册。")
    messages.success(request, words)
    return redirect(here)


@require_staff("registers.record:grade")
def grade(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Set a grade by hand until a day, or end one that was set."""
    info, record = found_record(request, key, record_id)
    here = get_record_url(info, record.pk)
    if request.method != "POST":
        return redirect(here)
    code, why = request.POST.get("grade", ""), request.POST.get("why", "")
    version = read_number(request.POST.get("version"))
    try:
        if code:
            until = read_optional_day(request.POST.get("until", "")[:10], "on") or clock.today()
            override_grade(
                actor=request.actor, record_id=record.pk, grade=code, reason=why, until=until, version=version
            )
        else:
            end_override(actor=request.actor, record_id=record.pk, reason=why, version=version)
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("等级已更改。"))
    return redirect(here)


def draft_key(info: RegisterInfo, record: Record | None) -> str:
    """Return the key of the form's draft: one of an older version is not put over what somebody else wrote."""
    return f"register-{info.key}-" + (f"{record.pk}-{record.version}" if record is not None else "new")


def _valid(request: DeskRequest, form: RecordForm) -> bool:
    """Tell whether the form can go to the action; else name what the action would refuse too, all at once."""
    if form.is_valid():
        return True
    checked = Checker(form.info, actor=request.actor).check(form.given(), form.record)
    form.add_faults(checked.faults)
    return False


def _with(form: RecordForm, fault: UserError) -> RecordForm:
    """Return the form with the faults of a refusal at their fields."""
    if isinstance(fault, RowRefused):
        form.add_faults(fault.faults)
    else:
        form.add_error(fault.field if fault.field in form.fields else None, str(fault))
    return form


def _draw_stale(request: DeskRequest, info: RegisterInfo, fresh: Record, version: int) -> HttpResponse:
    """Show the form after somebody else's change: what the person typed stays, the rest is as it is now."""
    data = request.POST.copy()
    opened = state_of_version(fresh, version)
    theirs: list[Change] = []
    if opened is not None:
        was, now = state_values(info, opened, fresh), state_values(info, fresh, fresh)
        for name, value in was.items():
            if str(data.get(name, "")) == str(value if value is not None else ""):
                data[name] = str(now[name] if now[name] is not None else "")
        theirs = changes(info, opened, fresh, premises_of([opened, fresh]))
    data["version"] = str(fresh.version)  # sending again now means: having seen the record as it is
    form = RecordForm(request.actor, info, data, record=fresh)
    form.is_valid()
    return _draw(request, info, form, status=409, theirs=theirs, stale=True)


def _ground(info: RegisterInfo, record: Record | None) -> dict[str, Any]:
    """Return the grids of the town on which a point is picked, with the point the record has."""
    drawn = build_town_map()
    here = spot(info, record) if record is not None and record.lon is not None else None
    return drawn if here is None else {**drawn, "features": [*drawn["features"], here["features"][-1]]}


def _draw(
    request: DeskRequest, info: RegisterInfo, form: RecordForm, status: int = 200, **more: Any
) -> HttpResponse:
    record = form.record
    key = draft_key(info, record)
    context = {
        "info": info,
        "form": form,
        "record": record,
        "map": _ground(info, record),
        "now": clock.now(),
        "draft_key": key if len(key) <= actions.MAX_KEY_CHARACTERS else "",
        "back": get_record_url(info, record.pk) if record is not None else get_register_url(info),
        **more,
    }
    return render(request, "desk/registers/form.html", context, status=status)
