"""Counting the answers of a consultation: live while it runs, and once for all when it ends."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from jiedao.publishing.models.consultations import Consultation, ConsultationAnswer


def iterate_answers(row: Consultation) -> Iterator[dict[str, Any]]:
    """Yield the values of every answer, in the order of the random keys, which does not reveal who answered when."""
    rows = ConsultationAnswer.objects.filter(consultation=row).order_by("pk")
    yield from rows.values_list("values", flat=True).iterator(chunk_size=1000)


def tally_answers(row: Consultation) -> dict[str, Any]:
    """Return how many answers came in, how many each question has, and how many took each choice."""
    total = 0
    answered: Counter[str] = Counter()
    chosen: dict[str, Counter[str]] = {}
    for values in iterate_answers(row):
        total += 1
        for key, value in values.items():
            answered[key] += 1
            if isinstance(value, list):
                chosen.setdefault(key, Counter()).update(map(str, value))
    counts = {key: dict(counter) for key, counter in chosen.items()}
    return {"answers": total, "answered": dict(answered), "chosen": counts}
