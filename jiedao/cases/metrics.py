"""Figures of the loop for Prometheus."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from jiedao.cases.models import Case
from jiedao.kernel.metrics import make_gauge, register_figures


@register_figures
def read_case_figures() -> Iterator[Metric]:
    """Yield how many cases were ever filed; no case is ever removed."""
    yield make_gauge("cases_filed", "Cases ever filed.", Case.objects.count())
