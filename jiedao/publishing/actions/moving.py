"""The moves of a publication: review, publish, withdraw, and begin a new draft of what was withdrawn."""

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.files.actions import attach_copies, remove_attachment
from jiedao.files.models import Attachment
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.publishing.actions.writing import (
    OBJECT_TYPE,
    describe_publication,
    list_writers,
    lock_publication,
    record_publication,
    require_unpublished,
    wrote_words,
)
from jiedao.publishing.models import EDIT, PUBLISH, REVIEW, Publication, PublicationState

LEAST_REASON = 4


def review_publication(*, actor: Actor, publication_id: int, version: int) -> Publication:
    """Mark a draft as reviewed; a person who wrote or changed its words cannot review them.

    Raises:
        NotAllowed: no right, or the actor wrote it. Stale: it was changed since. UserError: it is no draft.
    """
    actor.require(REVIEW)
    with transaction.atomic():
        publication = lock_publication(publication_id, version)
        if publication.state != PublicationState.DRAFT:
            raise UserError(_("这份公开信息不是草稿。"), hint=_("请刷新页面。"))
        if wrote_words(actor, publication):
            raise NotAllowed(_("起草人不能审核自己写的内容。"), hint=_("请由另一位同事审核。"))
        before = describe_publication(publication)
        publication.state = PublicationState.REVIEWED
        publication.reviewed_by_id, publication.reviewed_at = actor.user_id, clock.now()
        publication.version += 1
        publication.save()
        record_publication(actor, "review", publication, before)
    return publication


def publish_publication(*, actor: Actor, publication_id: int, version: int) -> Publication:
    """Make a reviewed publication public.

    Raises:
        NotAllowed: no right. Stale: it was changed since. UserError: it is not reviewed, or the signature of its
            report was withdrawn.
    """
    actor.require(PUBLISH)
    with transaction.atomic():
        publication = lock_publication(publication_id, version)
        if publication.state != PublicationState.REVIEWED:
            raise UserError(_("还没有审核，不能公布。"), hint=_("请先由另一位同事审核。"))
        if publication.signature is not None and publication.signature.withdrawn_at is not None:
            raise UserError(
                _("这份报告的签发已经撤回，不能公布。"), hint=_("请在重新签发后，另起一份公开信息。")
            )
        before = describe_publication(publication)
        publication.state = PublicationState.PUBLISHED
        publication.published_by_id, publication.published_at = actor.user_id, clock.now()
        publication.version += 1
        publication.save()
        record_publication(actor, "publish", publication, before)
    return publication


def withdraw_publication(*, actor: Actor, publication_id: int, version: int, reason: str) -> Publication:
    """Take a publication off the public site. Its page states title, day and reason, so that old links explain it.

    Raises:
        NotAllowed: no right. Stale: it was changed since. UserError: it is not public, or there is no reason.
    """
    actor.require(PUBLISH)
    clean_reason = " ".join(make_storable(reason).split())[:200]
    if len(clean_reason) < LEAST_REASON:
        raise UserError(_("请写明撤下的原因。"), hint=_("至少四个字，公众看得到。"), field="reason")
    with transaction.atomic():
        publication = lock_publication(publication_id, version)
        if publication.state != PublicationState.PUBLISHED:
            raise UserError(_("这份公开信息没有公布。"), hint=_("请刷新页面。"))
        before = describe_publication(publication)
        publication.state, publication.reason = PublicationState.WITHDRAWN, clean_reason
        publication.withdrawn_by_id, publication.withdrawn_at = actor.user_id, clock.now()
        publication.version += 1
        publication.save()
        record_publication(actor, "withdraw", publication, before)
    return publication


def copy_publication(*, actor: Actor, publication_id: int) -> Publication:
    """Begin a new draft with the content and the files of a withdrawn publication, and return it.

    The withdrawn one stays as it is, with its address and its reason.

    Raises:
        NotAllowed: no right. UserError: it was not withdrawn.
    """
    actor.require(EDIT)
    with transaction.atomic():
        old = lock_publication(publication_id)
        if old.state != PublicationState.WITHDRAWN:
            raise UserError(_("只有撤下的内容可以重起草稿。"), hint=_("请刷新页面。"))
        draft = Publication.objects.create(
            kind=old.kind,
            title=old.title,
            source=old.source,
            document_date=old.document_date,
            document_number=old.document_number,
            text=old.text,
            current_until=old.current_until,
            content=old.content,
            report_id=old.report_id,
            signature_id=old.signature_id,
            written_by_id=actor.user_id,
            written_at=clock.now(),
            earlier_writers=list_writers(old),
        )
        files = Attachment.objects.of(OBJECT_TYPE, old.pk).values_list("pk", flat=True)
        attach_copies(actor, OBJECT_TYPE, draft.pk, list(files))
        record_publication(actor, "edit", draft, before=None)
    return draft


def discard_publication(*, actor: Actor, publication_id: int, version: int) -> None:
    """Delete a draft that was never public, with its files; the audit keeps its title.

    Raises:
        NotAllowed: no right. Stale: it was changed since. UserError: it is or was public.
    """
    actor.require(EDIT)
    with transaction.atomic():
        publication = lock_publication(publication_id, version)
        require_unpublished(publication)
        for attachment in Attachment.objects.of(OBJECT_TYPE, publication.pk):
            remove_attachment(actor, attachment)
        record_entry(
            actor=actor,
            action="publishing.publication:edit",
            obj_type=OBJECT_TYPE,
            obj_id=publication.pk,
            before=describe_publication(publication),
            after=None,
        )
        publication.delete()
