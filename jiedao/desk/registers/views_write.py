"""Adding, changing, ending and restoring records."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jiedao.desk import actions
from jiedao.desk.links import get_record_url, get_register_url
from jiedao.desk.registers.differences import Change, list_changes, read_premise_names
from jiedao.desk.registers.forms import RecordForm, build_initial
from jiedao.desk.registers.record_page import build_record_map
from jiedao.desk.registers.views_record import get_record_of_register, render_record
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import translate_person_label
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.maps import build_picking_map
from jiedao.pages.reading import read_number, read_optional_day
from jiedao.registers.access import get_register, need_write, sees_record
from jiedao.registers.actions.grading import end_override, override_grade
from jiedao.registers.actions.record_codes import issue_record_code
from jiedao.registers.actions.records import (
    RowRefused,
    add_record,
    change_record,
    end_record,
    restore_record,
)
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record
from jiedao.registers.rows import RowChecker
from jiedao.registers.selectors.history import read_state_of_version


@require_staff("registers.record:edit")
@require_http_methods(["GET", "POST"])
def create_record(request: DeskRequest, key: str) -> HttpResponse:
    """Add a record; a form with errors is shown again with everything that was typed and every error at its field."""
    info = get_register(request.actor, key)
    need_write(request.actor, info)
    initial = {"parent": request.GET.get("parent", "")[:60]}
    form = RecordForm(
        request.actor, info, request.POST if request.method == "POST" else None, initial=initial
    )
    if request.method == "GET":
        return _render_form(request, info, form)
    try:
        if not _is_valid(request, form):
            return _render_form(request, info, form, status=422)
        record = add_record(
            actor=request.actor, info=info, data=form.build_input(), why=form.cleaned_data["why"]
        )
    except UserError as fault:
        return _render_form(request, info, _add_faults(form, fault), status=fault.status)
    actions.delete_draft(actor=request.actor, key=get_draft_key(info, None))
    messages.success(
        request, _("已登记：%(name)s，编码 %(code)s") % {"name": record.name, "code": record.code}
    )
    return _redirect_to_record(request, info, record)


@require_staff("registers.record:edit")
@require_http_methods(["GET", "POST"])
def edit_record(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Change a record from a day on; if another user changed it first, show the form with both changes."""
    info, record = get_record_of_register(request, key, record_id)
    need_write(request.actor, info)
    if request.method == "GET":
        return _render_form(request, info, RecordForm(request.actor, info, record=record))
    form = RecordForm(request.actor, info, request.POST, record=record)
    version = read_number(request.POST.get("version"))
    if version is not None and version != record.version:
        return _render_after_conflict(request, info, record, version)
    try:
        if not _is_valid(request, form):
            return _render_form(request, info, form, status=422)
        changed = change_record(
            actor=request.actor,
            record_id=record.pk,
            data=form.build_input(),
            why=form.cleaned_data["why"],
            version=record.version,
        )
    except Stale:
        return _render_after_conflict(
            request, info, get_record_of_register(request, key, record_id)[1], record.version
        )
    except UserError as fault:
        return _render_form(request, info, _add_faults(form, fault), status=fault.status)
    actions.delete_draft(actor=request.actor, key=get_draft_key(info, record))
    if changed.version == record.version:
        messages.info(request, _("内容没有不同，没有改动。"))
    else:
        messages.success(request, _("已更改，自 %(day)s 起。") % {"day": changed.since_date})
    return _redirect_to_record(request, info, record)


def _redirect_to_record(request: DeskRequest, info: RegisterInfo, record: Record) -> HttpResponse:
    """Redirect to the record, or to the list if the user can no longer see the record."""
    if sees_record(request.actor, record.pk):
        return redirect(get_record_url(info, record.pk))
    messages.info(request, _("这条记录的网格或单位不归您看，所以不在您的列表里。"))
    return redirect(get_register_url(info))


