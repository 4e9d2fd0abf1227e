"""Endpoints and their events as pages, API and commands show them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min
from django.utils.translation import gettext as _

from jiedao.exchange.endpoints.sending import TARGET, get_host
from jiedao.exchange.models import UNSENT, UNSENT_STATES, Endpoint, EventState, OutgoingEvent
from jiedao.kernel.crypto import UnreadableField, decrypt

PAGE = 50
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class EndpointLine:
    """An endpoint with the counts of its events.

    Attributes:
        sent: how many it has received in the last 90 days, counted up to `MOST_COUNTED`.
        oldest_at: since when the first one waits.
    """

    endpoint: Endpoint
    host: str
    waiting: int
    failed: int
    sent: int
    oldest_at: datetime | None

    @property
    def has_more(self) -> bool:
        """Whether it may have received more than were counted."""
        return self.sent >= MOST_COUNTED

    @property
    def is_faulty(self) -> bool:
        """Whether the last attempt failed."""
        fault_at, answer_at = self.endpoint.last_fault_at, self.endpoint.last_answer_at
        return fault_at is not None and (answer_at is None or fault_at > answer_at)

    @property
    def fault(self) -> str:
        """Why the last attempt failed, in the reader's language; "" where it did not."""
        return word_reason(self.endpoint.last_reason, self.endpoint.last_detail) if self.is_faulty else ""


def word_reason(reason: str, detail: str = "") -> str:
    """Return a stored reason in the reader's language, with the number that belongs to it."""
    if not reason:
        return ""
    return f"{_(reason)} ({detail})" if detail else _(reason)


def read_url(stored: str) -> str:
    """Return an encrypted address, "" where it cannot be read."""
    try:
        return decrypt(stored, context=TARGET) if stored else ""
    except UnreadableField:
        return ""


def list_endpoints() -> list[EndpointLine]:
    """Return all endpoints with their counts."""
    rows = OutgoingEvent.objects.filter(state__in=[*UNSENT_STATES, EventState.FAILED]).order_by()
    waiting, failed, oldest = Counter[int](), Counter[int](), dict[int, datetime]()
    counts = rows.values_list("endpoint_id", "state").annotate(n=Count("id"), at=Min("created_at"))
    for pk, state, number, at in counts:
        if state == EventState.FAILED:
            failed[pk] = number
        else:
            waiting[pk] += number
            oldest[pk] = min(at, oldest.get(pk, at))
    return [
        EndpointLine(
            row,
            get_host(read_url(row.target)),
            waiting[row.pk],
            failed[row.pk],
            row.outgoing_events.filter(state=EventState.SENT)[:MOST_COUNTED].count(),
            oldest.get(row.pk),
        )
        for row in Endpoint.objects.all()
    ]


def list_events(
    endpoint: Endpoint, *, state: str = "", number: str = "", before: int | None = None, most: int = PAGE
) -> tuple[list[OutgoingEvent], int | None]:
    """Return a page of events, the newest first, with the id after which the next page begins.

    Args:
        state: an `EventState`, "UNSENT" for what waits, "" for all.
    """
    rows = OutgoingEvent.objects.filter(endpoint=endpoint)
    if state == "UNSENT":
        rows = rows.filter(UNSENT)
    elif state in EventState.values:
        rows = rows.filter(state=state)
    if number:
        rows = rows.filter(number=number)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-pk")[: most + 1])
    return page[:most], page[most - 1].pk if len(page) > most else None
