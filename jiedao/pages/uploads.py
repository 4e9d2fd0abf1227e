"""Files sent with a form. Photos are stored at once, so that a form that must be corrected does not lose them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _

from jiedao.files.actions import store
from jiedao.files.models import Kind
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest

MAX_FILES = 20
BEFORE = {"REPORT", "VERIFY"}


def photo_kind(move: str) -> str:
    """Return what photos of a move show: the place before, or after it was handled."""
    return str(Kind.PHOTO_BEFORE if move in BEFORE else Kind.PHOTO_AFTER)


def store_uploads(
    actor: Actor, files: Any, kept: Sequence[int], kind: str, field: str = "photos"
) -> list[int]:
    """Store the uploads of a field and return their ids after those kept from an earlier try.

    Raises UserError for a file that is not accepted, and beyond twenty.
    """
    uploads = files.getlist(field)
    if len(uploads) + len(kept) > MAX_FILES:
        raise UserError(
            _("照片最多 %(most)d 张。") % {"most": MAX_FILES}, hint=_("请挑最能说明情况的。"), field=field
        )
    ids = list(kept)
    for upload in uploads:
        try:
            ids.append(store(actor, upload, kind=kind).pk)
        except UserError as fault:
            raise UserError(f"{upload.name}：{fault.message}", hint=fault.hint, field=field) from fault
    return ids


def add_files(request: DeskRequest, object_type: str, object_id: int) -> None:
    """Attach the files of a form to an object, at most twenty, and tell the person what became of them."""
    kind = request.POST.get("kind", "")
    kind = kind if kind in Kind.values else Kind.DOCUMENT.value
    count = 0
    for file in request.FILES.getlist("files")[:MAX_FILES]:
        try:
            store(request.actor, file, object_type=object_type, object_id=object_id, kind=kind)
        except UserError as fault:
            messages.error(request, f"{file.name}：{fault}")
            break
        count += 1
    if count:
        messages.success(request, _("已添加 %(n)d 个文件。") % {"n": count})
    elif not request.FILES:
        messages.error(request, _("没有选择文件。"))
