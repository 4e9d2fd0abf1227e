"""The page of cases and records at places that a pack retired: see where they belong now, and decide it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from jiedao.cases.actions.deciding import RIGHT as CORRECT
from jiedao.desk.undecided.deciding import MOST, decide_rows
from jiedao.desk.undecided.page import SHOWN, list_groups
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.registers.actions.deciding import RIGHT as EDIT

SHOWN_REFUSALS = 5


@require_staff(CORRECT, EDIT)
@require_safe
def list_places(request: DeskRequest) -> HttpResponse:
    """List the old places with what waits there for the user; the chosen one, or the first, is open."""
    groups = list_groups(request.actor)
    chosen = request.GET.get("place", "")
    context = {
        "groups": groups,
        "total": sum(len(group.lines) for group in groups),
        "open_key": chosen
        if any(group.key == chosen for group in groups)
        else groups[0].key
        if groups
        else "",
        "note": _("按辖区调整"),
        "shown": SHOWN,
        "most": MOST,
    }
    return render(request, "desk/undecided/list.html", context)


@require_staff(CORRECT, EDIT)
@require_POST
def decide(request: DeskRequest) -> HttpResponse:
    """Decide the chosen rows of one old place, and return to the list."""
    form, old = request.POST, request.POST.get("place", "")[:40]
    try:
        result = decide_rows(
            request.actor,
            old=old,
            values=form.getlist("rows"),
            takes_all=form.get("all") == "1",
            to=form.get("other") or form.get("to", ""),
            note=form.get("note", "")[:300],
        )
    except UserError as fault:
        messages.error(request, f"{fault} {fault.hint}".strip())
    else:
        if n := len(result.done):
            messages.success(
                request, ngettext("%(n)d 件已归到新的地点。", "%(n)d 件已归到新的地点。", n) % {"n": n}
            )
        for line, why in result.refused[:SHOWN_REFUSALS]:
            messages.error(request, f"{line.row.key}：{why}")
        if len(result.refused) > SHOWN_REFUSALS:
            more = len(result.refused) - SHOWN_REFUSALS
            messages.error(request, _("另有 %(n)d 件没有办成。") % {"n": more})
        if result.left and form.get("all") == "1":
            messages.info(
                request, _("一次最多 %(most)d 件，还有 %(n)d 件。") % {"most": MOST, "n": result.left}
            )
    return redirect(f"{reverse('desk:undecided')}?{urlencode({'place': old})}")
