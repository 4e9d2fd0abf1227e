"""People of the cast who publish: the handler writes, the supervisor reviews, the leader publishes."""

from datetime import date
from typing import Any

from jiedao.kernel.memo import forget_all
from jiedao.publishing.actions.moving import publish_publication, review_publication
from jiedao.publishing.actions.writing import PublicationInput, create_publication
from jiedao.publishing.models import EDIT, PUBLISH, REVIEW, Publication
from jiedao.testing.cast import Town

WRITER, REVIEWER, PUBLISHER = "handler", "supervisor", "leader"
TEXT = "各位居民：\n\n一、时间\n6月10日8时至18时停水。\n\n二、联系\n请与社区工作站联系。"


def grant_publishing_rights(town: Town) -> Town:
    """Give each of the three people one right."""
    for username, right in ((WRITER, EDIT), (REVIEWER, REVIEW), (PUBLISHER, PUBLISH)):
        post = town.posts[username]
        post.permissions = [*post.permissions, right]
        post.save()
    forget_all()
    return town


def make_input(**values: Any) -> PublicationInput:
    """Return what a person enters for a notice."""
    usual: dict[str, Any] = {
        "kind": "NOTICE",
        "title": "停水通告",
        "source": "云溪街道办事处",
        "document_date": date(2020, 6, 1),
        "text": TEXT,
    }
    return PublicationInput(**{**usual, **values})


def write(town: Town, *, report_id: int | None = None, **values: Any) -> Publication:
    """Return a new draft."""
    return create_publication(actor=town.actor(WRITER), data=make_input(**values), report_id=report_id)


def publish(town: Town, publication: Publication) -> Publication:
    """Review and publish a draft by the two other people."""
    reviewed = review_publication(
        actor=town.actor(REVIEWER), publication_id=publication.pk, version=publication.version
    )
    return publish_publication(
        actor=town.actor(PUBLISHER), publication_id=reviewed.pk, version=reviewed.version
    )
