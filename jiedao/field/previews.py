"""Small pictures of the photos of cases: which of them a phone stores for the day, and how each is made."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.field.entry import require_field
from jiedao.files import storage
from jiedao.files.access import get_attachment
from jiedao.files.images import make_preview
from jiedao.files.models import Attachment, Kind
from jiedao.files.selectors import group_attachments
from jiedao.kernel.errors import NotFoundError
from jiedao.pages.entry import DeskRequest

SIDE = 480  # pixels of the longer side
MOST_OF_KIND = 2  # of a case: the first shows the matter as it was reported, the last as it is now
MOST_PHOTOS = 60  # of a bundle
MOST_BYTES = 6_000_000  # that a phone stores; the app stops there


def list_photos(case_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the photos that a phone stores, by case: id, kind in words, and time; one statement.

    The cases are served in their order, until the bundle has MOST_PHOTOS.
    """
    ids = list(case_ids)
    attachments = group_attachments("cases.case", ids) if ids else {}
    photos: dict[int, list[dict[str, Any]]] = {}
    left = MOST_PHOTOS
    for pk in ids:
        chosen = _choose(attachments.get(pk, []))[:left]
        left -= len(chosen)
        photos[pk] = [
            {"id": row.pk, "kind": str(Kind(row.kind).label), "at": row.at.isoformat()} for row in chosen
        ]
    return photos


def _choose(attachments: list[Attachment]) -> list[Attachment]:
    """Return the first and the last picture of each kind, the oldest first."""
    by_kind: dict[str, list[Attachment]] = {}
    for row in attachments:
        if row.is_image:
            by_kind.setdefault(row.kind, []).append(row)
    chosen = [
        row
        for rows in by_kind.values()
        for row in (rows if len(rows) <= MOST_OF_KIND else [rows[0], rows[-1]])
    ]
    return sorted(chosen, key=lambda row: row.pk)


@require_field
@require_safe
def send_preview(request: DeskRequest, photo_id: int) -> HttpResponse:
    """Return a photo as a small JPEG; the browser caches nothing, because the app removes its copy at sign-out."""
    request.by_itself = True
    attachment = get_attachment(request.actor, photo_id)
    if not attachment.is_image:
        raise NotFoundError(_("这个附件不是照片。"), hint=_("请到工作台打开。"))
    try:
        with storage.open_content(attachment.blob.sha256) as file:
            content = file.read()
    except FileNotFoundError as fault:
        raise NotFoundError(
            _("照片的内容不在服务器上。"), hint=_("请告诉管理员从备份恢复 files 文件夹。")
        ) from fault
    answer = HttpResponse(make_preview(content, SIDE), content_type="image/jpeg")
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
