"""The page of a case, its moves, its reporter and its files."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.cases.access import get_case, get_case_by_number
from jiedao.cases.actions.reporter import reveal_reporter
from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.fields import FieldKind
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.table import FLOW
from jiedao.cases.selectors.detail import read_case_detail
from jiedao.cases.selectors.duplicates import find_duplicates_of_case
from jiedao.desk import actions
from jiedao.desk.cases.move_form import CONFIRMATIONS, MoveForm
from jiedao.desk.cases.next_matter import MAX_QUERY, find_url_after, read_queue
from jiedao.desk.cases.page import build_context
from jiedao.desk.cases.views_visit import VISIT, render_visit
from jiedao.desk.phrases import is_phrase_button, press_button
from jiedao.files.selectors import read_kinds
from jiedao.kernel.addresses import make_address
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.uploads import attach_files, get_photo_kind


def _render_page(request: DeskRequest, case: Case, status: int = 200, **more: Any) -> HttpResponse:
    if more.get("move") == VISIT and case.state == State.CLOSED and request.actor.can("cases.case:visit"):
        names = ("form", "queue", "done", "done_on")
        return render_visit(
            request, case, status=status, **{name: more[name] for name in names if name in more}
        )
    context = build_context(request.actor, case, **more)
    return render(request, "desk/cases/case.html", context, status=status)


@require_staff("cases.case:view")
@require_safe
def show_case(request: DeskRequest, number: str) -> HttpResponse:
    """Show a case; `?move=CODE` opens the form of a move."""
    case = get_case_by_number(request.actor, number, with_parts=True)
    if case.number != number:
        return redirect("desk:case", case.number)
    return _render_page(
        request,
        case,
        move=request.GET.get("move", ""),
        prefilled=request.GET,
        queue=read_queue(request),
        done=request.GET.get("done", ""),
        done_on=request.GET.get("done_on", ""),
        alike=bool(request.GET.get("alike")),
    )


@require_staff("cases.case:view")
@require_safe
def show_alike(request: DeskRequest, number: str) -> HttpResponse:
    """Return the panel of likely duplicates for the page of a case, "" without any; else open that page with it."""
    case = get_case_by_number(request.actor, number)
    if request.headers.get("HX-Request") != "true":
        return redirect(make_address("desk:case", case.number) + "?alike=1#alike")
    duplicates = find_duplicates_of_case(request.actor, case)
    if not duplicates:
        return HttpResponse()
    may_merge = any(move.code == "MERGE" for move in list_allowed_moves(request.actor, case))
    context = {
        "duplicates": duplicates,
        "may_merge": may_merge,
        "page_url": make_address("desk:case", case.number),
    }
    return render(request, "desk/cases/duplicates.html", context)


@require_staff("cases.case:view")
def make_move(request: DeskRequest, number: str, code: str) -> HttpResponse:
    """Make a move; if it is refused, show the current page with everything that was typed."""
    if request.method != "POST":  # the user reloaded the answer to a POST, for example in another language
        return redirect(reverse("desk:case", args=[number]) + f"?move={code}")
    case = get_case_by_number(request.actor, number)
    if code not in FLOW:
        raise NotFoundError(_("没有这一步：%(code)s。") % {"code": code[:20]}, hint=_("请回到案件页再试。"))
    request.actor.require(FLOW[code].permission)
    data = request.POST.copy()
    form = MoveForm(FLOW[code], read_case_detail(request.actor, case), data, request.FILES)
    try:
        form.store_photos(_store_photos(request, form))
        data["kept"] = ",".join(str(pk) for ids in form.stored_photos.values() for pk in ids)
        if is_phrase_button(request.POST):
            press_button(request, code, data)
            return _render_page(
                request, case, move=code, prefilled=data, typed=data, queue=request.POST.get("queue", "")
            )
        if form.is_valid():
            case = perform(
                request.actor, case.pk, code, version=form.cleaned_data["version"], data=form.values()
            )
            actions.delete_draft(actor=request.actor, key=f"case-{case.pk}-{code}")
            return redirect(find_url_after(request, case, code))
        status = 422
    except UserError as fault:
        status = fault.status
        form.is_valid()
        if fault.field in CONFIRMATIONS:
            form.show_confirmation(fault.field)
        form.add_error(fault.field if fault.field in form.fields else None, str(fault))
    current = get_case(request.actor, case.pk)
    data["version"] = str(current.version)  # the user now sees the current state: sending again is deliberate
    queue = request.POST.get("queue", "")[:MAX_QUERY]
    return _render_page(request, current, status, move=code, form=form, queue=queue)


def _store_photos(request: DeskRequest, form: MoveForm) -> dict[str, list[int]]:
    """Store the uploaded photos, so that the user need not choose them again after an error; return ids by field."""
    kinds = read_kinds(form.kept_ids)
    photos: dict[str, list[int]] = {}
    for field in form.move.fields:
        if field.kind is FieldKind.PHOTOS:
            kind = get_photo_kind(form.move.code, field.name)
            stored_ids = [pk for pk in form.kept_ids if kinds.get(pk) == kind]
            photos[field.name] = form.store_uploads(
                request.actor, request.FILES, field.name, stored_ids=stored_ids, kind=kind
            )
    return photos


@require_staff("cases.case:reveal")
def show_reporter(request: DeskRequest, number: str) -> HttpResponse:
    """Show the reporter's personal data in clear, once, for a reason that the audit log stores."""
    if request.method != "POST":
        return redirect("desk:case", number)
    case = get_case_by_number(request.actor, number)
    try:
        revealed = reveal_reporter(request.actor, case.pk, reason=request.POST.get("reason", ""))
    except UserError as fault:
        messages.error(request, str(fault))
        return redirect(reverse("desk:case", args=[number]) + "#reporter")
    context = build_context(request.actor, case)
    return render(request, "desk/cases/case.html", {**context, "revealed": revealed})


@require_staff("cases.case:comment")
@require_POST
def upload_files(request: DeskRequest, number: str) -> HttpResponse:
    """Attach files to a case."""
    case = get_case_by_number(request.actor, number)
    attach_files(request, "cases.case", case.pk)
    return redirect(reverse("desk:case", args=[number]) + "#files")
