"""Photos that a phone sends before the item to which they belong."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.files.base import File
from django.utils.translation import gettext as _

from jiedao.files.actions import store_file
from jiedao.files.models import Attachment, Kind
from jiedao.kernel.client_keys import refuse_nil_uuid
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor

KINDS = (Kind.PHOTO_BEFORE.value, Kind.PHOTO_AFTER.value, Kind.PHOTO_CHECK.value)


class PhotosMissingError(UserError):
    """Photos of an item have not arrived; the phone sends them and then the item again."""

    def __init__(self, missing: list[uuid.UUID]) -> None:
        super().__init__(_("照片还没有传到。"), hint=_("手机会自动补传，再发一次。"), field="photos")
        self.missing = missing


def store_photo(actor: Actor, upload: "File[Any]", *, client_uuid: uuid.UUID, kind: str) -> Attachment:
    """Store a photo of an item that has not been sent yet; a second sending returns the first attachment.

    Raise UserError for a file that is no picture or too big, and for a UUID that another user has used.
    """
    refuse_nil_uuid(client_uuid)
    if kind not in KINDS:
        raise UserError(
            _("照片的种类不对。"), hint=_("可用的种类：%(kinds)s") % {"kinds": ", ".join(KINDS)}, field="kind"
        )
    return store_file(actor, upload, kind=kind, client_uuid=client_uuid)


def find_photo_ids(actor: Actor, photos: Mapping[str, Iterable[uuid.UUID]]) -> dict[str, list[int]]:
    """Return the ids of the photos by field; raise PhotosMissingError for those that did not arrive from the actor."""
    wanted = {key for keys in photos.values() for key in keys}
    if not wanted:
        return {}
    rows = Attachment.objects.filter(client_uuid__in=wanted, uploaded_by_id=actor.user_id)
    ids = dict(rows.filter(removed_at__isnull=True).values_list("client_uuid", "id"))
    if missing := sorted(wanted - ids.keys()):
        raise PhotosMissingError(missing)
    return {name: [ids[key] for key in keys] for name, keys in photos.items()}
