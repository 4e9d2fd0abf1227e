"""The map and the list of matters, the page of one matter, and its photos. All of it was released by a reviewer."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jiedao.cases import catalogue
from jiedao.cases.catalogue import CategoryInfo
from jiedao.cases.models import CategoryKind
from jiedao.files.models import Attachment
from jiedao.files.views import serve_attachment
from jiedao.kernel.addresses import make_address
from jiedao.kernel.errors import NotFoundError
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_number
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS
from jiedao.portal.entry import public_page
from jiedao.publishing.review.public import (
    DONE,
    OPEN,
    TONES,
    PublicFilter,
    PublicMatter,
    build_public_features,
    find_public_photo,
    get_public_case,
    list_public_cases,
    list_public_majors,
)

STATES: dict[str, Any] = {OPEN: gettext_lazy("办理中"), DONE: gettext_lazy("已办结")}
KINDS: dict[str, Any] = {
    CategoryKind.MATTER: gettext_lazy("发生的事（如垃圾、占道）"),
    CategoryKind.COMPONENT: gettext_lazy("公共设施（如井盖、路灯）"),
}
FILTERS = {"state": None, "category": read_number, "area": read_number}
MOST_DRAWN = 400  # points in the SVG of the page itself
SECONDS = 60  # how long browsers and proxies may cache the map and its photos


def _read_filters(request: HttpRequest) -> PublicFilter:
    read = request.GET.get
    return PublicFilter.read(read("state", ""), read_number(read("category")), read_number(read("area")))


def _build_query(filters: PublicFilter) -> str:
    values = {"state": filters.state, "category": filters.category, "area": filters.area}
    return urlencode({name: value for name, value in values.items() if value})


def make_matter_url(number: str) -> str:
    """Return the address of a matter's page."""
    return make_address("portal:map_matter", number)


def describe_matter(matter: PublicMatter) -> dict[str, Any]:
    """Return a matter with its address, its state in words, and the addresses of its photos."""
    photos = [
        {"url": make_address("portal:map_photo", photo.id), "width": photo.width, "height": photo.height}
        for photo in matter.photos
    ]
    return {
        "matter": matter,
        "url": make_matter_url(matter.number),
        "state": STATES[matter.state],
        "photos": photos,
    }


def list_majors(chosen: int | None = None) -> list[tuple[str, list[CategoryInfo]]]:
    """Return the major categories that have released matters, below what they are about.

    The two tables of the standard use the same names.

    Args:
        chosen: a category that is listed in any case.
    """
    used = list_public_majors() | {chosen}
    rows = [row for row in catalogue.CATEGORIES.get().values() if row.parent_id is None and row.id in used]
    groups = [(str(label), [row for row in rows if row.kind == kind]) for kind, label in KINDS.items()]
    return [(label, members) for label, members in groups if members]


@public_page
@require_safe
@take_filters(FILTERS, others=("page",))
def show_map(request: HttpRequest) -> HttpResponse:
    """Show the matters on a map and in a list, which needs no script."""
    filters = _read_filters(request)
    page = list_public_cases(filters, request.GET.get("page", ""))
    query = _build_query(filters)
    features = build_public_features(filters, make_matter_url, most=MOST_DRAWN)
    link = f"{query}&page=" if query else "page="
    context = {
        "rows": [describe_matter(matter) for matter in page.rows],
        "pager": {
            "previous": link + page.previous if page.previous else "",
            "next": link + page.next if page.next else "",
            "shown": page.shown,
            "total": f"{page.total:,}",
        },
        "total": page.total,
        "features": features,
        "data_url": f"{reverse('portal:map_data')}?{query}",
        "filters": filters,
        "states": STATES.items(),
        "legend": [(STATES[state], tone) for state, tone in TONES.items()],
        "majors": list_majors(filters.category),
        "communities": [row for row in AREAS.get().values() if row.kind == AreaKind.COMMUNITY],
        "first": not request.GET.get("page"),
    }
    return render(request, "portal/matters/map.html", context)


@public_page
@require_safe
@take_filters(FILTERS, strict=True)
def send_map_data(request: HttpRequest) -> HttpResponse:
    """Return the blurred points with the outlines of the communities as GeoJSON."""
    features = build_public_features(_read_filters(request), make_matter_url)
    return JsonResponse(
        features,
        content_type="application/geo+json",
        json_dumps_params={"ensure_ascii": False},
        headers={"Cache-Control": f"public, max-age={SECONDS}"},
    )


@public_page
@require_safe
def show_matter(request: HttpRequest, number: str) -> HttpResponse:
    """Show one matter; a number that was not released is not found, whether or not there is such a case."""
    matter = get_public_case(number)
    if matter is None:
        raise NotFoundError(
            _("没有公开的事项 %(number)s。") % {"number": number[:20]},
            hint=_("它可能还没有审核，或者已经撤下。"),
        )
    features: dict[str, Any] = {"type": "FeatureCollection", "features": []}
    if matter.lon is not None:
        near = PublicFilter(area=_find_community_id(matter.area_path))
        shapes = build_public_features(near, make_matter_url, most=0)["features"]
        here = {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [matter.lon, matter.lat]},
            "properties": {"kind": "here", "label": matter.place_text or matter.subject},
        }
        features["features"] = [*shapes, here]
    context = {**describe_matter(matter), "features": features}
    return render(request, "portal/matters/matter.html", context)


def _find_community_id(path: str) -> int | None:
    communities = (row for row in AREAS.get().values() if row.kind == AreaKind.COMMUNITY)
    return next((row.id for row in communities if path.startswith(row.path)), None)


@public_page
@require_safe
def send_photo(request: HttpRequest, photo_id: int) -> HttpResponseBase:
    """Send the public copy of a photo."""
    blob = find_public_photo(photo_id)
    if blob is None:
        raise NotFoundError(_("没有这张照片。"), hint=_("它可能已经撤下。"))
    response = serve_attachment(request, Attachment(blob=blob, name=f"{photo_id}.jpg"))
    response["Cache-Control"] = f"public, max-age={SECONDS}"
    return response
