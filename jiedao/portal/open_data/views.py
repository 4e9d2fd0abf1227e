"""Views of open data."""

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jiedao.portal.entry import public_page
from jiedao.publishing.open_data.definition import HAS_OPEN_SETS, get_open_set, list_open_sets
from jiedao.publishing.open_data.files import CONTENT_TYPES, describe_set, get_file
from jiedao.publishing.open_data.narrowing import read_narrowed, take_names
from jiedao.publishing.open_data.preview import build_table
from jiedao.publishing.open_data.rows import count_rows

PREVIEW_ROWS, NARROWED_ROWS = 20, 500
HOUR = 3600


def has_open_data() -> bool:
    """Return whether there is anything to show, so that the navigation names the page."""
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

    The address of a figure's rows has the filters of the figure; other names, such as those that apps add to a link
    which is shared, do not count.
    """
    data_set = get_open_set(key)
    narrowed = read_narrowed(data_set, take_names(data_set, request.GET.dict()))
    most = NARROWED_ROWS if narrowed is not None else PREVIEW_ROWS
    context = {
        "set": data_set,
        "table": build_table(data_set, narrowed, most=most),
        "count": count_rows(data_set, narrowed),
        "most": most,
        "is_narrowed": narrowed is not None,
    }
    return render(request, "portal/open_data/data_set.html", context)


@require_safe
@public_page
def send_dictionary(request: HttpRequest, key: str) -> HttpResponse:
    """Send the data dictionary with the licence."""
    return JsonResponse(describe_set(get_open_set(key)), json_dumps_params={"ensure_ascii": False})


@require_safe
@public_page
def send_file(request: HttpRequest, key: str, suffix: str) -> HttpResponseBase:
    """Send the rows as a file; programs of other sites may read it, too."""
    data_set = get_open_set(key)
    path = get_file(data_set, suffix)
    response = FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"{path.stem.rsplit('-', 1)[0]}.{suffix}",
        content_type=CONTENT_TYPES[suffix],
    )
    response["Cache-Control"] = f"public, max-age={HOUR}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Link"] = f'<{data_set.row.licence_url}>; rel="license"'
    return response
