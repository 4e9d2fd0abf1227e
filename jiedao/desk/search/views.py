"""The search of the page frame: everything of a town that the user may see, grouped by kind."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from jiedao.cases.selectors.filters import read_phrase
from jiedao.desk.search.groups import search_everything
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.storable import make_storable
from jiedao.kernel.synonyms import list_words
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters


@require_staff()
@require_safe
@take_filters({"q": None})
def search(request: DeskRequest) -> HttpResponse:
    """Show what matches the text. A number or code of exactly one object opens that object."""
    text = make_storable(request.GET.get("q", "")).strip()
    context: dict[str, Any] = {"q": text, "groups": [], "fault": None, "now": clock.now()}
    if text:
        try:
            groups = search_everything(request.actor, read_phrase(text))
        except UserError as fault:
            context["fault"] = fault
        else:
            exact = {hit.url for group in groups for hit in group.exact}
            if not exact and text.isdigit() and sum(group.total for group in groups) == 1:
                exact = {hit.url for group in groups for hit in group.hits}  # the end of one number
            if len(exact) == 1:
                return redirect(exact.pop())
            context |= {
                "groups": [group for group in groups if group.total],
                "words": list_words(text),
            }
    return render(request, "desk/search/search.html", context)
