"""Views that begin and edit a report: the text beside its preview and a list of figures to insert."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from jiedao.desk.reports.forms import BeginForm, TextForm, list_usual_periods
from jiedao.desk.reports.page import EXAMPLES, build_picker, build_preview
from jiedao.indicators.compute import find_place
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.pages.parameters import take_filters
from jiedao.reports.actions.writing import begin_report, clean_text, save_version
from jiedao.reports.building import build_document
from jiedao.reports.models import EDIT, Report, ReportTemplate
from jiedao.reports.selectors import find_signature, get_report, get_version


@require_staff(EDIT)
@require_http_methods(["GET", "POST"])
@take_filters()
def create_report(request: DeskRequest) -> HttpResponse:
    """Begin a report with the text of its template."""
    form, status = BeginForm(request.POST or None), 200
    if request.method == "POST":

        def action() -> Report:
            values = form.cleaned_data
            return begin_report(
                actor=request.actor,
                template=ReportTemplate.objects.get(key=values["template"], active=True),
                period=parse_period(values["period"]),
                place=find_place(values["area"], values["unit"]),
            )

        report, status = submit_form(form, action)
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
            messages.success(request, _("已保存为第 %(n)s 版。") % {"n": version.number})
            return redirect("desk:report", report.pk)
    return _render_editor(request, report, form, status)


def _render_editor(request: DeskRequest, report: Report, form: forms.Form, status: int = 200) -> HttpResponse:
    text = str(form["text"].value() or "")
    context = {
        "report": report,
        "form": form,
        "picker": build_picker(report),
        "examples": EXAMPLES,
        "last": get_version(report),
        **_build_preview_context(request.actor, report, text),
    }
    return render(request, "desk/reports/edit.html", context, status=status)


@require_staff(EDIT)
@require_POST
def preview_report(request: DeskRequest, report_id: int) -> HttpResponse:
    """Return the preview of a text as a part of the page; its script sends the text while it is typed."""
    report = get_report(request.actor, report_id)
    context = _build_preview_context(request.actor, report, request.POST.get("text", ""))
    return render(request, "desk/reports/preview.html", context)


def _build_preview_context(actor: Actor, report: Report, text: str) -> dict[str, Any]:
    try:
        document = build_document(clean_text(text), report.period, report.place)
    except UserError as fault:
        return {"fault": fault}
    return {"preview": build_preview(actor, document)}
