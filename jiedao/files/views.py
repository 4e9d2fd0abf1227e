"""Sending an attachment to a browser."""

import logging

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext as _

from jiedao.files import storage
from jiedao.files.models import Attachment
from jiedao.kernel.errors import NotFoundError

logger = logging.getLogger(__name__)


def serve_attachment(request: HttpRequest, attachment: Attachment) -> HttpResponse | FileResponse:
    """Send the content of an attachment that `access.get_attachment` has returned.

    Pictures are shown in place and all other files downloaded; `?download=1` downloads pictures too. The browser
    may cache the file but asks again each time, because the right to see it can end.

    Raises:
        NotFoundError: the content is missing on the disk.
    """
    tag = f'"{attachment.blob.sha256}"'
    if tag in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified(headers={"ETag": tag})
    try:
        content = storage.open_content(attachment.blob.sha256)
    except FileNotFoundError as fault:
        logger.exception("content %s of attachment %s is missing", attachment.blob.sha256, attachment.pk)
        raise NotFoundError(
            _("附件“%(name)s”的内容不在服务器上。") % {"name": attachment.name},
            hint=_("请告诉管理员从备份恢复 files 文件夹。"),
        ) from fault
    response = FileResponse(
        content,
        as_attachment=not attachment.is_image or "download" in request.GET,
        filename=attachment.name,
        content_type=attachment.blob.content_type,
    )
    response["Content-Length"] = attachment.blob.size
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
