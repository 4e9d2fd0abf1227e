"""Which photos the site accepts, in words and when they are stored."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from jiedao.cases.following_public.reporting import make_public_actor
from jiedao.files.actions import store_file
from jiedao.files.kinds import FILE_TYPES
from jiedao.files.models import Kind
from jiedao.kernel.errors import UserError
from jiedao.pages.uploads import StoredUploads

MIB = 1024 * 1024
PHONE_FORMATS = (".heic", ".heif")  # of photos that a phone can save as JPEG instead


def describe_accepted_photos() -> str:
    """Return the types and the size of the photos that are accepted."""
    types = _("、").join(file_type.code for file_type in FILE_TYPES if file_type.is_image)
    return _("可以用 %(types)s 格式的照片，每张不超过 %(most)d MB。") % {
        "types": types,
        "most": settings.JIEDAO_UPLOAD_BYTES // MIB,
    }


def store_photos(uploads: Sequence[Any], stored_ids: Sequence[int] = ()) -> StoredUploads:
    """Store the photos of a form after those of an earlier attempt; a sentence states which are none.

    The accepted formats are not part of the sentences: the form states them once.
    """
    result = StoredUploads(list(stored_ids))
    for upload in uploads:
        try:
            result.ids.append(store_file(make_public_actor(), upload, kind=Kind.PHOTO_BEFORE.value).pk)
        except UserError as fault:
            result.refusals.append(f"{upload.name}：{_word_refusal(upload, fault)}")
    return result


def _word_refusal(upload: Any, fault: UserError) -> str:
    """Return why a file was refused. What documents it could become instead does not concern a resident."""
    if (upload.size or 0) > settings.JIEDAO_UPLOAD_BYTES:
        return str(fault.message)
    if upload.name.lower().endswith(PHONE_FORMATS):
        return str(fault)
    return _("这不是照片，或者已经损坏。")
