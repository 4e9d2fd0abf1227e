"""Files sent with a form. They are stored at once, so that the user need not choose them again after an error."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.files.actions import store_file
from jiedao.files.kinds import ACCEPTED_EXTENSIONS, list_accepted_types
from jiedao.files.models import Kind
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest

MAX_FILES = 20
BESIDE = "beside"  # the tag of a message that the panel of attachments shows, not the top of the page
MOVES_BEFORE_HANDLING = {"REPORT", "VERIFY", "UNTRUE"}
MOVES_OF_THE_CHECK = {"CHECK_PASS", "REWORK"}
# The attribute `accept` of a file input. A phone offers its camera first.
ACCEPT_FILES = ",".join(["image/*", "video/*", "audio/*", *ACCEPTED_EXTENSIONS])


@dataclass
class StoredUploads:
    """The ids of the files of a field that are stored, and a sentence for each file that was refused."""

    ids: list[int] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def get_photo_kind(move: str, field: str = "photos") -> str:
    """Return the kind of the photos of a move's field: of the matter as it was, of the result, or of its check."""
    if move in MOVES_BEFORE_HANDLING or field == "photos_before":
        return str(Kind.PHOTO_BEFORE)
    return str(Kind.PHOTO_CHECK if move in MOVES_OF_THE_CHECK else Kind.PHOTO_AFTER)


def store_uploads(
    actor: Actor,
    uploads: Sequence[Any],
    stored_ids: Sequence[int] = (),
    *,
    kind: str = Kind.DOCUMENT.value,
    documents: bool = False,
    **target: Any,
) -> StoredUploads:
    """Store the uploads of a field, after those of an earlier attempt. A refused file does not affect the others.

    Args:
        kind: the kind of the pictures.
        documents: whether other files are accepted beside pictures; they become documents.
        target: object_type and object_id, to attach the files at once.
    """
    result = StoredUploads(list(stored_ids)[:MAX_FILES])
    for upload in uploads:
        if len(result.ids) >= MAX_FILES:
            most = _("一次最多 %(most)d 个文件，这一个没有收。") % {"most": MAX_FILES}
            result.refusals.append(f"{upload.name}：{most}")
            continue
        try:
            result.ids.append(store_file(actor, upload, kind=kind, documents=documents, **target).pk)
        except UserError as fault:
            result.refusals.append(f"{upload.name}：{fault}")
    return result


def build_upload_form(upload_url: str, *photo_kinds: tuple[str, Any]) -> dict[str, Any]:
    """Return the context of the panel of attachments; without an address it has no form to add files."""
    return {
        "upload_url": upload_url,
        "photo_kinds": photo_kinds,
        "accept_files": ACCEPT_FILES,
        "accepted_types": list_accepted_types() if upload_url else "",
    }


def attach_files(request: DeskRequest, object_type: str, object_id: int) -> None:
    """Attach at most 20 files of a form to an object; report to the user how many were added and which were refused."""
    kind = request.POST.get("kind", "")
    uploads = store_uploads(
        request.actor,
        request.FILES.getlist("files"),
        kind=kind if kind in Kind.values else Kind.DOCUMENT.value,
        documents=True,
        object_type=object_type,
        object_id=object_id,
    )
    for refusal in uploads.refusals:
        messages.error(request, refusal, BESIDE)
    if count := len(uploads.ids):
        added = ngettext("已添加 %(n)d 个文件。", "已添加 %(n)d 个文件。", count)
        messages.success(request, added % {"n": count}, BESIDE)
    elif not uploads.refusals:
        messages.error(request, _("没有选择文件。"), BESIDE)
