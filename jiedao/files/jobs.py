"""What the worker does for files: photos that were sent with a form of the public which was never filed are deleted."""

from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.db.models import ProtectedError

from jiedao.files.actions import record_entry_of_deletion
from jiedao.files.models import Attachment, Blob
from jiedao.files.storage import delete_content
from jiedao.kernel import clock
from jiedao.kernel.jobs import periodic

ABANDONED = timedelta(days=1)  # as long as a form of the public may be sent again
MOST = 500  # in one run


# Not atomic: each upload is deleted in a transaction of its own, and its content only after that.
@periodic("files.delete_abandoned", every=timedelta(hours=1), atomic=False)
def delete_abandoned_uploads() -> int:
    """Delete uploads without an owner that no object has used for a day; return how many.

    An upload of a user stays: the user sees it, and an entry of the audit names it. One without a user came with a form
    of the public, and nobody can reach it once the form was given up.
    """
    waiting = Attachment.objects.filter(
        object_type="", uploaded_by_id__isnull=True, at__lt=clock.now() - ABANDONED
    )
    ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:MOST])
    return sum(_delete_upload(pk) for pk in ids)


def _delete_upload(pk: int) -> bool:
    """Delete an upload unless it was attached meanwhile, and its content where nothing else uses it."""
    with transaction.atomic():
        upload = Attachment.objects.select_related("blob").filter(pk=pk, object_type="").first()
        if upload is None or not Attachment.objects.filter(pk=pk, object_type="").delete()[0]:
            return False
        record_entry_of_deletion(upload)
    _delete_unused_blob(upload.blob)
    return True


def _delete_unused_blob(blob: Blob) -> None:
    """Delete a content that no row refers to: every reference protects its blob."""
    with suppress(ProtectedError), transaction.atomic():
        blob.delete()
        transaction.on_commit(lambda: delete_content(blob.sha256))
