"""The jobs of endpoints: one job for each, so that one that does not answer delays none of the others."""

from datetime import timedelta

from jiedao.exchange.endpoints.listening import SERVE, enqueue_endpoint
from jiedao.exchange.endpoints.sending import find_due_events, send_due
from jiedao.exchange.models import Endpoint, EventState, OutgoingEvent
from jiedao.kernel import clock
from jiedao.kernel.jobs import job, periodic

KEEP_RECEIVED = timedelta(days=90)  # so that it can be sent again
KEEP_FAILED = timedelta(days=365)


@periodic("exchange:serve_endpoints", every=timedelta(seconds=30))
def serve_endpoints() -> int:
    """Enqueue sending to every endpoint to which something is due; return for how many."""
    ids = [
        pk
        for pk in Endpoint.objects.filter(active=True).values_list("pk", flat=True)
        if find_due_events(pk).exists()
    ]
    for pk in ids:
        enqueue_endpoint(pk)
    return len(ids)


# Not atomic: requests take long, and an event that was received must stay so when the next request fails.
@job(SERVE, atomic=False)
def serve_endpoint(*, endpoint_id: int) -> None:
    """Send what is due to an endpoint."""
    endpoint = Endpoint.objects.filter(pk=endpoint_id, active=True).first()
    if endpoint is not None:
        send_due(endpoint)
        if find_due_events(endpoint_id).exists():
            enqueue_endpoint(endpoint_id)


@periodic("exchange:erase_events", every=timedelta(hours=6))
def erase_events() -> None:
    """Erase what was received 90 days ago, and what failed a year ago."""
    now = clock.real_now()
    OutgoingEvent.objects.filter(state=EventState.SENT, ended_at__lt=now - KEEP_RECEIVED).delete()
    OutgoingEvent.objects.filter(state=EventState.FAILED, ended_at__lt=now - KEEP_FAILED).delete()
