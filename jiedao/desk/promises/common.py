"""What the pages of promises share: links to the rows behind a figure, and files."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from jiedao.desk.links import get_attachment_url
from jiedao.files.models import Attachment
from jiedao.kernel.feeds import Address
from jiedao.orgs.actor import Actor
from jiedao.registers.access import readable


def rows_url(actor: Actor, address: Address | None) -> str:
    """Return the page that lists the rows behind an amount, "" where there is none that the person may open."""
    if address is None or address.args[0] not in {info.key for info in readable(actor)}:
        return ""
    return reverse(address.url_name, args=address.args) + f"?{urlencode(address.query)}"


def papers(files: list[Attachment]) -> tuple[list[dict[str, Any]], list[Attachment]]:
    """Return the pictures among attachments as the photo grid takes them, and the other files."""
    pictures = [file for file in files if file.is_image]
    grid = [{"url": get_attachment_url(one.pk), "label": one.name} for one in pictures]
    return grid, [file for file in files if not file.is_image]
