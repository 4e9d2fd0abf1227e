"""Figures of events to other systems for Prometheus."""

from collections.abc import Iterator

from django.db.models import Count, Min
from prometheus_client.core import GaugeMetricFamily, Metric

from jiedao.exchange.models import UNSENT, UNSENT_STATES, EventState, OutgoingEvent
from jiedao.kernel import clock
from jiedao.kernel.metrics import make_gauge, register_figures


@register_figures
def read_event_figures() -> Iterator[Metric]:
    """Yield how many events wait or failed, by endpoint and state, and how long the oldest unsent one has waited.

    Those that were received are not counted: there may be millions, and figures are read every few seconds.
    """
    gauge = GaugeMetricFamily(
        "jiedao_outgoing_events",
        "Events of cases to other systems that wait or failed.",
        labels=["endpoint", "state"],
    )
    rows = OutgoingEvent.objects.filter(state__in=[*UNSENT_STATES, EventState.FAILED])
    counts = rows.values_list("endpoint__code", "state").annotate(n=Count("id")).order_by()
    for code, state, number in counts:
        gauge.add_metric([code, state.lower()], number)
    yield gauge
    oldest = OutgoingEvent.objects.filter(UNSENT, endpoint__active=True).aggregate(at=Min("created_at"))["at"]
    yield make_gauge(
        "outgoing_events_oldest_waiting_seconds",
        "How long the oldest event that was not received has waited; 0 where none does.",
        (clock.real_now() - oldest).total_seconds() if oldest else 0.0,
    )
