"""What the pages of promises share: links to the rows behind a figure, and lists of attachments."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from jiedao.desk.links import get_attachment_url
from jiedao.files.models import Attachment
from jiedao.kernel.feeds import Address
from jiedao.orgs.actor import Actor
from jiedao.registers.access import readable


def get_rows_url(actor: Actor, address: Address | None) -> str:
    """Return the address of the rows behind an amount, "" if there is no such page or the user may not open it."""
    if address is None or address.args[0] not in {info.key for info in readable(actor)}:
        return ""
    return reverse(address.url_name, args=address.args) + f"?{urlencode(address.query)}"


def split_attachments(files: list[Attachment]) -> tuple[list[dict[str, Any]], list[Attachment]]:
    """Return the pictures as the template tag `photo_grid` takes them, and the other attachments."""
    pictures = [file for file in files if file.is_image]
    photos = [{"url": get_attachment_url(file.pk), "label": file.name} for file in pictures]
    return photos, [file for file in files if not file.is_image]
