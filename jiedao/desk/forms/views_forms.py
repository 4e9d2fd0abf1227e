"""The register of demands, a new form, the page of a form, its demand and its blank."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.desk.form_lines import find_waiting_forms
from jiedao.desk.forms.forms import BeginForm, ChangeForm, NewForm, split_place
from jiedao.files.storage import open_content
from jiedao.indicators.compute import find_place
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.units import unit_info
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.reports.downloading import record_blank_download
from jiedao.reports.forms.access import get_form, may_fill, require_may_fill
from jiedao.reports.forms.actions.binding import add_form, change_form, replace_blank
from jiedao.reports.forms.actions.filling import fill_again, start_fill
from jiedao.reports.forms.models import EDIT, FILL, VIEW, Cycle, FillState, Form, FormFill
from jiedao.reports.forms.periods import find_due_date, find_next_period, find_opening_date
from jiedao.reports.forms.selectors import (
    count_year,
    get_blank,
    is_done,
    read_demands,
    read_fills,
    read_overlaps,
)

TONES = {FillState.DRAFT: "warn", FillState.SENT: "good", FillState.DROPPED: "neutral"}


@require_staff(VIEW)
@require_safe
def list_forms(request: DeskRequest) -> HttpResponse:
    """List the forms that superiors demand, late ones first; with show=mine those whose next step is the user's."""
    if request.GET.get("show") == "mine":
        return render(request, "desk/forms/mine.html", {"lines": find_waiting_forms(request.actor)})
    show_all = request.GET.get("show") == "all"
    lines = read_demands(active=None if show_all else True)
    year = clock.today().year
    sent, minutes, filled, cells = count_year(year)
    context = {
        "lines": lines,
        "show_all": show_all,
        "stats": [
            {"label": _("在报的表"), "value": sum(line.form.active for line in lines)},
            {"label": _("%(year)d 年报出次数") % {"year": year}, "value": sent},
            {
                "label": _("逾期未报"),
                "value": (late := sum(line.is_late for line in lines)),
                "tone": "bad" if late else "good",
            },
            {
                "label": _("自动填写的格"),
                "value": f"{filled * 100 // cells}%" if cells else "—",
                "note": f"{filled} / {cells}",
            },
            {"label": _("%(year)d 年填表用时") % {"year": year}, "value": minutes, "unit": _("分钟")},
        ],
        "may_edit": request.actor.can(EDIT),
    }
    return render(request, "desk/forms/forms.html", context)


@require_staff(EDIT)
@require_http_methods(["GET", "POST"])
def create_form(request: DeskRequest) -> HttpResponse:
    """Register a demand and upload its blank; then its cells are bound."""
    own = unit_info(request.actor.unit_id) if request.actor.unit_id is not None else None
    initial = {"cycle": Cycle.MONTH, "unit": own.code if own is not None else ""}
    form, status = NewForm(request.POST or None, request.FILES or None, initial=initial), 200
    if request.method == "POST":

        def action() -> Form:
            upload = form.cleaned_data["blank"]
            return add_form(
                actor=request.actor, demand=form.read_input(), content=upload.read(), file_name=upload.name
            )

        added, status = submit_form(form, action)
        if not status:
            messages.success(request, _("已登记：%(name)s。请核对每格填什么。") % {"name": added.name})
            return redirect("desk:form-bind", added.key)
    return render(request, "desk/forms/form_new.html", {"form": form}, status=status)


@require_staff(VIEW)
@require_safe
def show_form(request: DeskRequest, key: str) -> HttpResponse:
    """Show a form: its demand, what earlier forms asked already, and its fillings."""
    return _render_form(request, get_form(request.actor, key))


