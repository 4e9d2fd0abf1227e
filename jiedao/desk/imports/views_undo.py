"""Undoing an import: what would be removed and what not, and the start of it."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jiedao.cases.flow import State
from jiedao.desk.imports.running import start_undo
from jiedao.desk.navigation import IMPORT
from jiedao.exchange.undoing import may_undo, plan_undo
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.pages.entry import DeskRequest, require_staff

MAX_SHOWN = 100  # touched cases


@require_staff(IMPORT)
@require_http_methods(["GET", "POST"])
def undo(request: DeskRequest, import_id: int) -> HttpResponse:
    """Show what undoing an import would remove and which cases have been worked on; a POST starts it."""
    plan = plan_undo(request.actor, import_id)
    if not may_undo(request.actor, plan.row):
        raise NotAllowed(
            _("只能撤销自己的导入。"),
            hint=_("请找导入的人，或请系统管理员用命令 jiedao import undo 撤销。"),
        )
    fault: UserError | None = None
    if request.method == "POST":
        only_untouched = request.POST.get("untouched") == "yes"
        if not plan.removable:
            fault = UserError(_("没有可以撤销的案件。"))
        elif plan.touched and not only_untouched:
            fault = UserError(
                _("已有人办过 %(n)d 件，没有撤销。") % {"n": len(plan.touched)},
                hint=_("可以只撤销没有人办过的。"),
            )
        else:
            task = start_undo(
                request.actor, plan.row, only_untouched=only_untouched, total=len(plan.removable)
            )
            return redirect("desk:task", task.pk)
    context = {
        "plan": plan,
        "row": plan.row,
        "fault": fault,
        "removable": len(plan.removable),
        "touched": [{"case": case, "state": State(case.state).label} for case in plan.touched[:MAX_SHOWN]],
        "touched_count": len(plan.touched),
        "more": max(0, len(plan.touched) - MAX_SHOWN),
        "back_url": reverse("desk:import", args=[import_id]),
        "now": clock.now(),
    }
    return render(request, "desk/imports/undo.html", context, status=fault.status if fault else 200)
