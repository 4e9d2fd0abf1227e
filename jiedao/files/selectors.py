"""Reading attachments."""

from jiedao.files.models import Attachment


def attachments_of(object_type: str, object_id: int) -> list[Attachment]:
    """Return what is attached to the object, oldest first, with blobs (one statement)."""
    return list(Attachment.objects.of(object_type, object_id).select_related("blob").order_by("id"))
