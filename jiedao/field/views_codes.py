"""QR codes of places: a page to print them, and the address that each of them holds."""

from typing import Any
from urllib.parse import quote

import segno
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jiedao.fieldwork.actions.taking import COUNT_RIGHTS
from jiedao.fieldwork.models import PlaceKind
from jiedao.fieldwork.places import sees_place
from jiedao.kernel.requests import build_site_url
from jiedao.pages.choices import get_area_choices
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number
from jiedao.places.naming import PREMISES
from jiedao.places.selectors import AREAS, area_info, area_text

MOST_CODES = 60  # on one page of codes: five sheets of paper


@require_staff(*COUNT_RIGHTS)
@require_safe
def show_codes(request: DeskRequest) -> HttpResponse:
    """Show the QR codes of the grids and premises of an area, to be printed and put up."""
    paths = request.actor.confined_to
    choices = get_area_choices(paths=paths)
    chosen = area_info(read_number(request.GET.get("area")))
    if chosen is not None and paths is not None and not chosen.path.startswith(paths):
        chosen = None
    context = {
        "choices": choices,
        "chosen": chosen,
        "codes": _draw_codes(request, chosen.path) if chosen is not None else [],
        "most": MOST_CODES,
    }
    return render(request, "field/codes.html", context)


def _draw_codes(request: DeskRequest, path: str) -> list[dict[str, Any]]:
    places = [
        (PlaceKind.AREA.value, area.code, area_text(area.path))
        for area in AREAS.get().values()
        if area.active and area.kind == "GRID" and area.path.startswith(path)
    ]
    places += [
        (PlaceKind.PREMISE.value, row.code, row.label)
        for row in PREMISES.get().values()
        if row.active and row.area_path.startswith(path)
    ]
    shows_visits = request.actor.can("cases.case:view") and sees_place(request.actor, path)
    return [
        {
            "label": label,
            "code": code,
            "visits_url": reverse("field:place", args=[kind, code]) if shows_visits else "",
            "picture": segno.make(
                build_site_url(request, reverse("field:here", args=[kind, code])), error="m"
            ).svg_data_uri(scale=4, border=4, light="#fff", dark="#000"),
        }
        for kind, code, label in places[:MOST_CODES]
    ]


@require_staff(*COUNT_RIGHTS)
@require_safe
def open_place(request: DeskRequest, kind: str, code: str) -> HttpResponse:
    """Open the app at the place whose code was scanned; the app shows a message if the place is not in its bundle."""
    return redirect(f"{reverse('field:app')}#/here/{quote(kind, safe='')}/{quote(code, safe='')}")
