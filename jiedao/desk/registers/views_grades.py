"""Regrading a register: the page shows what would change, and exactly these changes are written."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jiedao.desk.links import get_record_url
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.registers.access import get_register, need_write
from jiedao.registers.actions.grading import RegradePlan, apply_regrade, plan_regrade
from jiedao.registers.catalogue import RegisterInfo


@require_staff("registers.record:grade")
@require_http_methods(["GET", "POST"])
def regrade_register(request: DeskRequest, key: str) -> HttpResponse:
    """Show which grades the rules would change today; when the form is posted, write them.

    The form holds a stamp of the changes that were shown; the action refuses it if they are different now.
    """
    info = get_register(request.actor, key)
    need_write(request.actor, info)
    if request.method == "POST":
        shown_plan = RegradePlan(day=clock.today(), stamp=request.POST.get("stamp", "")[:100])
        try:
            result = apply_regrade(
                actor=request.actor, info=info, plan=shown_plan, why=request.POST.get("why", "")[:300]
            )
        except UserError as fault:
            return _render_page(request, info, fault)
        message = _("已重新定级：%(n)d 条等级有变，%(m)d 条只换了理由。")
        messages.success(request, message % {"n": result.changes, "m": result.reasons})
        return redirect(reverse("desk:register", args=[info.key]))
    return _render_page(request, info)


def _render_page(request: DeskRequest, info: RegisterInfo, fault: UserError | None = None) -> HttpResponse:
    plan = plan_regrade(request.actor, info)
    moves = [
        {"before": _build_badge(info, before), "after": _build_badge(info, after), "count": count}
        for (before, after), count in plan.moves.most_common()
    ]
    sample = [
        {
            "row": row,
            "url": get_record_url(info, row.id),
            "before": _build_badge(info, row.before),
            "after": _build_badge(info, row.after),
            "why": _("；").join(row.why),
        }
        for row in plan.sample
    ]
    context = {
        "info": info,
        "plan": plan,
        "moves": moves,
        "sample": sample,
        "faults": [{"row": row, "url": get_record_url(info, row.id)} for row in plan.faults],
        "fault": fault,
    }
    return render(request, "desk/registers/grades.html", context, status=fault.status if fault else 200)


def _build_badge(info: RegisterInfo, code: str) -> dict[str, Any]:
    """Return label and tone of a grade; the label of a grade that the register no longer has is its code."""
    grade = info.definition.grade(code)
    return {"label": grade.label, "tone": grade.tone} if grade else {"label": code or "—", "tone": "neutral"}
