"""Views that begin and edit a report: the text beside its preview and a list of figures to insert."""

from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from jiedao.desk.actions import delete_draft
from jiedao.desk.reports.forms import BeginForm, TextForm, list_usual_periods
from jiedao.desk.reports.page import EXAMPLES, build_picker, build_preview, list_changed_lines
from jiedao.indicators.compute import find_place
from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import Actor
from jiedao.pages.documents import read_upload
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.pages.parameters import take_filters
from jiedao.reports.actions.writing import begin_report, clean_text, import_report, save_version
from jiedao.reports.building import build_document
from jiedao.reports.models import EDIT, Report, ReportTemplate, ReportVersion
from jiedao.reports.selectors import find_signature, get_report, get_version


@require_staff(EDIT)
@require_http_methods(["GET", "POST"])
@take_filters()
def create_report(request: DeskRequest) -> HttpResponse:
    """Begin a report with the text of its template, or import one that was written elsewhere."""
    form, status = BeginForm(request.POST or None, request.FILES or None), 200
    if request.method == "POST":

        def action() -> Report:
            values = form.cleaned_data
            chosen: dict[str, Any] = {
                "actor": request.actor,
                "template": ReportTemplate.objects.get(key=values["template"], active=True),
                "period": parse_period(values["period"]),
                "place": find_place(values["area"], values["unit"]),
            }
            file = values["file"]
            if file is None:
                return begin_report(**chosen)
            return import_report(**chosen, text=read_upload(file), name=Path(file.name or "").name)

        report, status = submit_form(form, action)
        if not status and report.imported_from:
            messages.success(request, _("已收入。请核对小标题，再把计划里的句子设为任务。"))
            return redirect("desk:report", report.pk)
        if not status:
            messages.success(request, _("已起草，文字取自模板。"))
            return redirect("desk:report-edit", report.pk)
    context = {"form": form, "periods": list_usual_periods()}
    return render(request, "desk/reports/new.html", context, status=status)


@require_staff(EDIT)
@require_http_methods(["GET", "POST"])
@take_filters()
def edit_report(request: DeskRequest, report_id: int) -> HttpResponse:
    """Edit the text of a draft; the button 预览 shows it without saving."""
    report = get_report(request.actor, report_id)
    if find_signature(report) is not None:
        messages.info(request, _("已签发的报告不能改。要改，请先由签发人撤回签发。"))
        return redirect("desk:report", report.pk)
    last = get_version(report)
    if request.method == "GET":
        return _render_editor(request, report, TextForm(initial={"base": last.number, "text": last.text}))
    form, status = TextForm(request.POST), 200
    if "preview" not in request.POST:
        version, status = submit_form(
            form, lambda: save_version(actor=request.actor, report_id=report.pk, **form.cleaned_data)
        )
        if not status:
            delete_draft(actor=request.actor, key=_make_draft_key(report, form.cleaned_data["base"]))
            messages.success(request, _("已保存为第 %(n)s 版。") % {"n": version.number})
            return redirect("desk:report", report.pk)
        if status == Stale.status:
            return _render_conflict(request, report, form)
    return _render_editor(request, report, form, status)


def _render_conflict(request: DeskRequest, report: Report, form: forms.Form) -> HttpResponse:
    """Show what another user saved meanwhile. The form is now based on it, so that saving again replaces it."""
    base, last = get_version(report, form.cleaned_data["base"]), get_version(report)
    data = request.POST.copy()
    data["base"] = str(last.number)
    other = {"version": last, "lines": list_changed_lines(base.text, last.text)}
    again = TextForm(data)
    for fault in form.errors.get("text", []):
        again.add_error(None, fault)
    return _render_editor(request, report, again, Stale.status, other=other)


def _make_draft_key(report: Report, base: int) -> str:
    """Return the key under which the browser stores what is typed; a new version begins with its own text."""
    return f"report-{report.pk}-{base}"


def _render_editor(
    request: DeskRequest, report: Report, form: forms.Form, status: int = 200, **more: Any
) -> HttpResponse:
    text, last = str(form["text"].value() or ""), get_version(report)
    context = {
        "report": report,
        "form": form,
        "picker": build_picker(report),
        "examples": EXAMPLES,
        "last": last,
        "is_unsaved": request.method == "POST",
        "draft_key": _make_draft_key(report, last.number),
        **_build_preview_context(request.actor, report, text),
        **more,
    }
    if "fault" in context:
        context |= _build_saved_preview(request.actor, report, last)
    return render(request, "desk/reports/edit.html", context, status=status)


@require_staff(EDIT)
@require_POST
def preview_report(request: DeskRequest, report_id: int) -> HttpResponse:
    """Return the preview of a text as a part of the page; its script sends the text while it is typed."""
    report = get_report(request.actor, report_id)
    context = {
        "report": report,
        **_build_preview_context(request.actor, report, request.POST.get("text", "")),
    }
    answer = render(request, "desk/reports/preview.html", context)
    if "fault" in context:
        # Replace only the fault: the last good preview stays below it.
        answer["HX-Retarget"], answer["HX-Reswap"] = "#preview-fault", "outerHTML"
    return answer


def _build_preview_context(actor: Actor, report: Report, text: str) -> dict[str, Any]:
    try:
        document = build_document(clean_text(text), report.period, report.place)
    except UserError as fault:
        return {"fault": fault, "fault_note": _("下面仍是改错以前的预览。")}
    return {"preview": build_preview(actor, document)}


def _build_saved_preview(actor: Actor, report: Report, version: ReportVersion) -> dict[str, Any]:
    """Return the preview of the saved version, for below a fault; nothing if that version cannot be built either."""
    try:
        document = build_document(version.text, report.period, report.place)
    except UserError:
        return {"fault_note": ""}
    note = _("下面是已保存的第 %(n)s 版。") % {"n": version.number}
    return {"preview": build_preview(actor, document), "fault_note": note}
