"""Views of publications: the list, one of them, its files and its code for phones, and the feed."""

import io
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse
from django.http.response import Http404, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.files.models import Attachment
from jiedao.files.views import serve_attachment
from jiedao.indicators.figure import Figure
from jiedao.kernel.storable import make_storable
from jiedao.pages.reading import read_number
from jiedao.portal.entry import public_page
from jiedao.portal.info.figures import list_figure_lines, make_key
from jiedao.portal.site import find_site
from jiedao.publishing.counting_views import VIEWS
from jiedao.publishing.models import PublicationKind
from jiedao.publishing.selectors.publications import (
    PublicationPage,
    count_views,
    get_published,
    list_current_notices,
    list_feed,
    list_files,
    list_last_published,
    list_published,
    read_body,
)
from jiedao.reports.document import Document, Paragraph, read_text
from jiedao.reports.output.web import write_html

SIZES = ("", "large", "larger")
SUMMARY = 200  # characters
ON_HOME = 5
# Headers of pages that a browser loads in advance, which do not count as views.
AHEAD_HEADERS = ("Purpose", "Sec-Purpose", "X-Moz")


@require_safe
@public_page
def list_publications(request: HttpRequest) -> HttpResponse:
    """List what is published, the last first: all, one kind, or those with words in the title."""
    kind, words = request.GET.get("kind", ""), make_storable(request.GET.get("q", "")).strip()[:60]
    if kind not in {"", *PublicationKind.values}:
        raise Http404
    page = list_published(kind=kind, words=words, number=read_number(request.GET.get("page")) or 1)
    context = {
        "page": page,
        "kinds": _list_kinds(kind, words),
        "kind": kind,
        "words": words,
        **_build_page_links(page, kind, words),
    }
    return render(request, "portal/info/list.html", context)


def _list_kinds(kind: str, words: str) -> list[dict[str, Any]]:
    choices = [("", _("全部")), *((value, str(label)) for value, label in PublicationKind.choices)]
    return [
        {"label": label, "url": _build_query(value, words, 1), "active": value == kind}
        for value, label in choices
    ]


def _build_page_links(page: PublicationPage, kind: str, words: str) -> dict[str, str]:
    return {
        "previous": _build_query(kind, words, page.number - 1) if page.number > 1 else "",
        "next": _build_query(kind, words, page.number + 1) if page.number < page.last_number else "",
    }


def _build_query(kind: str, words: str, number: int) -> str:
    pairs = [("kind", kind), ("q", words), ("page", str(number) if number > 1 else "")]
    return f"{reverse('portal:info')}?{urlencode([pair for pair in pairs if pair[1]])}".rstrip("?")


@require_safe
@public_page
def show_publication(request: HttpRequest, publication_id: int) -> HttpResponse:
    """Show a publication, and count the view; of a withdrawn one only title, day and reason, with status 410."""
    publication = get_published(publication_id)
    if not publication.is_public:
        return render(request, "portal/info/withdrawn.html", {"publication": publication}, status=410)
    if request.method == "GET" and not any(name in request.headers for name in AHEAD_HEADERS):
        VIEWS.add(publication.pk)
    size = request.GET.get("size", "")
    document = read_body(publication)
    lines = list_figure_lines(document)

    def find_url(figure: Figure) -> str:
        return f"#{lines[make_key(figure)].anchor}"

    context = {
        "publication": publication,
        "kind_url": _build_query(publication.kind, "", 1),
        "body": write_html(document, find_url),
        "lines": [(line, line.build_rows_url(publication)) for line in lines.values()],
        "files": list_files(publication),
        "views": count_views(publication),
        "size": size if size in SIZES else "",
        "sizes": _list_sizes(size if size in SIZES else ""),
        "address": request.build_absolute_uri(request.path),
    }
    return render(request, "portal/info/publication.html", context)


def _list_sizes(size: str) -> list[dict[str, Any]]:
    """Return the links that change the size of the text."""
    return [
        {"label": label, "url": f"?size={value}" if value else "?", "active": value == size, "key": value}
        for value, label in (("", _("标准")), ("large", _("大")), ("larger", _("特大")))
    ]


@require_safe
@public_page
def send_code(request: HttpRequest, publication_id: int) -> HttpResponse:
    """Send the QR code that opens the publication on a phone."""
    publication = get_published(publication_id)
    url = request.build_absolute_uri(reverse("portal:publication", args=[publication.pk]))
    file = io.BytesIO()
    segno.make(url, error="m", micro=False).save(file, kind="svg", scale=4, border=2, light="#fff")
    response = HttpResponse(file.getvalue(), content_type="image/svg+xml")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
@public_page
def send_file(request: HttpRequest, publication_id: int, attachment_id: int) -> HttpResponseBase:
    """Send a file of a publication that is public."""
    publication = get_published(publication_id)
    files: Any = Attachment.objects.of("publishing.publication", publication.pk).select_related("blob")
    attachment = files.filter(pk=attachment_id).first()
    if attachment is None or not publication.is_public:
        raise Http404
    return serve_attachment(request, attachment)


@require_safe
@public_page
def send_feed(request: HttpRequest) -> HttpResponse:
    """Send the last publications as an Atom feed."""
    site = find_site()
    feed = Atom1Feed(
        title=site.name if site is not None else "",
        link=request.build_absolute_uri(reverse("portal:info")),
        description="",
        feed_url=request.build_absolute_uri(),
        language=get_language(),
    )
    for publication in list_feed():
        url = request.build_absolute_uri(reverse("portal:publication", args=[publication.pk]))
        feed.add_item(
            title=publication.title,
            link=url,
            description=write_summary(read_body(publication)),
            unique_id=url,
            pubdate=publication.published_at,
            updateddate=publication.published_at,
            author_name=publication.source,
            categories=(publication.get_kind_display(),),
        )
    response = HttpResponse(content_type=feed.content_type)
    feed.write(response, "utf-8")
    return response


def write_summary(document: Document) -> str:
    """Return the beginning of the first paragraph of a document."""
    words = next((read_text(block.runs) for block in document.blocks if isinstance(block, Paragraph)), "")
    return words if len(words) <= SUMMARY else f"{words[:SUMMARY]}…"


def read_notices_part(request: HttpRequest) -> dict[str, Any] | None:
    """Return the notice board for the start page; None while there is no current notice."""
    notices = list_current_notices()
    if not notices:
        return None
    return {"notices": notices[:ON_HOME], "all_url": _build_query(PublicationKind.NOTICE, "", 1)}


def read_home_part(request: HttpRequest) -> dict[str, Any] | None:
    """Return the last publications for the start page; None while there are none."""
    rows = list_last_published(ON_HOME)
    return {"rows": rows} if rows else None
