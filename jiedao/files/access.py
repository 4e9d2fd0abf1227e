"""Which attachments an actor may see; the room that owns the object decides."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from jiedao.files.models import Attachment
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor

Checker = Callable[[Actor, int], bool]
_CHECKERS: dict[str, Checker] = {}
_PHOTO_CHECKERS: dict[str, Checker] = {}


def register_scope(object_type: str, checker: Checker, *, photos: Checker | None = None) -> None:
    """Register which actors see the objects of a room: `checker(actor, object_id)`. Call it in AppConfig.ready.

    `photos` admits further actors to the pictures of an object, but not to its documents.
    """
    _CHECKERS[object_type] = checker
    if photos is not None:
        _PHOTO_CHECKERS[object_type] = photos


def can_see_attachment(actor: Actor, attachment: Attachment) -> bool:
    """Return whether the actor may see the attachment: by the object's scope or, without an object, as its uploader."""
    if attachment.object_id is None:
        return actor.is_system or (actor.user_id is not None and actor.user_id == attachment.uploaded_by_id)
    checker = _CHECKERS.get(attachment.object_type)
    if checker is not None and checker(actor, attachment.object_id):
        return True
    photo_checker = _PHOTO_CHECKERS.get(attachment.object_type)
    return photo_checker is not None and attachment.is_image and photo_checker(actor, attachment.object_id)


def get_attachment(actor: Actor, attachment_id: int) -> Attachment:
    """Return the attachment with its blob; raise NotFoundError when it is missing, removed or out of scope."""
    attachment: Attachment | None = (
        Attachment.objects.select_related("blob").filter(pk=attachment_id, removed_at__isnull=True).first()
    )
    if attachment is None or not can_see_attachment(actor, attachment):
        raise NotFoundError(_("没有这个附件，或它不归您看。"), hint=_("请回到案件页再试。"))
    return attachment