@require_staff("registers.record:edit")
def set_record_active(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """End a record from a day on, or restore an ended one."""
    info, record = get_record_of_register(request, key, record_id)
    record_url = get_record_url(info, record.pk)
    if request.method != "POST":
        return redirect(f"{record_url}#standing")
    action = restore_record if request.POST.get("to") == "active" else end_record
    typed = {"why": request.POST.get("why", "")[:300], "on": request.POST.get("on", "")[:10]}
    try:
        action(
            actor=request.actor,
            record_id=record.pk,
            on=read_optional_day(typed["on"], "on"),
            why=typed["why"],
            version=read_number(request.POST.get("version")),
        )
    except UserError as fault:
        _info, fresh = get_record_of_register(request, key, record_id)
        return render_record(request, info, fresh, fault.status, typed=typed, standing_fault=fault)
    message = _("已移出台账，历史仍可查看。") if action is end_record else _("已恢复在册。")
    messages.success(request, message)
    return redirect(record_url)


@require_staff("registers.record:edit")
def give_code(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Make a code for the company of the record; it is shown once, to be handed over."""
    info, record = get_record_of_register(request, key, record_id)
    record_url = get_record_url(info, record.pk)
    if request.method != "POST":
        return redirect(record_url)
    try:
        code = issue_record_code(request.actor, record.pk)
    except UserError as fault:
        messages.error(request, str(fault))
        return redirect(record_url)
    context = {"info": info, "record": record, "code": code, "record_url": record_url}
    return render(request, "desk/registers/code.html", context)


@require_staff("registers.record:grade")
def set_grade(request: DeskRequest, key: str, record_id: int) -> HttpResponse:
    """Set the grade of a record by hand until a day, or return to the grade by the rules."""
    info, record = get_record_of_register(request, key, record_id)
    record_url = get_record_url(info, record.pk)
    if request.method != "POST":
        return redirect(record_url)
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
    return redirect(record_url)


def get_draft_key(info: RegisterInfo, record: Record | None) -> str:
    """Return the key of the draft; it contains the version, so that an old draft does not overwrite a newer change."""
    return f"register-{info.key}-" + (f"{record.pk}-{record.version}" if record is not None else "new")


def _is_valid(request: DeskRequest, form: RecordForm) -> bool:
    """Return whether the form is valid; if not, also add the faults that the action would find in the rest."""
    if form.is_valid():
        return True
    checked = RowChecker(form.info, actor=request.actor).check(form.build_input(), form.record)
    form.add_faults(checked.faults)
    return False


def _add_faults(form: RecordForm, fault: UserError) -> RecordForm:
    """Add the faults of a refusal to the form and return the form."""
    if isinstance(fault, RowRefused):
        form.add_faults(fault.faults)
    else:
        form.add_error(fault.field if fault.field in form.fields else None, str(fault))
    return form


def _render_after_conflict(
    request: DeskRequest, info: RegisterInfo, record: Record, version: int
) -> HttpResponse:
    """Show the form after another user's change: fields that the user changed stay, the others get current values."""
    data = request.POST.copy()
    opened_state = read_state_of_version(record, version)
    other_changes: list[Change] = []
    if opened_state is not None:
        opened_values, current_values = (
            build_initial(info, opened_state, record),
            build_initial(info, record, record),
        )
        for name, value in opened_values.items():
            if str(data.get(name, "")) == str(value if value is not None else ""):
                data[name] = str(current_values[name] if current_values[name] is not None else "")
        other_changes = list_changes(info, opened_state, record, read_premise_names([opened_state, record]))
    # The user now sees the current state: sending the form again is deliberate.
    data["version"] = str(record.version)
    form = RecordForm(request.actor, info, data, record=record)
    form.is_valid()
    changed_by = translate_person_label(record.changed_by)
    return _render_form(
        request, info, form, status=409, other_changes=other_changes, stale=True, changed_by=changed_by
    )


def _build_picker_map(actor: Actor, info: RegisterInfo, record: Record | None) -> dict[str, Any]:
    """Return the map on which the user picks a point: the user's grids and the present point of the record."""
    collection = build_picking_map(actor)
    record_map = build_record_map(info, record) if record is not None and record.lon is not None else None
    return (
        collection
        if record_map is None
        else {**collection, "features": [*collection["features"], record_map["features"][-1]]}
    )


def _render_form(
    request: DeskRequest, info: RegisterInfo, form: RecordForm, status: int = 200, **more: Any
) -> HttpResponse:
    record = form.record
    key = get_draft_key(info, record)
    context = {
        "info": info,
        "form": form,
        "record": record,
        "map": _build_picker_map(request.actor, info, record),
        "now": clock.now(),
        "draft_key": key if len(key) <= actions.MAX_KEY_CHARACTERS else "",
        "back_url": get_record_url(info, record.pk) if record is not None else get_register_url(info),
        **more,
    }
    return render(request, "desk/registers/form.html", context, status=status)
