"""What the pages of promises share: lists of pictures and other attachments."""

from typing import Any

from jiedao.desk.links import get_attachment_url
from jiedao.files.models import Attachment


def split_attachments(files: list[Attachment]) -> tuple[list[dict[str, Any]], list[Attachment]]:
    """Return the pictures as the template tag `photo_grid` takes them, and the other attachments."""
    pictures = [file for file in files if file.is_image]
    photos = [{"url": get_attachment_url(file.pk), "label": file.name} for file in pictures]
    return photos, [file for file in files if not file.is_image]
