"""Writing a consultation, and writing its results."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from jiedao.desk.consultations.forms import (
    EMPTY_POINT,
    EMPTY_QUESTION,
    ConsultationForm,
    Row,
    build_points,
    build_questions,
    describe_consultation,
    describe_points,
    describe_questions,
    read_point_rows,
    read_question_rows,
)
from jiedao.kernel.errors import UserError
from jiedao.orgs.units import unit_info
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import show_typed, submit_form
from jiedao.pages.reading import read_number
from jiedao.publishing.consultations.actions import (
    MANAGE,
    end_consultation,
    get_consultation,
    save_consultation,
)
from jiedao.publishing.consultations.selectors import count_results, count_text_pages, list_texts
from jiedao.publishing.models.consultations import Adoption, Consultation, QuestionKind

ADD = "add"  # the button that adds an empty line and stores nothing


@require_staff(MANAGE)
def add_consultation(request: DeskRequest) -> HttpResponse:
    """Write a new consultation."""
    unit = unit_info(request.actor.unit_id)
    initial = {"unit_name": unit.label if unit is not None else ""}
    return _edit(request, None, initial, [dict(EMPTY_QUESTION)])


@require_staff(MANAGE)
def edit_consultation(request: DeskRequest, pk: int) -> HttpResponse:
    """Change a consultation that is not yet published."""
    row = get_consultation(request.actor, pk)
    questions = describe_questions(list(row.questions.order_by("position")))
    return _edit(request, row, describe_consultation(row), questions or [dict(EMPTY_QUESTION)])


def _edit(request: DeskRequest, row: Consultation | None, initial: Row, rows: list[Row]) -> HttpResponse:
    if request.method != "POST":
        return _render_edit(request, row, ConsultationForm(initial=initial), rows)
    rows = read_question_rows(request.POST)
    if request.POST.get("do") == ADD:
        form = ConsultationForm(initial=initial)
        show_typed(form, request.POST)
        return _render_edit(request, row, form, [*rows, dict(EMPTY_QUESTION)])
    form = ConsultationForm(request.POST)
    saved, status = submit_form(
        form,
        lambda: save_consultation(
            request.actor,
            form.build_input(build_questions(rows)),
            pk=row.pk if row is not None else None,
            version=read_number(request.POST.get("version")) or 0,
        ),
    )
    if saved is None:
        return _render_edit(request, row, form, rows or [dict(EMPTY_QUESTION)], status)
    messages.success(request, _("已保存。"))
    return redirect("desk:consultation", saved.pk)


def _render_edit(
    request: DeskRequest, row: Consultation | None, form: ConsultationForm, rows: list[Row], status: int = 200
) -> HttpResponse:
    context = {"row": row, "form": form, "rows": rows, "kinds": QuestionKind.choices}
    return render(request, "desk/consultations/edit.html", context, status=status)


@require_staff(MANAGE)
def write_outcome(request: DeskRequest, pk: int) -> HttpResponse:
    """Write the results of a consultation and what was done about them, and publish them."""
    row = get_consultation(request.actor, pk)
    outcome, outcome_en = row.outcome, row.outcome_en
    points = describe_points(list(row.points.order_by("position")))
    fault, status = "", 200
    if request.method == "POST":
        outcome, outcome_en = request.POST.get("outcome", ""), request.POST.get("outcome_en", "")
        points = read_point_rows(request.POST)
        if request.POST.get("do") == ADD:
            points.append(dict(EMPTY_POINT))
        else:
            try:
                version = read_number(request.POST.get("version")) or 0
                end_consultation(
                    request.actor,
                    pk,
                    outcome=outcome,
                    outcome_en=outcome_en,
                    points=build_points(points),
                    version=version,
                )
            except UserError as refusal:
                fault, status = str(refusal), refusal.status
            else:
                messages.success(request, _("结果已公布。"))
                return redirect("desk:consultation", pk)
    typed = {
        "outcome": outcome,
        "outcome_en": outcome_en,
        "points": points or [dict(EMPTY_POINT)],
        "fault": fault,
    }
    return _render_outcome(request, row, typed, status)


def _render_outcome(
    request: DeskRequest, row: Consultation, typed: dict[str, Any], status: int
) -> HttpResponse:
    texts, results = list_texts(request.actor, row), count_results(row)
    pages = count_text_pages(results)
    context = {
        **typed,
        "row": row,
        "adoptions": Adoption.choices,
        "results": [{"result": result, "texts": texts.get(result.question.pk, [])} for result in results],
        "page": 1,
        "pages": range(1, pages + 1) if pages > 1 else (),
    }
    return render(request, "desk/consultations/outcome.html", context, status=status)
