"""Read publications: all of them for clerks, the published ones for everybody."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from jiedao.files.models import Attachment
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError
from jiedao.kernel.periods import day_of
from jiedao.orgs.actor import Actor
from jiedao.publishing.models import (
    EDIT,
    PUBLISH,
    REVIEW,
    Publication,
    PublicationKind,
    PublicationState,
    ViewCount,
)
from jiedao.publishing.models.publications import NOTICE_DAYS
from jiedao.reports.document import Document, Heading, Level
from jiedao.reports.freezing import thaw

OBJECT_TYPE = "publishing.publication"
PAGE_SIZE = 20
FEED_SIZE = 30
MOST_NOTICES = 50
RIGHTS = (EDIT, REVIEW, PUBLISH)  # one of them opens the pages of clerks
PEOPLE = ("written_by", "reviewed_by", "published_by", "withdrawn_by")
PUBLIC_STATES = (PublicationState.PUBLISHED, PublicationState.WITHDRAWN)


@dataclass(frozen=True)
class PublicationPage:
    """A page of a list of publications, without their texts, and how many there are in all."""

    rows: list[Publication]
    number: int
    total: int

    @property
    def last_number(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // PAGE_SIZE))


def may_open(actor: Actor) -> bool:
    """Return whether the actor may open the pages of clerks."""
    return any(actor.can(right) for right in RIGHTS)


def require_clerk(actor: Actor) -> None:
    """Raise NotAllowed for an actor without any right of publishing."""
    if not may_open(actor):
        raise NotAllowed(_("您的岗位不办理信息公开。"), hint=_("请联系本单位负责人。"))


def list_publications(actor: Actor, *, state: str = "", kind: str = "", number: int = 1) -> PublicationPage:
    """Return a page of all publications, the last changed first."""
    require_clerk(actor)
    rows = Publication.objects.select_related(*PEOPLE).order_by("-written_at", "-pk")
    return _cut(_narrow(rows, state=state, kind=kind), number)


def list_published(*, kind: str = "", words: str = "", number: int = 1) -> PublicationPage:
    """Return a page of what everybody may read, the last published first.

    Args:
        words: all of these, separated by spaces, are in the title.
    """
    rows = _narrow(Publication.objects.all(), state=PublicationState.PUBLISHED.value, kind=kind)
    for word in words.split()[:6]:
        rows = rows.filter(title__icontains=word)
    return _cut(rows.order_by("-published_at", "-pk"), number)


def list_last_published(count: int) -> list[Publication]:
    """Return the last publications, without their contents."""
    rows = Publication.objects.filter(state=PublicationState.PUBLISHED).defer("content", "text")
    return list(rows.order_by("-published_at", "-pk")[:count])


def list_current_notices() -> list[Publication]:
    """Return the notices of the notice board, the last published first."""
    today = clock.today()
    since = day_of(today - timedelta(days=NOTICE_DAYS)).start_at
    current = Q(current_until__gte=today) | Q(current_until__isnull=True, published_at__gte=since)
    rows = Publication.objects.filter(
        current, state=PublicationState.PUBLISHED, kind=PublicationKind.NOTICE
    ).defer("content", "text")
    return list(rows.order_by("-published_at", "-pk")[:MOST_NOTICES])


def list_feed() -> list[Publication]:
    """Return the last publications, with their contents."""
    rows = Publication.objects.filter(state=PublicationState.PUBLISHED)
    return list(rows.order_by("-published_at", "-pk")[:FEED_SIZE])


def _narrow(rows: QuerySet[Publication], *, state: str, kind: str) -> QuerySet[Publication]:
    if state:
        rows = rows.filter(state=state)
    return rows.filter(kind=kind) if kind else rows


def _cut(rows: QuerySet[Publication], number: int) -> PublicationPage:
    total = rows.count()
    number = min(max(number, 1), max(1, -(-total // PAGE_SIZE)))
    first = (number - 1) * PAGE_SIZE
    return PublicationPage(list(rows.defer("content", "text")[first : first + PAGE_SIZE]), number, total)


def get_publication(actor: Actor, publication_id: int) -> Publication:
    """Return a publication for a clerk; raise NotFoundError if there is none."""
    require_clerk(actor)
    rows = Publication.objects.select_related(*PEOPLE, "signature", "report__template")
    publication = rows.filter(pk=publication_id).first()
    if publication is None:
        raise NotFoundError(_("没有这份公开信息。"), hint=_("请回到列表再选。"))
    return publication


def get_published(publication_id: int) -> Publication:
    """Return a publication that is public or was withdrawn; raise NotFoundError for every other.

    The caller shows of a withdrawn one only title, day and reason.
    """
    publication = Publication.objects.filter(pk=publication_id, state__in=PUBLIC_STATES).first()
    if publication is None:
        raise NotFoundError(_("没有这份公开信息。"), hint=_("请从列表中查找。"))
    return publication


def read_document(publication: Publication) -> Document:
    """Return the document of a publication."""
    return thaw(publication.content)


def read_body(publication: Publication) -> Document:
    """Return the document without its title, which the page shows above as the publication states it."""
    document = read_document(publication)
    blocks = tuple(
        block for block in document.blocks if not (isinstance(block, Heading) and block.level is Level.TITLE)
    )
    return replace(document, blocks=blocks)


def list_files(publication: Publication) -> list[Attachment]:
    """Return the files of a publication."""
    files: Any = Attachment.objects.of(OBJECT_TYPE, publication.pk).select_related("blob")
    return list(files.order_by("pk"))


def count_views(publication: Publication) -> int:
    """Return how often a publication was opened so far."""
    total = ViewCount.objects.filter(publication=publication).aggregate(views=Sum("views"))["views"]
    return int(total or 0)


def may_open_publication(actor: Actor, _publication_id: int) -> bool:
    """Return whether a clerk may open the files of a publication; those of a public one everybody may open."""
    return may_open(actor) or actor.is_system
