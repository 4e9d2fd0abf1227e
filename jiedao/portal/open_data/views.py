"""Views of open data."""

from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from jiedao.kernel import clock
from jiedao.kernel.requests import get_limit_address
from jiedao.pages.reading import read_number
from jiedao.portal.entry import public_page
from jiedao.portal.info.figures import FIGURE, find_published_figure
from jiedao.portal.limits import NARROWED_FILES
from jiedao.publishing.open_data.definition import HAS_OPEN_SETS, get_open_set, list_open_sets
from jiedao.publishing.open_data.files import CONTENT_TYPES, describe_set, get_file, open_narrowed_file
from jiedao.publishing.open_data.narrowing import read_row_filter, take_names
from jiedao.publishing.open_data.preview import build_table
from jiedao.publishing.open_data.rows import count_rows

PREVIEW_ROWS, NARROWED_ROWS = 20, 50
HOUR = 3600


def has_open_data() -> bool:
    """Return whether any data set is open: only then the navigation lists the page."""
    return HAS_OPEN_SETS.get()


@require_safe
@public_page
def list_data_sets(request: HttpRequest) -> HttpResponse:
    """List the data sets that are open."""
    return render(request, "portal/open_data/list.html", {"sets": list_open_sets()})


@require_safe
@public_page
def show_data_set(request: HttpRequest, key: str) -> HttpResponse:
    """Show a data set: licence, dictionary, files and the first rows, or all rows behind a figure.

    The address of a figure's rows has the filters of the figure, and the name of the figure where a publication states
    it; other names, such as those that apps add to a link which is shared, do not count.
    """
    data_set = get_open_set(key)
    query = take_names(data_set, request.GET.dict())
    narrowed = read_row_filter(data_set, query)
    count = count_rows(data_set, narrowed)
    last = max(1, -(-count // NARROWED_ROWS))
    number = min(max(read_number(request.GET.get("page")) or 1, 1), last) if narrowed is not None else 1
    table = build_table(
        data_set,
        narrowed,
        most=NARROWED_ROWS if narrowed is not None else PREVIEW_ROWS,
        start=(number - 1) * NARROWED_ROWS,
    )
    links = query | ({FIGURE: request.GET[FIGURE]} if FIGURE in request.GET else {})
    published = find_published_figure(request.GET.get(FIGURE, ""), data_set, query)
    difference = published.compare_rows(count) if published is not None else 0
    context = {
        "set": data_set,
        "table": table,
        "count": count,
        "number": number,
        "last": last,
        "previous": _build_query(links, number - 1) if number > 1 else "",
        "next": _build_query(links, number + 1) if narrowed is not None and number < last else "",
        "narrowing": f"?{urlencode(query)}" if query else "",
        "is_narrowed": narrowed is not None,
        "day": narrowed.day if narrowed is not None else None,
        "published": published,
        "more_rows": difference,
        "fewer_rows": -difference,
    }
    return render(request, "portal/open_data/data_set.html", context)


def _build_query(links: dict[str, str], number: int) -> str:
    return "?" + urlencode(links | ({"page": str(number)} if number > 1 else {})) + "#rows"


@require_safe
@public_page
def send_dictionary(request: HttpRequest, key: str) -> HttpResponse:
    """Send the data dictionary with the licence."""
    return JsonResponse(describe_set(get_open_set(key)), json_dumps_params={"ensure_ascii": False})


@require_safe
@public_page
def send_file(request: HttpRequest, key: str, suffix: str) -> HttpResponseBase:
    """Send the rows as a file, all of them or those behind a figure; scripts of other sites may read it, too (CORS)."""
    data_set = get_open_set(key)
    narrowed = read_row_filter(data_set, take_names(data_set, request.GET.dict()))
    if narrowed is None:
        path = get_file(data_set, suffix)
        name = path.stem.rsplit("-", 1)[0]
        file: BinaryIO = path.open("rb")
    else:
        NARROWED_FILES.take(get_limit_address(request))
        name = f"{key}-{clock.today():%Y%m%d}-selection"
        file = open_narrowed_file(data_set, narrowed, suffix)
    response = FileResponse(
        file, as_attachment=True, filename=f"{name}.{suffix}", content_type=CONTENT_TYPES[suffix]
    )
    response["Cache-Control"] = f"public, max-age={HOUR}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Link"] = f'<{data_set.row.licence_url}>; rel="license"'
    return response
