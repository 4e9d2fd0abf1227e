"""The list of orders to the offices of a district, and what a dispatcher does about an order."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.desk.order_lines import describe_order
from jiedao.district.orders.actions import release_reporter, retry_order
from jiedao.district.orders.selectors import MOST, VIEWS, count_orders, list_orders
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff

DISPATCH, SUPERVISE = "cases.case:dispatch", "cases.case:supervise"


def _build_tabs(view: str, office: str) -> list[dict[str, Any]]:
    labels = {"open": _("未答复"), "overdue": _("已超期"), "unsent": _("没有送达"), "ended": _("已结束")}
    return [
        {
            "label": labels[name],
            "url": f"?{urlencode({'view': name, **({'office': office} if office else {})})}",
            "active": name == view,
        }
        for name in VIEWS
    ]


@require_staff(DISPATCH, SUPERVISE)
@require_safe
def list_all_orders(request: DeskRequest) -> HttpResponse:
    """List the orders of one view (open, overdue, not received or ended), of one office or all."""
    view, offices = request.GET.get("view", ""), count_orders(request.actor)
    view = view if view in VIEWS else "open"
    code = request.GET.get("office", "")
    code = code if code in {row.office.code for row in offices} else ""
    context = {
        "offices": offices,
        "chosen": code,
        "view": view,
        "tabs": _build_tabs(view, code),
        "rows": [describe_order(order) for order in list_orders(request.actor, view, code)],
        "most": MOST,
        "now": clock.now(),
        "real_now": clock.real_now(),
    }
    return render(request, "desk/orders/list.html", context)


@require_staff(DISPATCH)
@require_POST
def retry(request: DeskRequest, number: str) -> HttpResponse:
    """Let the worker send or read an order at once."""
    return _act(request, number, retry_order, _("已安排立即下达和读取，请稍后刷新页面。"))


@require_staff(DISPATCH)
@require_POST
def send_reporter(request: DeskRequest, number: str) -> HttpResponse:
    """Let the reporter's name and phone go down with the next order."""
    release = partial(release_reporter, reason=request.POST.get("reason", ""))
    return _act(request, number, release, _("下一次下达会附上反映人的姓名和电话，已记入审计。"))


def _act(
    request: DeskRequest, number: str, action: Callable[[Actor, str], object], success: str
) -> HttpResponse:
    """Perform an action on a case, and return to its orders with what came of it."""
    try:
        action(request.actor, number)
        messages.success(request, success)
    except UserError as fault:
        if fault.status in {403, 404}:
            raise
        messages.error(request, str(fault))
    return redirect(reverse("desk:case", args=[number]) + "#orders")
