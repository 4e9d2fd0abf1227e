"""What the pages of promises share: pictures and other files."""

from typing import Any

from jiedao.desk.links import attachment_url
from jiedao.files.models import Attachment


def papers(files: list[Attachment]) -> tuple[list[dict[str, Any]], list[Attachment]]:
    """Return the pictures among attachments as the photo grid takes them, and the other files."""
    pictures = [file for file in files if file.is_image]
    grid = [{"url": attachment_url(one.pk), "label": one.name} for one in pictures]
    return grid, [file for file in files if not file.is_image]
