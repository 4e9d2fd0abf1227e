"""Figures of messages outside the system for Prometheus."""

from collections.abc import Iterator

from django.db.models import Count, Min
from prometheus_client.core import GaugeMetricFamily, Metric

from jiedao.delivery.models import OPEN, Delivery
from jiedao.kernel import clock
from jiedao.kernel.metrics import make_gauge, register_figures


@register_figures
def read_delivery_figures() -> Iterator[Metric]:
    """Yield the number of messages by channel and state, and how long the oldest has been due."""
    gauge = GaugeMetricFamily(
        "jiedao_deliveries", "Messages outside the system of the last month.", labels=["channel", "state"]
    )
    counts = Delivery.objects.values_list("channel", "state").annotate(n=Count("id")).order_by()
    for channel, state, number in counts:
        gauge.add_metric([channel.lower(), state.lower()], number)
    yield gauge
    now = clock.real_now()
    oldest = Delivery.objects.filter(OPEN, due_at__lte=now).aggregate(at=Min("due_at"))["at"]
    waited = (now - oldest).total_seconds() if oldest else 0.0
    yield make_gauge(
        "deliveries_oldest_waiting_seconds",
        "How long the oldest message has been due; 0 where none is.",
        waited,
    )
