"""The pages that list the rows behind a figure, by the kind of their list.

A room below the pages knows a list only as data (`kernel.figures.RowsLink`). The face that has the pages registers
them, so that a command, the API and a report state the same address as a page does.
"""

from collections.abc import Mapping
from functools import cache
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.module_loading import import_string

from jiedao.kernel.figures import RowsLink

_PATHS: list[str] = []


def register_rows_pages(path: str) -> None:
    """Register pages. Called from the AppConfig.ready of a face.

    `path` names a mapping of a list's kind to the url name of its page and the right that opens it. It is imported
    when the first address is built.
    """
    if path not in _PATHS:
        _PATHS.append(path)


@cache
def read_rows_pages() -> Mapping[str, tuple[str, str]]:
    """Return url name and right of every registered page, by the kind of the list."""
    pages: dict[str, tuple[str, str]] = {}
    for path in _PATHS:
        pages |= import_string(path)
    return pages


def build_rows_url(link: RowsLink | None) -> str:
    """Return the address of the list of the rows behind a figure, "" where there is no list or no page for it."""
    page = read_rows_pages().get(link.kind) if link is not None else None
    if link is None or page is None:
        return ""
    url, query = reverse(page[0], args=link.args), urlencode(link.query)
    return f"{url}?{query}" if query else url
