"""The page of what successions left to a person, and the decisions where cases, records and projects belong."""

from collections.abc import Callable
from typing import Any
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
from jiedao.desk.undecided_lines import (
    CODES,
    HOLDERS,
    MENDED_AT,
    PLACES,
    QUOTAS,
    UNITS,
    count_sorts,
    list_code_mentions,
    list_others_rows,
)
from jiedao.kernel.addresses import make_address
from jiedao.kernel.errors import UserError
from jiedao.orgs import undecided
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.projects.actions import deciding as projects
from jiedao.projects.actions.adding import ADD_PROJECT
from jiedao.registers.actions.deciding import RIGHT as EDIT

SHOWN_REFUSALS = 5


@require_staff()
@require_safe
@take_filters({"sort": None, "place": None})
def show_undecided(request: DeskRequest) -> HttpResponse:
    """Show the sorts of rows on which the user may decide, the rows of one of them, and who decides on the others."""
    lines = count_sorts(request.actor)
    keys = [line.sort.key for line in lines if line.count] or [line.sort.key for line in lines]
    wanted = request.GET.get("sort", "")
    chosen = wanted if any(line.sort.key == wanted for line in lines) else keys[0] if keys else ""
    context = {
        "tabs": [
            {
                "label": line.sort.title,
                "url": line.url,
                "count": line.count,
                "active": line.sort.key == chosen,
            }
            for line in lines
        ],
        "sort": chosen,
        "total": sum(line.count for line in lines),
        "others": list_others_rows(request.actor, lines),
        **(BODIES[chosen](request) if chosen else {}),
    }
    return render(request, "desk/undecided/page.html", context)


def _build_places(request: DeskRequest) -> dict[str, Any]:
    groups = list_groups(request.actor)
    chosen = request.GET.get("place", "")
    keys = [group.key for group in groups]
    return {
        "groups": groups,
        "open_key": chosen if chosen in keys else keys[0] if keys else "",
        "note": _("按辖区调整"),
        "shown": SHOWN,
    }


def _build_units(request: DeskRequest) -> dict[str, Any]:
    return {
        "groups": [
            {"group": group, "rows": undecided.label_rows(group, SHOWN), "count": len(group.rows)}
            for group in undecided.list_undecided(request.actor)
        ]
    }


def _build_codes(request: DeskRequest) -> dict[str, Any]:
    mentions = []
    for mention in list_code_mentions(request.actor):
        label, page = MENDED_AT[mention.kind]
        url = make_address(page, mention.key) if page else ""
        mentions.append({"mention": mention, "label": label, "url": url})
    return {"mentions": mentions}


# sort -> what its part of the page shows
BODIES: dict[str, Callable[[DeskRequest], dict[str, Any]]] = {
    PLACES: _build_places,
    UNITS: _build_units,
    HOLDERS: lambda request: {"holders": undecided.list_undecided_holdings(request.actor)},
    QUOTAS: lambda request: {"quotas": projects.list_undecided_quotas(request.actor)},
    CODES: _build_codes,
}


@require_staff(CORRECT, EDIT, ADD_PROJECT)
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
    return redirect(f"{reverse('desk:undecided')}?{urlencode({'sort': PLACES, 'place': old})}")
