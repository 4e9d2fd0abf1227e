"""Views of the offices' own Word templates: upload one, download it, retire it, and fill it with a report."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.desk.reports.forms import WordTemplateForm
from jiedao.desk.reports.page import WORD_EXAMPLES
from jiedao.files.storage import open_content
from jiedao.indicators.figure import TOWN, Place
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period, parse_period
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.pages.parameters import take_filters
from jiedao.reports.actions.word_templates import add_word_template, retire_word_template
from jiedao.reports.downloading import record_report_download
from jiedao.reports.models import EDIT, PERIOD_OF, VIEW, PeriodKind, ReportTemplate, WordTemplate
from jiedao.reports.output.files import FORMATS
from jiedao.reports.selectors import (
    find_latest_report,
    find_signature,
    get_report,
    get_word_template,
    list_word_templates,
)
from jiedao.reports.word_templates.building import build_word


@require_staff(VIEW)
@require_http_methods(["GET", "POST"])
@take_filters()
def show_templates(request: DeskRequest) -> HttpResponse:
    """List the Word templates; the form below uploads one, which is filled once to try it."""
    if request.method == "GET":
        return _render_list(request, WordTemplateForm())
    request.actor.require(EDIT)
    form = WordTemplateForm(request.POST, request.FILES)
    _stored, status = submit_form(form, lambda: _add(request.actor, form))
    if status:
        return _render_list(request, form, status)
    messages.success(request, _("已保存，试填成功。在报告页面的“下载”里可以用它。"))
    return redirect("desk:report-word-templates")


def _add(actor: Actor, form: forms.Form) -> WordTemplate:
    values = form.cleaned_data
    template = ReportTemplate.objects.get(key=values["template"], active=True)
    period, place = _choose_trial(template, values["period"])
    return add_word_template(
        actor=actor,
        template=template,
        name=values["name"],
        content=values["file"].read(),
        file_name=values["file"].name,
        period=period,
        place=place,
    )


def _choose_trial(template: ReportTemplate, written: str) -> tuple[Period, Place]:
    """Return for which period and place a file is tried: the written period, else those of the latest report."""
    latest = find_latest_report(template)
    place = latest.place if latest is not None else TOWN
    if written:
        return parse_period(written), place
    if latest is not None:
        return latest.period, place
    return PERIOD_OF[PeriodKind(template.period_kind)](clock.today()), place


def _render_list(request: DeskRequest, form: forms.Form, status: int = 200) -> HttpResponse:
    context = {
        "rows": list_word_templates(request.actor),
        "form": form,
        "examples": WORD_EXAMPLES,
        "may_edit": request.actor.can(EDIT),
    }
    return render(request, "desk/reports/word_templates.html", context, status=status)


@require_staff(VIEW)
@require_safe
@take_filters(strict=True)
def send_template(request: DeskRequest, template_id: int) -> HttpResponse:
    """Send the Word file as it was uploaded."""
    stored = get_word_template(request.actor, template_id)
    with open_content(stored.blob.sha256) as file:
        return make_download(file.read(), "docx", stored.file_name)


@require_staff(EDIT)
@require_POST
def retire(request: DeskRequest, template_id: int) -> HttpResponse:
    """Retire a Word template."""
    stored = retire_word_template(actor=request.actor, template_id=template_id)
    messages.success(request, _("已停用“%(name)s”。") % {"name": stored.name})
    return redirect("desk:report-word-templates")


@require_staff(VIEW)
@require_safe
@take_filters(strict=True)
def send_report(request: DeskRequest, report_id: int, template_id: int) -> HttpResponse:
    """Send a report in a Word template; a template that cannot be filled is explained on the page of the report."""
    report, stored = get_report(request.actor, report_id), get_word_template(request.actor, template_id)
    with open_content(stored.blob.sha256) as file:
        content = file.read()
    try:
        filled = build_word(content, report)
    except UserError as fault:
        messages.error(request, _("“%(name)s”：%(fault)s") % {"name": stored.name, "fault": fault})
        return redirect("desk:report", report.pk)
    is_draft = find_signature(report) is None
    record_report_download(
        actor=request.actor, report=report, suffix="docx", is_draft=is_draft, word_template=stored.name
    )
    draft = _("（草稿）") if is_draft else ""
    return make_download(filled, "docx", f"{report.label} {stored.name}{draft}.docx")


def make_download(content: bytes, suffix: str, name: str) -> HttpResponse:
    """Return a file to store, with its name."""
    answer = HttpResponse(content, content_type=FORMATS[suffix])
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer
