"""Saving and deleting one's own stock phrases from a form that offers them."""

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiedao.desk import actions
from jiedao.desk.phrases import list_phrases
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number


@require_staff("cases.case:view", "projects.project:view", "projects.promise:view")
@require_POST
def change_phrases(request: DeskRequest, code: str) -> HttpResponse:
    """Save or delete an own phrase and return the phrases of the field again, for the script of the page."""
    name = request.POST.get("field", "")
    phrases = list_phrases(request.actor, code)
    if name not in phrases:
        raise NotFoundError(_("没有这一步：%(code)s。") % {"code": code[:20]}, hint=_("请刷新页面后再试。"))
    fault = None
    try:
        if (phrase_id := read_number(request.POST.get("drop"))) is not None:
            actions.delete_phrase(actor=request.actor, phrase_id=phrase_id)
        else:
            actions.save_phrase(
                actor=request.actor, kind=phrases[name].kind, text=request.POST.get("text", "")
            )
    except UserError as refusal:
        fault = refusal
    context = {"list": list_phrases(request.actor, code)[name], "fault": fault}
    return HttpResponse(render_to_string("desk/parts/phrase_rows.html", context))
