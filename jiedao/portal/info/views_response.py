"""Views of the figures about the office's work, month by month."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jiedao.cases.selectors.measures import RATES
from jiedao.portal.entry import public_page
from jiedao.publishing.selectors.response import (
    SHOWN_RATES,
    ResponseMonth,
    describe_months,
    list_definitions,
    read_response_months,
)


@require_safe
@public_page
def show_response(request: HttpRequest) -> HttpResponse:
    """Show how many matters came in and how the office responded, the present month first."""
    months = read_response_months()
    context = {
        "months": [(month, _list_cells(month)) for month in months],
        "labels": [RATES[code].label for code in SHOWN_RATES],
        "definitions": list_definitions(),
    }
    return render(request, "portal/info/response.html", context)


def _list_cells(month: ResponseMonth) -> list[dict[str, str]]:
    """Return the rates of a month as texts, each with its two numbers; a dash where nothing was due."""
    cells = []
    for code in SHOWN_RATES:
        rate, share = RATES[code], month.compute_rate(code)
        numbers = f"{month.counts[rate.numerator]:,} / {month.counts[rate.denominator]:,}"
        cells.append(
            {
                "label": str(rate.label),
                "share": "—" if share is None else f"{share * 100:.1f}%",
                "numbers": "" if share is None else numbers,
            }
        )
    return cells


@require_safe
@public_page
def send_months(request: HttpRequest) -> HttpResponse:
    """Send the same figures as JSON, with their definitions."""
    content = {
        "months": describe_months(read_response_months()),
        "definitions": [vars(definition) for definition in list_definitions()],
    }
    return JsonResponse(content, json_dumps_params={"ensure_ascii": False})
