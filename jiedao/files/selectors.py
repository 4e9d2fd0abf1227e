"""Reading attachments."""

from collections.abc import Iterable

from jiedao.files.models import Attachment


def attachments_of(object_type: str, object_id: int) -> list[Attachment]:
    """Return what is attached to the object, oldest first, with blobs (one statement)."""
    return list(Attachment.objects.of(object_type, object_id).select_related("blob").order_by("id"))


def attachments_by_object(object_type: str, ids: Iterable[int]) -> dict[int, list[Attachment]]:
    """Return what is attached to objects of one type by their ids, oldest first, with blobs (one statement)."""
    rows = Attachment.objects.filter(
        object_type=object_type, object_id__in=list(ids), removed_at__isnull=True
    )
    found: dict[int, list[Attachment]] = {}
    for row in rows.select_related("blob").order_by("id"):
        found.setdefault(row.object_id or 0, []).append(row)
    return found
