"""What messages call an object, and where its page is: declared by the faces, which know pages.

A message leaves the system, so it names an object without any personal data: a case by number and category, not by its
subject, which people write.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from django.urls import reverse

from jiedao.kernel.objects import ObjectRef
from jiedao.notices.models import Notice


class Summary(NamedTuple):
    """The name of an object in the reader's language, without personal data, and the path of its page."""

    name: str
    path: str


Summarise = Callable[[Collection[int]], dict[int, Summary]]
_SUMMARIES: dict[str, Summarise] = {}
_PAGES: dict[str, str] = {}


def register_summaries(object_type: str, summarise: Summarise) -> None:
    """Let messages name the objects of a type. Called from an AppConfig.ready."""
    _SUMMARIES[object_type] = summarise


def register_page(page: str, url_name: str) -> None:
    """Let messages link to a page: "notices", the list of a user's notices, or "wishes", where they switch it off."""
    _PAGES[page] = url_name


def find_page(page: str) -> str:
    """Return the path of a page that a face has registered, "/" where none has."""
    return reverse(_PAGES[page]) if page in _PAGES else "/"


def summarise_notices(notices: Iterable[Notice]) -> dict[ObjectRef, Summary]:
    """Return the summaries of the objects of notices, one query for each type; unknown objects are left out."""
    ids: dict[str, set[int]] = defaultdict(set)
    for notice in notices:
        if notice.object_id is not None:
            ids[notice.object_type].add(notice.object_id)
    return {
        ObjectRef(object_type, object_id): summary
        for object_type, object_ids in ids.items()
        if object_type in _SUMMARIES
        for object_id, summary in _SUMMARIES[object_type](object_ids).items()
    }
