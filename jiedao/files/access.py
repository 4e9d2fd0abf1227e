"""Who may see which attachment: the room that owns the object decides."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from jiedao.files.models import Attachment
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor

Checker = Callable[[Actor, int], bool]
_CHECKERS: dict[str, Checker] = {}


def register_scope(object_type: str, checker: Checker) -> None:
    """Let a room say who sees its objects: `checker(actor, object_id)`. Called from its AppConfig.ready."""
    _CHECKERS[object_type] = checker


def sees(actor: Actor, attachment: Attachment) -> bool:
    """Tell whether the actor may see it: by the object's scope, or as the uploader while it has no object."""
    if attachment.object_id is None:
        return actor.is_system or (actor.user_id is not None and actor.user_id == attachment.uploaded_by_id)
    checker = _CHECKERS.get(attachment.object_type)
    return checker is not None and checker(actor, attachment.object_id)


def get_attachment(actor: Actor, attachment_id: int) -> Attachment:
    """Return the attachment with its blob; raise NotFoundError when out of scope, taken off, or not there."""
    found: Attachment | None = (
        Attachment.objects.select_related("blob").filter(pk=attachment_id, removed_at__isnull=True).first()
    )
    if found is None or not sees(actor, found):
        raise NotFoundError(_("没有这个附件，或它不归您看。"), hint=_("请回到案件页再试。"))
    return found
