"""Saving and deleting one's own stock phrases from the form of a move."""

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiedao.cases.moves.table import FLOW
from jiedao.cases.phrases import find_phrase_kind
from jiedao.desk import actions
from jiedao.desk.cases.phrases import list_phrases
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number


@require_staff("cases.case:view")
@require_POST
def change_phrases(request: DeskRequest, code: str) -> HttpResponse:
    """Save or delete an own phrase and return the phrases of the field again, for the script of the page."""
    move = FLOW[code] if code in FLOW else None
    name = request.POST.get("field", "")
    fields = {field.name: field for field in move.fields} if move is not None else {}
    kind = find_phrase_kind(move, fields[name]) if move is not None and name in fields else ""
    if move is None or not kind:
        raise NotFoundError(_("没有这一步：%(code)s。") % {"code": code[:20]}, hint=_("请刷新页面后再试。"))
    fault = None
    try:
        if (phrase_id := read_number(request.POST.get("drop"))) is not None:
            actions.delete_phrase(actor=request.actor, phrase_id=phrase_id)
        else:
            actions.save_phrase(actor=request.actor, kind=kind, text=request.POST.get("text", ""))
    except UserError as refusal:
        fault = refusal
    context = {"list": list_phrases(request.actor, move)[name], "fault": fault}
    return HttpResponse(render_to_string("desk/cases/phrase_rows.html", context))
