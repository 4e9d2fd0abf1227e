"""The page of a company, opened by its code."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from jiedao.cases.flow import State
from jiedao.cases.following_public.reading import STATE_WORDS
from jiedao.cases.following_public.reporting import open_for_phone
from jiedao.kernel.errors import UserError
from jiedao.kernel.requests import get_client_address
from jiedao.orgs.units import unit_label
from jiedao.portal.entry import public_page
from jiedao.portal.site import list_offers
from jiedao.portal.visitors import find_company, remember_company, remember_followers
from jiedao.registers.actions.record_codes import open_record_by_code, read_company


@public_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_company(request: HttpRequest) -> HttpResponse:
    """Show the form for a company's code, or the company's requests and inspections."""
    if request.method == "POST":
        return _open(request)
    record_id = find_company(request)
    company = read_company(record_id) if record_id is not None else None
    if company is None:
        return render(request, "portal/company/ask.html", {"offers": list_offers("COMPANY")})
    context = {
        "company": company,
        "inspections": [(row, unit_label(row.unit_id)) for row in company.inspections],
        "requests": [(case, STATE_WORDS[State(case.state)]) for case in company.requests],
        "offers": list_offers("COMPANY"),
    }
    return render(request, "portal/company/company.html", context)


def _open(request: HttpRequest) -> HttpResponse:
    try:
        record_id = open_record_by_code(
            request.POST.get("code", "")[:40], address=get_client_address(request)
        )
    except UserError as fault:
        context = {"fault": fault, "offers": list_offers("COMPANY")}
        return render(request, "portal/company/ask.html", context, status=fault.status)
    response = redirect("portal:company")
    remember_company(request, response, record_id)
    return response


@public_page
@never_cache
@require_POST
def open_request(request: HttpRequest, number: str) -> HttpResponse:
    """Open a request of the company, as its reporter."""
    record_id = find_company(request)
    company = read_company(record_id) if record_id is not None else None
    case = next((row for row in company.requests if row.number == number), None) if company else None
    if case is None:
        return redirect("portal:company")
    response = redirect("portal:followed", case.number)
    remember_followers(request, response, [open_for_phone(case.pk).pk])
    return response
