"""The list of consultations, and the page of one: its questions while it is open, its results afterwards."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.kernel.errors import UserError
from jiedao.orgs.units import UNITS
from jiedao.portal.challenge import make_challenge
from jiedao.portal.consultations.visitors import take_visitor_code
from jiedao.portal.entry import public_page
from jiedao.portal.info.views import read_notices_part
from jiedao.publishing.consultations.answering import LONGEST_TEXT, give_answer, is_open
from jiedao.publishing.consultations.selectors import (
    count_answers,
    count_results,
    get_public_consultation,
    list_public_consultations,
)
from jiedao.publishing.models.consultations import CodeMode, Consultation, ConsultationQuestion, Stage

LONGEST_CODE = 40


@public_page
@require_safe
def list_all(request: HttpRequest) -> HttpResponse:
    """List the consultations, the open ones first, and the notices of the notice board."""
    rows = [
        {"row": row, "is_open": is_open(row), "unit": find_unit_label(row.unit_name)}
        for row in list_public_consultations()
    ]
    notices = read_notices_part(request) or {}
    return render(request, "portal/consultations/list.html", {"rows": rows, **notices})


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def show_consultation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a consultation; a POST submits an answer with its code, or requests a code to answer later.

    A visitor without a code gets one with the answer, so that one form suffices.
    """
    row = get_public_consultation(pk)
    if request.method != "POST":
        return _render(request, row)
    code = request.POST.get("code", "").strip()[:LONGEST_CODE]
    try:
        if request.POST.get("do") == "code":
            code = take_visitor_code(request, row)
            return _render(request, row, code=code, is_new=True)
        if not code and row.code_mode == CodeMode.VISITOR:
            code = take_visitor_code(request, row)
        give_answer(row, code, {name: request.POST.getlist(name) for name in request.POST})
    except UserError as fault:
        return _render(request, row, code=code, fault=fault, status=fault.status)
    return redirect("portal:consultation_thanks", pk)


@public_page
@require_safe
def show_thanks(request: HttpRequest, pk: int) -> HttpResponse:
    """Show that an answer was received, and when the results are published."""
    return render(request, "portal/consultations/thanks.html", {"row": get_public_consultation(pk)})


def find_unit_label(name: str) -> str:
    """Return the name of a unit in the reader's language, the text itself where no unit has it."""
    return next((unit.label for unit in UNITS.get().values() if unit.name == name), name)


def _describe_question(question: ConsultationQuestion, request: HttpRequest, fault: str) -> dict[str, Any]:
    """Return a question with the answer that was entered, for a form that is shown again."""
    sent = request.POST.getlist(f"q_{question.pk}") if request.method == "POST" else []
    return {
        "question": question,
        "name": f"q_{question.pk}",
        "text": sent[0][:LONGEST_TEXT] if sent else "",
        "choices": [(place, label, str(place) in sent) for place, label in enumerate(question.choice_texts)],
        "fault": fault,
    }


def _render(
    request: HttpRequest,
    row: Consultation,
    *,
    code: str = "",
    is_new: bool = False,
    fault: UserError | None = None,
    status: int = 200,
) -> HttpResponse:
    field, message = (fault.field, str(fault)) if fault is not None else ("", "")
    context = {
        "row": row,
        "unit": find_unit_label(row.unit_name),
        "is_open": is_open(row),
        "ended": row.stage == Stage.ENDED,
        "by_visitors": row.code_mode == CodeMode.VISITOR,
        "questions": [
            _describe_question(question, request, message if field == f"q_{question.pk}" else "")
            for question in row.questions.order_by("position")
        ],
        "results": count_results(row) if row.stage == Stage.ENDED else [],
        "points": list(row.points.order_by("position")) if row.stage == Stage.ENDED else [],
        "answers": count_answers(row) if row.stage == Stage.ENDED else 0,
        "code": code,
        "is_new": is_new,
        "fault": message,
        "code_fault": message if field == "code" else "",
        "challenge": make_challenge() if row.code_mode == CodeMode.VISITOR and not code else None,
        "asked": field == "answer",
        "longest": LONGEST_TEXT,
        "page_url": reverse("portal:consultation", args=[row.pk]),
    }
    return render(request, "portal/consultations/show.html", context, status=status)
