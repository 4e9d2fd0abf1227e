"""What a unit that was split left behind: people decide which of its successors gets it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.desk.admin.frame import render_page
from jiedao.desk.navigation import POSTS, REDISPATCH, USERS
from jiedao.kernel.errors import UserError
from jiedao.orgs import undecided
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_number

PAGE = "desk:admin_undecided"
MOST_ROWS = 100


@require_staff(POSTS, USERS, REDISPATCH)
@require_safe
@take_filters()
def list_undecided_rows(request: DeskRequest) -> HttpResponse:
    """List what names units that ended, by unit and sort, and the holders of posts that ended."""
    found = undecided.list_undecided(request.actor)
    groups = [
        {"group": group, "rows": undecided.label_rows(group, MOST_ROWS), "count": len(group.rows)}
        for group in found
    ]
    holders = undecided.list_undecided_holdings(request.actor)
    count = sum(len(group.rows) for group in found) + len(holders)
    context: dict[str, Any] = {"groups": groups, "holders": holders, "count": count}
    return render_page(request, PAGE, "undecided.html", context)


@require_staff(POSTS, REDISPATCH)
@require_POST
def decide_rows(request: DeskRequest) -> HttpResponse:
    """Give the chosen rows, or all of the sort, to a successor."""
    chosen = [pk for text in request.POST.getlist("row") if (pk := read_number(text)) is not None]
    is_all = request.POST.get("all") == "1"
    if not chosen and not is_all:
        messages.error(request, _("没有选中任何一项。请勾选，或按“全部”。"))
        return redirect(PAGE)
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
    return redirect(PAGE)


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
    return redirect(PAGE)
