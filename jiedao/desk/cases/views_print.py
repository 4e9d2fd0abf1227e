"""Views that print cases: the work order of one, those of a list, and a supervision letter."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.cases.access import get_case_by_number
from jiedao.cases.actions.reporter import RevealedReporter, reveal_reporter
from jiedao.cases.models import Case
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.lists import read_case_ids
from jiedao.desk.cases.printing import MOST_ORDERS, CaseToPrint, make_work_orders
from jiedao.desk.letters import find_letter_demand, make_letter_matter, name_receiver
from jiedao.desk.links import get_case_url
from jiedao.desk.printing import Printout, need_format, send_printout
from jiedao.kernel.errors import UserError
from jiedao.kernel.requests import build_site_url
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_number
from jiedao.reports.printing.letter import Letter, make_letters
from jiedao.reports.printing.recording import Sheet

VIEW, REVEAL = "cases.case:view", "cases.case:reveal"
CASE = "cases.case"
NOT_FILTERS = ("cursor", "save")


@require_staff(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
@take_filters({"save": None}, strict=True)
def print_case(request: DeskRequest, number: str, suffix: str) -> HttpResponse:
    """Send the work order of a case; a POST with a reason prints the reporter in clear."""
    need_format(suffix)
    case = get_case_by_number(request.actor, number, with_parts=True)
    revealed: RevealedReporter | None = None
    if request.method == "POST":
        request.actor.require(REVEAL)
        try:
            revealed = reveal_reporter(request.actor, case.pk, reason=request.POST.get("reason", ""))
        except UserError as fault:
            messages.error(request, str(fault))
            return redirect(reverse("desk:case", args=[case.number]) + "#reporter")
    row = CaseToPrint(case, build_site_url(request, get_case_url(case.number)), revealed)
    document = make_work_orders(request.actor, [row])
    name = (_("案件工作单"), case.number)
    printout = Printout(document, name, Sheet.WORK_ORDER, CASE, [case.pk], revealed=revealed is not None)
    return send_printout(request, printout, suffix)


@require_staff(VIEW)
@require_safe
def print_cases(request: DeskRequest, suffix: str) -> Any:
    """Send the work orders of the cases that match the filters of the list, as one file."""
    need_format(suffix)
    filters, faults = CaseFilters.read(request.GET, others=NOT_FILTERS)
    if faults:
        raise faults[0]
    ids = read_case_ids(request.actor, filters, MOST_ORDERS + 1)
    if not ids or len(ids) > MOST_ORDERS:
        messages.error(request, _describe_number(len(ids)))
        return redirect(f"{reverse('desk:cases')}?{filters.query()}")
    cases = Case.objects.visible_to(request.actor).select_related("reporter", "origin").in_bulk(ids)
    rows = [
        CaseToPrint(cases[pk], build_site_url(request, get_case_url(cases[pk].number)))
        for pk in ids
        if pk in cases
    ]
    document = make_work_orders(request.actor, rows)
    name = (_("案件工作单"), _("%(n)d件") % {"n": len(rows)}, rows[0].case.number)
    printout = Printout(document, name, Sheet.WORK_ORDER, CASE, [row.case.pk for row in rows])
    return send_printout(request, printout, suffix)


def _describe_number(count: int) -> str:
    if not count:
        return _("没有可以打印的案件。")
    return _("一次最多打印 %(most)d 件工作单，这个列表不止。请加筛选条件，分几次打印。") % {
        "most": MOST_ORDERS
    }


@require_staff(VIEW)
@require_safe
@take_filters({"save": None, "demand": read_number}, strict=True)
def print_letter(request: DeskRequest, number: str, suffix: str) -> HttpResponse:
    """Send the supervision letter of a case: that of a demand, or of the last one."""
    need_format(suffix)
    case = get_case_by_number(request.actor, number)
    demand = find_letter_demand(case, read_number(request.GET.get("demand")))
    receiver = name_receiver(case)
    url = build_site_url(request, get_case_url(case.number))
    letter = Letter(receiver, (make_letter_matter(case, demand),), url)
    printout = Printout(
        make_letters(request.actor, [letter]),
        (_("督办单"), case.number, receiver),
        Sheet.LETTER,
        CASE,
        [case.pk],
    )
    return send_printout(request, printout, suffix)
