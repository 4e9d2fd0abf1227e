"""Jobs of files: erasing what visitors uploaded and never sent."""

from datetime import timedelta

from django.db import transaction
from django.db.models import ProtectedError

from jiedao.audit.actions import record_entry
from jiedao.files import storage
from jiedao.files.models import Attachment, Blob
from jiedao.kernel import clock
from jiedao.kernel.jobs import periodic
from jiedao.orgs.actor import make_system_actor

KEEP = timedelta(days=2)  # the form of a visitor holds its photos for a day
AHEAD = timedelta(days=30)  # from which on a clock is taken to be wrong, and nothing is erased
MOST = 2000  # in one run


@periodic("files:erase_unsent", every=timedelta(hours=6), atomic=False)
def erase_unsent() -> int:
    """Erase the uploads of visitors that no form was sent with; return how many.

    Those of users stay: a draft, or a phone without a network, may still name them.
    """
    now = clock.now()
    rows = Attachment.objects.filter(object_type="", uploaded_by__isnull=True, at__lt=now - KEEP)
    latest = Attachment.objects.order_by("-id").values_list("at", flat=True).first()
    if latest is None or now - latest > AHEAD:
        return 0
    erased = 0
    for pk in list(rows.order_by("id").values_list("pk", flat=True)[:MOST]):
        erased += _erase(pk)
    return erased


def _erase(attachment_id: int) -> bool:
    with transaction.atomic():
        rows = Attachment.objects.select_for_update(of=("self",)).select_related("blob")
        attachment = rows.filter(pk=attachment_id, object_type="").first()
        if attachment is None:  # it was sent in the meantime
            return False
        attachment.delete()
        record_entry(
            actor=make_system_actor(),
            action="files.attachment:erase",
            obj_type="files.attachment",
            obj_id=attachment_id,
            after={"attachment": attachment_id, "kind": attachment.kind, "blob": attachment.blob_id},
        )
        is_free = _delete_blob(attachment.blob)
    if is_free:
        storage.erase_content(attachment.blob.sha256)
    return True


def _delete_blob(blob: Blob) -> bool:
    """Delete the row of a content unless something uses it."""
    try:
        with transaction.atomic():
            blob.delete()
    except ProtectedError:
        return False
    return True