def _render_form(
    request: DeskRequest,
    form: Form,
    begin: BeginForm | None = None,
    status: int = 200,
    fault: UserError | None = None,
) -> HttpResponse:
    fills = read_fills(form)
    last = next((fill for fill in fills if fill.state == FillState.SENT), None)
    period = find_next_period(form, last.period if last is not None else None)
    blank = get_blank(form)
    bound = form.bindings.count()
    due_date = None if is_done(form, last) else find_due_date(form, period)
    context = {
        "form": form,
        "blank": blank,
        "bound": bound,
        "fills": [
            {"fill": fill, "tone": TONES[FillState(fill.state)], "share": _share(fill)} for fill in fills
        ],
        "last": last,
        "period": period,
        "opens": find_opening_date(period),
        "fault": fault,
        "begin": begin or BeginForm(initial={"period": period.text}),
        "overlaps": read_overlaps(form),
        "facts": [
            (_("要表单位"), form.sender),
            (_("依据"), form.basis or _("没有写明")),
            (_("报送周期"), form.get_cycle_display()),
            (_("下一期"), period.label),
            (_("承办单位"), form.unit.label if form.unit is not None else _("没有指定")),
            (_("应报日期"), _describe_due(form, last, due_date)),
            (_("空白表"), _("%(name)s（第 %(n)d 版）") % {"name": blank.name, "n": blank.version}),
            (_("绑定的格"), bound),
        ],
        "is_late": form.active and due_date is not None and due_date < clock.today(),
        "may_edit": request.actor.can(EDIT),
        "may_fill": may_fill(request.actor, form) and form.active,
    }
    return render(request, "desk/forms/form.html", context, status=status)


def _describe_due(form: Form, last: FormFill | None, due_date: date | None) -> str:
    if is_done(form, last):
        return _("一次性，已报")
    return due_date.isoformat() if due_date is not None else _("没有规定")


def _share(fill: FormFill) -> int | None:
    return fill.filled * 100 // fill.total if fill.total else None


@require_staff(EDIT)
@require_http_methods(["GET", "POST"])
def change_demand(request: DeskRequest, key: str) -> HttpResponse:
    """Change a demand, end it, or upload a new blank."""
    row = get_form(request.actor, key)
    names = ("name", "sender", "basis", "cycle", "due_days", "due_date", "active")
    initial = {name: getattr(row, name) for name in names} | {"unit": row.unit.code if row.unit else ""}
    form = ChangeForm(request.POST or None, request.FILES or None, initial=initial)
    status = 200
    if request.method == "POST":

        def action() -> list[Any]:
            upload = form.cleaned_data["blank"]
            moved: list[Any] = []
            if upload:
                moved = replace_blank(
                    actor=request.actor, form=row, content=upload.read(), file_name=upload.name
                )
            change_form(
                actor=request.actor, form=row, demand=form.read_input(), active=form.cleaned_data["active"]
            )
            return moved

        moved, status = submit_form(form, action)
        if not status:
            if moved:
                text = ngettext(
                    "新表样里有 %(n)d 格换了位置，请核对。",
                    "新表样里有 %(n)d 格换了位置，请核对。",
                    len(moved),
                )
                messages.warning(request, text % {"n": len(moved)})
                return redirect("desk:form-bind", row.key)
            messages.success(request, _("已保存。"))
            return redirect("desk:form", row.key)
    return render(request, "desk/forms/form_edit.html", {"form": form, "row": row}, status=status)


@require_staff(VIEW)
@require_safe
def send_blank(request: DeskRequest, key: str) -> FileResponse:
    """Send the blank as it was uploaded."""
    form = get_form(request.actor, key)
    blank = get_blank(form)
    record_blank_download(actor=request.actor, form=form)
    content_type = blank.blob.content_type
    return FileResponse(
        open_content(blank.blob.sha256), as_attachment=True, filename=blank.name, content_type=content_type
    )


@require_staff(FILL)
@require_POST
def begin_fill(request: DeskRequest, key: str) -> HttpResponse:
    """Fill a form for the chosen period and place, or with `again` for the period after the last."""
    row = get_form(request.actor, key)
    require_may_fill(request.actor, row)
    is_again = bool(request.POST.get("again"))
    form = BeginForm(request.POST)

    def action() -> FormFill:
        area, unit = split_place(form.cleaned_data["place"])
        return start_fill(
            actor=request.actor,
            form=row,
            period=form.cleaned_data["period"],
            place=find_place(area, unit),
            as_of=form.cleaned_data["as_of"],
        )

    if is_again:
        try:
            fill, status = fill_again(actor=request.actor, form=row), 0
        except UserError as fault:
            return _render_form(request, row, status=422, fault=fault)
    else:
        fill, status = submit_form(form, action)
    if status:
        return _render_form(request, row, form, status)
    messages.success(
        request,
        _("已填好 %(filled)d 格，还有 %(empty)d 格是空的。") % {"filled": fill.filled, "empty": fill.empty},
    )
    return redirect("desk:form-fill", fill.pk)
