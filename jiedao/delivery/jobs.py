"""What the worker does for messages outside the system: it writes them, sends them, and forgets old ones."""

from datetime import timedelta

from jiedao.delivery.models import Delivery, DeliveryState, Receiver
from jiedao.kernel import clock
from jiedao.kernel.jobs import job, periodic

KEEP_SENT, KEEP_LOST = timedelta(days=30), timedelta(days=180)


# Not atomic: sending takes as long as the other server does, and its effect cannot be rolled back.
@periodic("delivery.send", every=timedelta(seconds=20), atomic=False)
def send_messages() -> None:
    """Write the deliveries of marked notices and the digests that are due, then send what is due."""
    from jiedao.delivery.digest import write_digests  # noqa: PLC0415 (models are not loaded before)
    from jiedao.delivery.outbox import write_deliveries  # noqa: PLC0415
    from jiedao.delivery.sending import send_due  # noqa: PLC0415

    write_deliveries()
    write_digests()
    send_due()


@job("delivery.send_now", atomic=False)
def send_now() -> None:
    """Send what is due now: for a code that a user waits for, the next periodic run would be too late."""
    send_messages()


@periodic("delivery.sweep", every=timedelta(hours=12))
def sweep_deliveries() -> None:
    """Delete messages that were sent or dropped a month ago, and those that were lost half a year ago.

    A digest that a clock wrote which was ahead does not hold back those of the days until then.
    """
    now = clock.real_now()
    tomorrow = now.astimezone(clock.TOWN_TZ).date() + timedelta(days=1)
    Receiver.objects.filter(digested_date__gt=tomorrow).update(digested_date=None)
    ended = Delivery.objects.filter(ended_at__lt=now - KEEP_SENT)
    ended.filter(state__in=[DeliveryState.SENT, DeliveryState.DROPPED]).delete()
    Delivery.objects.filter(ended_at__lt=now - KEEP_LOST).delete()
