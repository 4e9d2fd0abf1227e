"""When the next request about an order is made, and what is stored when one fails."""

from datetime import datetime, timedelta

from jiedao.district.models import Order, OrderNote
from jiedao.kernel.backoff import compute_backoff
from jiedao.kernel.wordings import Wording, store_wording

SHORTEST, LONGEST = timedelta(minutes=2), timedelta(hours=1)
FIRST_RETRY = timedelta(minutes=1)


def compute_look(now: datetime, changed_at: datetime | None) -> datetime:
    """Return when to look at an order again: after a tenth of the time since its last news, 2 to 60 minutes."""
    quiet = (now - changed_at) / 10 if changed_at is not None else SHORTEST
    return now + min(max(quiet, SHORTEST), LONGEST)


def store_fault(row: Order | OrderNote, fault: Wording, now: datetime, *, is_final: bool = False) -> None:
    """Store what went wrong, and when it is tried again: never if it is final."""
    row.attempts = min(row.attempts + 1, 30_000)
    row.fault = store_wording(fault)
    row.next_at = None if is_final else now + compute_backoff(row.attempts, FIRST_RETRY, LONGEST)
    row.save(update_fields=["attempts", "fault", "next_at"])
