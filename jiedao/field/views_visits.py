"""The visits to places that phones counted: a list of places, and the days of one place. No page is about a person."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jiedao.fieldwork.places import get_visited_place, list_visited_places, sees_place
from jiedao.fieldwork.selectors import count_place_visits, list_place_visits
from jiedao.kernel import clock
from jiedao.pages.choices import get_area_choices
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number
from jiedao.places.selectors import area_info

SHOWN_DAYS = 90
COUNTED_DAYS = 30
MOST_PLACES = 300


@require_staff("cases.case:view")
@require_safe
def list_places(request: DeskRequest) -> HttpResponse:
    """Show the places of an area, each with how often it was visited lately."""
    chosen = area_info(read_number(request.GET.get("area")))
    if chosen is not None and not sees_place(request.actor, chosen.path):
        chosen = None
    places = list_visited_places(chosen.path) if chosen is not None else []
    today = clock.today()
    counts = count_place_visits(today - timedelta(days=COUNTED_DAYS - 1), today) if places else {}
    context = {
        "choices": get_area_choices(paths=request.actor.confined_to) if _covers_areas(request) else [],
        "chosen": chosen,
        "days": COUNTED_DAYS,
        "lines": [
            {
                "label": place.label,
                "code": place.code,
                "count": counts.get((place.kind, place.code), 0),
                "url": reverse("field:place", args=[place.kind, place.code]),
            }
            for place in places[:MOST_PLACES]
        ],
        "more": max(0, len(places) - MOST_PLACES),
    }
    return render(request, "field/places.html", context)


def _covers_areas(request: DeskRequest) -> bool:
    return request.actor.sees_town or request.actor.confined_to is not None


@require_staff("cases.case:view")
@require_safe
def show_place(request: DeskRequest, kind: str, code: str) -> HttpResponse:
    """Show the visits to one place by day, post and proof."""
    place = get_visited_place(request.actor, kind, code)
    start = clock.today() - timedelta(days=SHOWN_DAYS - 1)
    context: dict[str, Any] = {
        "place": place,
        "days": SHOWN_DAYS,
        "lines": list_place_visits(place.kind, place.code, start),
    }
    return render(request, "field/place.html", context)
