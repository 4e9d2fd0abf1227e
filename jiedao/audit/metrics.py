"""Figures of the audit for Prometheus."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from jiedao.audit.sealing import count_entries
from jiedao.kernel.metrics import register_figures


@register_figures
def collect_audit_figures() -> Iterator[Metric]:
    """Yield the numbers of sealed and of unsealed entries."""
    entries = GaugeMetricFamily("jiedao_audit_entries", "Entries of the audit.", labels=["state"])
    sealed, unsealed = count_entries()
    entries.add_metric(["sealed"], sealed)
    entries.add_metric(["unsealed"], unsealed)
    yield entries
