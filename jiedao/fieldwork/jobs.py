"""Jobs of the items that phones sent."""

from datetime import timedelta

from jiedao.fieldwork.models import ReceivedItem
from jiedao.kernel import clock
from jiedao.kernel.jobs import periodic

STORED_DAYS = 180  # far longer than any phone waits before it sends an item again


@periodic("fieldwork.erase_items", every=timedelta(days=1))
def erase_old_items() -> None:
    """Erase what is stored about items that were received half a year ago; the cases and inspections stay."""
    ReceivedItem.objects.filter(received_at__lt=clock.real_now() - timedelta(days=STORED_DAYS)).delete()
