"""Views of reports: the list, one report, its versions, sign-off, what has changed since, and files."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.desk.reports.forms import WithdrawForm
from jiedao.desk.reports.page import build_preview, find_figure_url
from jiedao.desk.reports.plan_page import describe_plan
from jiedao.desk.reports.views_word import make_download
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_number
from jiedao.reports.actions.signing import sign_report, withdraw_signature
from jiedao.reports.changes import find_changes
from jiedao.reports.downloading import record_report_download
from jiedao.reports.finishing import finish_document
from jiedao.reports.models import EDIT, SIGN, VIEW, Report
from jiedao.reports.output.files import FORMATS, write_file
from jiedao.reports.planning.reviewing import find_previous_report
from jiedao.reports.planning.selectors import read_plan
from jiedao.reports.selectors import (
    find_signature,
    get_report,
    get_version,
    list_signatures,
    list_templates,
    list_word_templates,
    read_report,
    read_report_page,
)


@require_staff(VIEW)
@require_safe
@take_filters({"report": None}, others=("page",))
def list_all(request: DeskRequest) -> HttpResponse:
    """List the reports, the latest period first, all or of one kind."""
    key, number = request.GET.get("report", ""), read_number(request.GET.get("page")) or 1
    page = read_report_page(request.actor, key=key, number=number)
    context = {
        "rows": page.lines,
        "total": page.total,
        "kinds": _list_kinds(key),
        "previous": _build_query(key, number - 1) if number > 1 else "",
        "next": _build_query(key, number + 1) if page.has_next else "",
        "may_add": request.actor.can(EDIT),
    }
    return render(request, "desk/reports/list.html", context)


def _list_kinds(key: str) -> list[dict[str, Any]]:
    """Return the links that narrow the list to one kind of report."""
    kinds = [("", _("全部")), *((template.key, template.label) for template in list_templates())]
    return [{"label": label, "url": _build_query(value, 1), "active": value == key} for value, label in kinds]


def _build_query(key: str, number: int) -> str:
    pairs = [("report", key), ("page", str(number) if number > 1 else "")]
    return "?" + urlencode([pair for pair in pairs if pair[1]])


@require_staff(VIEW)
@require_safe
@take_filters()
def show_report(request: DeskRequest, report_id: int) -> HttpResponse:
    """Show a report as it was signed, or as its last version is built now."""
    return _render_page(request, get_report(request.actor, report_id))


def _render_page(
    request: DeskRequest, report: Report, *, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    version, signature = get_version(report), find_signature(report)
    context: dict[str, Any] = {
        "report": report,
        "version": version,
        "signature": signature,
        "signatures": list_signatures(report),
        "versions": report.versions.select_related("author").defer("text"),
        "word_templates": list_word_templates(request.actor, report.template),
        "may_edit": signature is None and request.actor.can(EDIT),
        "may_sign": request.actor.can(SIGN),
        "form": form or WithdrawForm(),
        "is_refused": form is not None,
    }
    try:
        document = read_report(report)
    except UserError as fault:
        context["fault"] = fault
    else:
        context["preview"] = build_preview(request.actor, document)
        context["plan"] = describe_plan(request.actor, read_plan(report, document))
        context["may_write"] = request.actor.can(EDIT)
        context["previous"] = find_previous_report(report)
    if signature is not None:
        context["changed"] = len(find_changes(signature))
    return render(request, "desk/reports/report.html", context, status=status)


@require_staff(VIEW)
@require_safe
@take_filters()
def show_version(request: DeskRequest, report_id: int, number: int) -> HttpResponse:
    """Show an earlier text."""
    report = get_report(request.actor, report_id)
    context = {"report": report, "version": get_version(report, number)}
    return render(request, "desk/reports/version.html", context)


@require_staff(VIEW)
@require_safe
@take_filters()
def show_changes(request: DeskRequest, report_id: int) -> HttpResponse:
    """List the figures of a signed report whose values have changed since."""
    report = get_report(request.actor, report_id)
    signature = find_signature(report)
    if signature is None:
        messages.info(request, _("签发以后，这里才有可比的数。"))
        return redirect("desk:report", report.pk)
    rows = [
        {
            "change": change,
            "url": find_figure_url(request.actor, change.current) if change.current is not None else "",
        }
        for change in find_changes(signature)
    ]
    context = {"report": report, "signature": signature, "rows": rows}
    return render(request, "desk/reports/changes.html", context)


@require_staff(SIGN)
@require_POST
def sign(request: DeskRequest, report_id: int) -> HttpResponse:
    """Sign the version that the page showed."""
    number = read_number(request.POST.get("version")) or 0
    try:
        sign_report(actor=request.actor, report_id=report_id, number=number)
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("已签发，报告中的数已固定。"))
    return redirect("desk:report", report_id)


@require_staff(SIGN)
@require_POST
def withdraw(request: DeskRequest, report_id: int) -> HttpResponse:
    """Withdraw the signature with a reason."""
    report, form = get_report(request.actor, report_id), WithdrawForm(request.POST)
    _signature, status = submit_form(
        form, lambda: withdraw_signature(actor=request.actor, report_id=report.pk, **form.cleaned_data)
    )
    if status:
        return _render_page(request, report, form=form, status=status)
    messages.success(request, _("已撤回签发，报告可以再改。"))
    return redirect("desk:report", report.pk)


@require_staff(VIEW)
@require_safe
@take_filters(strict=True)
def download(request: DeskRequest, report_id: int, suffix: str) -> HttpResponse:
    """Return the report as a file: as signed, or the last version as it is built now."""
    if suffix not in FORMATS:
        raise Http404
    report = get_report(request.actor, report_id)
    signature = find_signature(report)
    document = read_report(report)
    name = f"{document.title or report.label}{'' if signature else _('（草稿）')}.{suffix}"
    content = write_file(finish_document(report, document), suffix)
    record_report_download(actor=request.actor, report=report, suffix=suffix, is_draft=signature is None)
    return make_download(content, suffix, name)
