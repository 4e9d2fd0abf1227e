"""The case page and every move made on it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.cases.access import get_case, get_case_by_number
from jiedao.cases.actions.reporter import reveal_reporter
from jiedao.cases.models import Case
from jiedao.cases.moves.fields import FieldKind
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.table import FLOW
from jiedao.cases.selectors.detail import case_detail
from jiedao.desk import actions
from jiedao.desk.cases.move_form import MoveForm
from jiedao.desk.cases.page import page
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.uploads import attach_files, get_photo_kind, store_uploads


def _show(request: DeskRequest, case: Case, status: int = 200, **more: Any) -> HttpResponse:
    context = page(request.actor, case, **more)
    return render(request, "desk/cases/case.html", context, status=status)


@require_staff("cases.case:view")
@require_safe
def case(request: DeskRequest, number: str) -> HttpResponse:
    """Show everything of a case; `?move=CODE` opens the form of a move."""
    found = get_case_by_number(request.actor, number)
    if found.number != number:
        return redirect("desk:case", found.number)
    return _show(request, found, move=request.GET.get("move", ""), given=request.GET)


@require_staff("cases.case:view")
def move(request: DeskRequest, number: str, code: str) -> HttpResponse:
    """Make a move; when it cannot be made, show the page as it is now with everything that was typed."""
    if request.method != "POST":  # a page answered by POST was opened again, perhaps in another language
        return redirect(reverse("desk:case", args=[number]) + f"?move={code}")
    found = get_case_by_number(request.actor, number)
    if code not in FLOW:
        raise NotFoundError(_("没有这一步：%(code)s。") % {"code": code[:20]}, hint=_("请回到案件页再试。"))
    request.actor.need(FLOW[code].permission)
    data = request.POST.copy()
    form = MoveForm(FLOW[code], case_detail(request.actor, found), data, request.FILES)
    try:
        photos = _photos(request, form)
        data["kept"] = ",".join(map(str, photos))
        if form.is_valid():
            values = {**form.values(), "photos": photos}
            perform(request.actor, found.pk, code, version=form.cleaned_data["version"], data=values)
            actions.delete_draft(actor=request.actor, key=f"case-{found.pk}-{code}")
            messages.success(request, _("已完成：%(move)s") % {"move": FLOW[code].label})
            return redirect("desk:case", found.number)
        status = 422
    except UserError as fault:
        status = fault.status
        form.is_valid()
        form.add_error(fault.field if fault.field in form.fields else None, str(fault))
    fresh = get_case(request.actor, found.pk)
    data["version"] = str(fresh.version)  # sending again now means: having seen the case as it is
    return _show(request, fresh, status, move=code, form=form)


def _photos(request: DeskRequest, form: MoveForm) -> list[int]:
    """Store the photos sent along, so that they survive a form that has to be corrected."""
    if not any(field.kind is FieldKind.PHOTOS for field in form.move.fields):
        return []
    return store_uploads(request.actor, request.FILES, form.kept_ids, get_photo_kind(form.move.code))


@require_staff("cases.case:reveal")
def reveal(request: DeskRequest, number: str) -> HttpResponse:
    """Show the reporter in clear, once, for the reason given."""
    if request.method != "POST":
        return redirect("desk:case", number)
    found = get_case_by_number(request.actor, number)
    try:
        revealed = reveal_reporter(request.actor, found.pk, reason=request.POST.get("reason", ""))
    except UserError as fault:
        messages.error(request, str(fault))
        return redirect(reverse("desk:case", args=[number]) + "#reporter")
    context = page(request.actor, found)
    return render(request, "desk/cases/case.html", {**context, "revealed": revealed})


@require_staff("cases.case:comment")
@require_POST
def upload(request: DeskRequest, number: str) -> HttpResponse:
    """Add files to a case."""
    found = get_case_by_number(request.actor, number)
    attach_files(request, "cases.case", found.pk)
    return redirect(reverse("desk:case", args=[number]) + "#files")
