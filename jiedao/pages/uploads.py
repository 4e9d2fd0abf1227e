"""Files sent with a form. They are stored at once, so that the user need not choose them again after an error."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _

from jiedao.files.actions import store_file
from jiedao.files.models import Kind
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest

MAX_FILES = 20
MOVES_BEFORE_HANDLING = {"REPORT", "VERIFY"}
MOVES_OF_THE_CHECK = {"CHECK_PASS", "REWORK"}


def get_photo_kind(move: str, field: str = "photos") -> str:
    """Return the kind of the photos of a move's field: of the matter as it was, of the result, or of its check."""
    if move in MOVES_BEFORE_HANDLING or field == "photos_before":
        return str(Kind.PHOTO_BEFORE)
    return str(Kind.PHOTO_CHECK if move in MOVES_OF_THE_CHECK else Kind.PHOTO_AFTER)


def store_uploads(
    actor: Actor, files: Any, stored_ids: Sequence[int], kind: str, field: str = "photos"
) -> list[int]:
    """Store the uploads of a field; return the ids of the files stored with an earlier attempt, then the new ids.

    Raise UserError for a file that is not accepted and for more than 20 files.
    """
    uploads = files.getlist(field)
    if len(uploads) + len(stored_ids) > MAX_FILES:
        raise UserError(
            _("照片最多 %(most)d 张。") % {"most": MAX_FILES}, hint=_("请挑最能说明情况的。"), field=field
        )
    ids = list(stored_ids)
    for upload in uploads:
        try:
            ids.append(store_file(actor, upload, kind=kind).pk)
        except UserError as fault:
            raise UserError(f"{upload.name}：{fault.message}", hint=fault.hint, field=field) from fault
    return ids


def attach_files(request: DeskRequest, object_type: str, object_id: int) -> None:
    """Attach at most 20 files of a form to an object and tell the user how many were added."""
    kind = request.POST.get("kind", "")
    kind = kind if kind in Kind.values else Kind.DOCUMENT.value
    count = 0
    for file in request.FILES.getlist("files")[:MAX_FILES]:
        try:
            store_file(request.actor, file, object_type=object_type, object_id=object_id, kind=kind)
        except UserError as fault:
            messages.error(request, f"{file.name}：{fault}")
            break
        count += 1
    if count:
        messages.success(request, _("已添加 %(n)d 个文件。") % {"n": count})
    elif not request.FILES:
        messages.error(request, _("没有选择文件。"))
