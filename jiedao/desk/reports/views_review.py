"""Views of promised against reported: the page, the decision on a mention, the list as a file."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.desk.reports.export import export_review
from jiedao.desk.reports.review_page import describe_review
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_number
from jiedao.reports.actions.mentioning import decide_mention
from jiedao.reports.models import EDIT, VIEW
from jiedao.reports.planning.reviewing import review_promises
from jiedao.reports.selectors import get_report, read_report


@require_staff(VIEW)
@require_safe
@take_filters({"choose": read_number})
def show_review(request: DeskRequest, report_id: int) -> HttpResponse:
    """Show the promises of the previous report, with what this one states; `?choose=1` lists the sentences for one."""
    report = get_report(request.actor, report_id)
    context: dict[str, Any] = {
        "report": report,
        "may_write": request.actor.can(EDIT),
        "choose": read_number(request.GET.get("choose")),
    }
    try:
        document = read_report(report)
        review = review_promises(request.actor, report, document)
    except UserError as fault:
        context["fault"] = fault
    else:
        context |= describe_review(request.actor, review, document)
    return render(request, "desk/reports/review.html", context)


@require_staff(EDIT)
@require_POST
def decide(request: DeskRequest, report_id: int, decision_id: int) -> HttpResponse:
    """Store which sentence mentions a promise, or that none does."""
    try:
        decide_mention(
            actor=request.actor,
            report_id=report_id,
            decision_id=decision_id,
            key=request.POST.get("sentence", ""),
        )
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("已记下。"))
    return redirect(reverse("desk:report-promises", args=[report_id]) + f"#p-{decision_id}")


@require_staff(VIEW)
@require_safe
@take_filters({"format": None})
def export(request: DeskRequest, report_id: int) -> HttpResponseBase:
    """Download the comparison as Excel or CSV."""
    report = get_report(request.actor, report_id)
    return export_review(request.actor, report, request.GET.get("format", ""))
