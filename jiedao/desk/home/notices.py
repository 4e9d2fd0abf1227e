"""What the page of notices reads."""

from dataclasses import dataclass
from datetime import datetime

from jiedao.notices.models import Notice
from jiedao.orgs.actor import Actor

PAGE_SIZE = 50
NOTICE_TONES = {"INFO": "info", "WARN": "warn", "ALARM": "bad"}


@dataclass(frozen=True)
class NoticeRow:
    """A notice of the person."""

    id: int
    at: datetime
    tone: str
    text: str
    url: str
    read: bool


def notice_page(actor: Actor, after: int | None, *, unread: bool) -> tuple[list[NoticeRow], str]:
    """Return one page of the person's notices, newest first, and the id to go on after; one statement."""
    rows = Notice.objects.filter(user_id=actor.user_id or 0).order_by("-id")
    rows = rows.filter(read_at__isnull=True) if unread else rows
    rows = rows.filter(pk__lt=after) if after is not None else rows
    found = list(rows[: PAGE_SIZE + 1])
    shown = [
        NoticeRow(
            row.pk, row.at, NOTICE_TONES.get(row.tone, "info"), row.text, row.url, row.read_at is not None
        )
        for row in found[:PAGE_SIZE]
    ]
    return shown, str(shown[-1].id) if len(found) > PAGE_SIZE else ""


def notice_of(actor: Actor, notice_id: int) -> Notice | None:
    """Return a notice of the person."""
    return Notice.objects.filter(user_id=actor.user_id or 0, pk=notice_id).first()
