"""Undoing the import of a sheet: what would be removed, restored and left, and the undoing."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.registers.access import get_register
from jiedao.registers.importing.undoing import get_register_import, plan_register_undo, undo_register_import

MAX_SHOWN = 100  # records that stay


@require_staff("registers.record:edit")
@require_http_methods(["GET", "POST"])
def undo_import(request: DeskRequest, key: str, import_id: int) -> HttpResponse:
    """Show what undoing an import would do; a POST does it."""
    info = get_register(request.actor, key)
    _row, own_info = get_register_import(request.actor, import_id)
    if own_info.id != info.id:
        raise NotFoundError(_("没有这次导入。"), hint=_("请从导入的列表中选择。"))
    fault: UserError | None = None
    if request.method == "POST":
        try:
            result = undo_register_import(
                actor=request.actor,
                import_id=import_id,
                only_untouched=request.POST.get("untouched") == "yes",
            )
        except UserError as error:
            fault = error
        else:
            messages.success(request, result.describe())
            return redirect(reverse("desk:register", args=[info.key]))
    plan = plan_register_undo(request.actor, import_id)
    context = {
        "info": info,
        "plan": plan,
        "row": plan.row,
        "fault": fault,
        "kept": plan.kept[:MAX_SHOWN],
        "more": max(0, len(plan.kept) - MAX_SHOWN),
        "now": clock.now(),
    }
    return render(request, "desk/registers/undo.html", context, status=fault.status if fault else 200)
