"""Grading a whole register anew: what would change is shown, and exactly that is written."""

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
def regrade(request: DeskRequest, key: str) -> HttpResponse:
    """Show what the rules would change today; sent with the stamp of what was shown, write it."""
    info = get_register(request.actor, key)
    need_write(request.actor, info)
    if request.method == "POST":
        shown = RegradePlan(day=clock.today(), stamp=request.POST.get("stamp", "")[:100])
        try:
            done = apply_regrade(
                actor=request.actor, info=info, plan=shown, why=request.POST.get("why", "")[:300]
            )
        except UserError as fault:
            return _draw(request, info, fault)
        words = _("已重新定级：%(n)d 条等级有变，%(m)d 条只换了理由。")
        messages.success(request, words % {"n": done.changes, "m": done.reasons})
        return redirect(reverse("desk:register", args=[info.key]))
    return _draw(request, info)


def _draw(request: DeskRequest, info: RegisterInfo, fault: UserError | None = None) -> HttpResponse:
    plan = plan_regrade(request.actor, info)
    moves = [
        {"before": _badge(info, before), "after": _badge(info, after), "count": count}
        for (before, after), count in plan.moves.most_common()
    ]
    sample = [
        {
            "row": row,
            "url": get_record_url(info, row.id),
            "before": _badge(info, row.before),
            "after": _badge(info, row.after),
            "why": _("；").join(row.why),
        }
        for row in plan.sample
    ]
    context = {
        "info": info,
        "plan": plan,
        "moves": moves,
        "sample": sample,
        "fault": fault,
        "list_url": reverse("desk:register", args=[info.key]),
    }
    return render(request, "desk/registers/grades.html", context, status=fault.status if fault else 200)


def _badge(info: RegisterInfo, code: str) -> dict[str, Any]:
    """Return a grade's name and tone; of a grade that the register no longer has, its code."""
    grade = info.definition.grade(code)
    return {"label": grade.label, "tone": grade.tone} if grade else {"label": code or "—", "tone": "neutral"}
