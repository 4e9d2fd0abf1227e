"""What the pages of promises share: links to the rows behind a figure, and files."""

from typing import Any

from jiedao.desk import links
from jiedao.desk.links import attachment_url
from jiedao.files.models import Attachment
from jiedao.kernel.figures import RowsLink
from jiedao.orgs.actor import Actor
from jiedao.registers.access import readable


def rows_url(actor: Actor, link: RowsLink | None) -> str:
    """Return the address of the list of the rows behind an amount, "" where the user may not open it."""
    if link is None or link.args[0] not in {info.key for info in readable(actor)}:
        return ""
    return links.rows_url(link)


def papers(files: list[Attachment]) -> tuple[list[dict[str, Any]], list[Attachment]]:
    """Return the pictures among attachments as the photo grid takes them, and the other files."""
    pictures = [file for file in files if file.is_image]
    grid = [{"url": attachment_url(one.pk), "label": one.name} for one in pictures]
    return grid, [file for file in files if not file.is_image]
