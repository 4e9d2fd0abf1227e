"""Count how often a publication is opened: a number for each day, and nothing about who opened it."""

import logging
import threading
import time
from collections import Counter
from datetime import date

from django.db import DatabaseError, transaction
from django.db.models import F

from jiedao.kernel import clock
from jiedao.publishing.models import Publication, ViewCount

logger = logging.getLogger(__name__)

WRITE_EVERY = 1.0  # seconds: under load a process writes its views together, else each at once

_Key = tuple[int, date]


class ViewCounter:
    """Collects the views of one process and writes them at most once a second.

    A process that ends in that second loses the views that it has not written: the numbers need not be exact.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._views: Counter[_Key] = Counter()
        self._written_at = float("-inf")

    def add(self, publication_id: int) -> None:
        """Count one view of a publication, today."""
        with self._lock:
            self._views[publication_id, clock.today()] += 1
            if time.monotonic() - self._written_at < WRITE_EVERY:
                return
            views, self._views = self._views, Counter()
            self._written_at = time.monotonic()
        try:
            write_views(views)
        except DatabaseError:  # the reader gets the page although the number cannot be written now
            logger.exception("views could not be written")
            with self._lock:
                self._views.update(views)

    def flush(self) -> None:
        """Write what is waiting, such as before a number is shown to a clerk."""
        with self._lock:
            views, self._views = self._views, Counter()
        write_views(views)


def write_views(views: Counter[_Key]) -> None:
    """Add views to the stored numbers, in one transaction; those of a publication that no longer exists are dropped."""
    if not views:
        return
    with transaction.atomic():
        ids = {publication_id for publication_id, _day in views}
        known = set(Publication.objects.filter(pk__in=ids).values_list("pk", flat=True))
        for (publication_id, day), number in sorted(views.items()):
            if publication_id not in known:
                continue
            row, _is_new = ViewCount.objects.get_or_create(publication_id=publication_id, day=day)
            ViewCount.objects.filter(pk=row.pk).update(views=F("views") + number)


VIEWS = ViewCounter()
