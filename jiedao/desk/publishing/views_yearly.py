"""Views of the yearly reports on open information: the years, the numbers of one, and its publication."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.desk.publishing.forms import YearlyForm
from jiedao.desk.publishing.views_publications import RIGHTS, build_tabs
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.pages.parameters import take_filters
from jiedao.publishing.actions.yearly import (
    FIRST_YEAR,
    list_faults,
    make_yearly_publication,
    save_yearly_report,
)
from jiedao.publishing.models import EDIT, PublicationState, YearlyReport
from jiedao.publishing.selectors.publications import require_clerk
from jiedao.publishing.yearly import (
    APPLICANTS,
    CARRIED_IN,
    CARRIED_OUT,
    DISPUTES,
    MATTERS,
    OUTCOMES,
    PUBLISHED,
    ROWS,
    TYPED,
    compute_balance,
    find_coverage,
    get_number,
    read_matters,
    read_published,
)

TEXTS = ("overview", "problems", "other")


@require_staff(*RIGHTS)
@require_safe
@take_filters()
def list_years(request: DeskRequest) -> HttpResponse:
    """List the reports, and the year to which none exists yet."""
    reports = list(YearlyReport.objects.select_related("publication", "changed_by"))
    known, this_year = {report.year for report in reports}, clock.today().year
    context = {
        "tabs": build_tabs("desk:yearly-reports"),
        "reports": reports,
        "missing": [year for year in (this_year, this_year - 1) if year not in known],
        "may_write": request.actor.can(EDIT),
    }
    return render(request, "desk/publishing/years.html", context)


@require_staff(*RIGHTS)
@require_http_methods(["GET", "POST"])
@take_filters()
def edit_year(request: DeskRequest, year: int) -> HttpResponse:
    """Show and save what is entered for a year; its sums are checked each time."""
    require_clerk(request.actor)
    if not FIRST_YEAR <= year <= clock.today().year:
        raise NotFoundError(_("没有 %(year)d 年的年报。") % {"year": year}, hint=_("请从列表中选择年度。"))
    report = YearlyReport.objects.select_related("publication").filter(year=year).first()
    form = YearlyForm(
        request.POST or None,
        initial=_read_initial(report, year),
        may_write=request.actor.can(EDIT),
        sections=[section for section in TYPED if not find_coverage(section, year).is_complete],
    )
    if request.method != "POST":
        return _render_year(request, year, report, form)

    def action() -> YearlyReport:
        return save_yearly_report(
            actor=request.actor,
            year=year,
            version=form.cleaned_data["version"],
            applications=form.read_numbers(ROWS, APPLICANTS),
            disputes=form.read_numbers(DISPUTES, OUTCOMES),
            texts={name: form.cleaned_data[name] for name in TEXTS},
            typed=form.read_typed(),
        )

    _saved, status = submit_form(form, action)
    if status:
        return _render_year(request, year, report, form, status=status)
    messages.success(request, _("已保存。"))
    return redirect("desk:yearly-report", year)


def _read_initial(report: YearlyReport | None, year: int) -> dict[str, Any]:
    """Return what the form shows first: what is stored, or for a new report what the year before carried on."""
    if report is None:
        before = YearlyReport.objects.filter(year=year - 1).first()
        numbers = before.applications if before is not None else {}
        carried = {f"{CARRIED_IN}-{name}": get_number(numbers, CARRIED_OUT, name) for name in APPLICANTS}
        return {"version": 0, **(carried if before is not None else {})}
    initial: dict[str, Any] = {"version": report.version, **{name: getattr(report, name) for name in TEXTS}}
    for numbers in (report.applications, report.disputes, report.typed):
        for row, cells in numbers.items():
            initial |= {f"{row}-{column}": number for column, number in cells.items()}
    return initial


def _render_year(
    request: DeskRequest, year: int, report: YearlyReport | None, form: YearlyForm, status: int = 200
) -> HttpResponse:
    publication = report.publication if report is not None else None
    is_made = publication is not None and publication.state != PublicationState.WITHDRAWN
    context = {
        "year": year,
        "report": report,
        "form": form,
        "texts": [form[name] for name in TEXTS],
        "applicants": APPLICANTS.values(),
        "applications": form.list_lines(ROWS, APPLICANTS),
        "outcomes": OUTCOMES.values(),
        "disputes": form.list_lines(DISPUTES, OUTCOMES),
        "faults": list_faults(report) if report is not None else [],
        "balance": compute_balance(report.applications) if report is not None else None,
        "sections": [_describe_section(section, year, report, form) for section in TYPED],
        "publication": publication,
        "may_write": request.actor.can(EDIT),
        "may_make": request.actor.can(EDIT) and report is not None and not is_made,
    }
    return render(request, "desk/publishing/year.html", context, status=status)


def _describe_section(
    section: str, year: int, report: YearlyReport | None, form: YearlyForm
) -> dict[str, Any]:
    """Return a section that is counted, and the fields to type it where the records do not cover the year."""
    coverage = find_coverage(section, year)
    typed = report.typed.get(section, {}) if report is not None else {}
    return {
        "key": section,
        "coverage": coverage,
        "is_typed": bool(typed) and not coverage.is_complete,
        "published": read_published(year, typed) if section == PUBLISHED else None,
        "matters": read_matters(year, typed) if section == MATTERS else None,
        "fields": form.list_typed(section) if section in form.sections else None,
    }


@require_staff(EDIT)
@require_POST
def make_publication(request: DeskRequest, year: int) -> HttpResponse:
    """Make the draft of a publication of the year's report."""
    try:
        publication = make_yearly_publication(actor=request.actor, year=year)
    except UserError as fault:
        messages.error(request, str(fault))
        return redirect("desk:yearly-report", year)
    messages.success(request, _("已生成草稿，等另一位同事审核。"))
    return redirect("desk:publication", publication.pk)
