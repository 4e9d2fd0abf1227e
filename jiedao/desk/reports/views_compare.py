"""View of the comparison of two reports, or of two versions of one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jiedao.desk.reports.compare_page import describe_comparison, list_choices, read_side
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.reports.models import VIEW
from jiedao.reports.selectors import get_report


@require_staff(VIEW)
@require_safe
@take_filters({"left": None, "right": None})
def show_comparison(request: DeskRequest, report_id: int) -> HttpResponse:
    """Compare two documents of the report's template, `?left=7&right=8:2`: a report, or a version of one."""
    report = get_report(request.actor, report_id)
    choices = list_choices(report)
    context: dict[str, Any] = {"report": report, "choices": choices}
    try:
        left = read_side(report, choices, request.GET.get("left", ""), is_left=True)
        right = read_side(report, choices, request.GET.get("right", ""), is_left=False)
        context |= {"left": left, "right": right}
        if left is not None and right is not None:
            context |= describe_comparison(left, right)
    except UserError as fault:
        context["fault"] = fault
    return render(request, "desk/reports/compare.html", context)
