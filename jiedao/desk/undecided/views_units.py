"""Decisions about units that ended, their holders, and the quotas of communities that were split."""

from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiedao.desk.navigation import POSTS, REDISPATCH, USERS
from jiedao.desk.undecided_lines import HOLDERS, QUOTAS, UNITS
from jiedao.kernel.errors import UserError
from jiedao.orgs import undecided
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number
from jiedao.projects.actions.deciding import decide_quota
from jiedao.projects.promise_access import EDIT


def _return_to(sort: str) -> HttpResponse:
    return redirect(f"{reverse('desk:undecided')}?sort={sort}")


@require_staff(POSTS, REDISPATCH)
@require_POST
def decide_rows(request: DeskRequest) -> HttpResponse:
    """Give the chosen rows, or all of the sort, to a successor."""
    chosen = [pk for text in request.POST.getlist("row") if (pk := read_number(text)) is not None]
    is_all = request.POST.get("all") == "1"
    if not chosen and not is_all:
        messages.error(request, _("没有选中任何一项。请勾选，或按“全部”。"))
        return _return_to(UNITS)
    try:
        moved = undecided.decide(
            actor=request.actor,
            what=request.POST.get("what", ""),
            unit_id=read_number(request.POST.get("old")) or 0,
            new_unit_id=read_number(request.POST.get("unit")) or 0,
            rows=() if is_all else chosen,
        )
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}")
    else:
        messages.success(request, _("已转给承接单位：%(n)d 项。") % {"n": moved})
    return _return_to(UNITS)


@require_staff(USERS)
@require_POST
def decide_holder(request: DeskRequest) -> HttpResponse:
    """Move a holder of a post that ended to the post of a successor."""
    try:
        holding = undecided.decide_holding(
            actor=request.actor,
            holding_id=read_number(request.POST.get("holding")) or 0,
            post_id=read_number(request.POST.get("post")) or 0,
        )
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}")
    else:
        post = holding.post
        words = {"name": holding.user.full_name, "unit": post.unit.label, "post": post.label}
        messages.success(request, _("%(name)s 现任 %(unit)s %(post)s。") % words)
    return _return_to(HOLDERS)


@require_staff(EDIT)
@require_POST
def divide_quota(request: DeskRequest) -> HttpResponse:
    """Divide the quota of a community among its successors."""
    try:
        amounts = {
            area_id: _read_amount(request.POST.get(f"amount-{area_id}", ""))
            for text in request.POST.getlist("area")
            if (area_id := read_number(text)) is not None
        }
        decide_quota(
            actor=request.actor, quota_id=read_number(request.POST.get("quota")) or 0, amounts=amounts
        )
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}")
    else:
        messages.success(request, _("指标已分给承接的社区。"))
    return _return_to(QUOTAS)


def _read_amount(text: str) -> Decimal:
    try:
        return Decimal(text.strip() or 0)
    except InvalidOperation:
        raise UserError(_("“%(text)s”不是数。") % {"text": text[:20]}, hint=_("请只写数字。")) from None
