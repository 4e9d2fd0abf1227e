"""Reads of attachments."""

from collections.abc import Iterable

from jiedao.files.models import Attachment
from jiedao.kernel.prepared import SOME_ID, SOME_TEXT, PreparedQuery
from jiedao.orgs.actor import Actor

OF_OBJECT = PreparedQuery(
    lambda object_type, object_id: (
        Attachment.objects.of(object_type, object_id).select_related("blob").order_by("id")
    ),
    SOME_TEXT,
    SOME_ID,
)


def list_attachments(object_type: str, object_id: int) -> list[Attachment]:
    """Return the attachments of an object with their blobs, the oldest first; one statement."""
    return OF_OBJECT.fetch(object_type, object_id)


def group_attachments(object_type: str, ids: Iterable[int]) -> dict[int, list[Attachment]]:
    """Return the attachments of objects of one type by object id, as `list_attachments` does; one statement."""
    attachments = Attachment.objects.filter(
        object_type=object_type, object_id__in=list(ids), removed_at__isnull=True
    )
    by_object: dict[int, list[Attachment]] = {}
    for attachment in attachments.select_related("blob").order_by("id"):
        by_object.setdefault(attachment.object_id or 0, []).append(attachment)
    return by_object


def read_kinds(ids: Iterable[int]) -> dict[int, str]:
    """Return the kinds of these attachments by id; no query without ids."""
    wanted = list(ids)
    return dict(Attachment.objects.filter(pk__in=wanted).values_list("pk", "kind")) if wanted else {}


def read_names(actor: Actor, ids: Iterable[int]) -> list[str]:
    """Return the names of the actor's own uploads among these, the oldest first; no query without ids."""
    wanted = list(ids)
    if not wanted or actor.user_id is None:
        return []
    uploads = Attachment.objects.filter(pk__in=wanted, uploaded_by_id=actor.user_id, removed_at__isnull=True)
    return list(uploads.order_by("pk").values_list("name", flat=True))
