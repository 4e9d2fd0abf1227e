"""Read entered figures: the confirmed version of a period, or the sum of its months where a measure allows it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from jiedao.indicators.definition import read_definition
from jiedao.indicators.figure import PEER, Figure, Place, make_peer
from jiedao.indicators.models import PEER_PREFIX, Better, Entry, Measure, Status
from jiedao.indicators.wordings import MONTHS_MISSING, NOT_ENTERED, PEERS
from jiedao.kernel.periods import Period, list_months, month_of


def find_latest_periods(measures: Iterable[Measure], until: date) -> dict[int, Period]:
    """Return the latest period that ends by a day and for which the town's figure counts, by the measure's id."""
    entries = Entry.objects.filter(
        measure__in=list(measures), current=True, place_key="", last_date__lte=until
    )
    return {entry.measure_id: entry.period for entry in entries.order_by("last_date", "-first_date")}


class EntryFigures:
    """The current entries of some measures in a period, read with one statement."""

    def __init__(self, measures: Sequence[Measure], period: Period) -> None:
        self.period = period
        self.exact: dict[tuple[int, str], Entry] = {}
        self.months: dict[tuple[int, str], list[Entry]] = defaultdict(list)
        entries = Entry.objects.filter(
            measure__in=measures, current=True, first_date__gte=period.first, last_date__lte=period.last
        )
        for entry in entries.order_by("first_date"):
            if (entry.first_date, entry.last_date) == (period.first, period.last):
                self.exact[entry.measure_id, entry.place_key] = entry
            elif entry.period == month_of(entry.first_date):
                self.months[entry.measure_id, entry.place_key].append(entry)

    def build_figure(self, empty: Figure) -> Figure:
        """Return the figure with what was entered, or with a note that nothing was."""
        key = (empty.measure.pk, empty.place.key)
        entry = self.exact.get(key)
        if entry is not None:
            filled = replace(
                empty,
                value=entry.value,
                growth=entry.growth,
                rank=entry.rank,
                rank_field=entry.rank_field,
                rank_of=entry.rank_of,
                status=Status(entry.status),
                scope_words=entry.scope_words,
                source=entry.source,
            )
            return filled if filled.rank is not None else self._rank_among_peers(filled)
        if read_definition(empty.measure.kind, empty.measure.spec).is_summed:
            return self._add_up_months(empty, self.months.get(key, []))
        return empty.explain(NOT_ENTERED)

    def list_peers(self, measure: Measure) -> list[Place]:
        """Return the other sub-districts of which a figure of the period is known."""
        return [
            make_peer(key.removeprefix(PEER_PREFIX))
            for pk, key in self.exact
            if pk == measure.pk and key.startswith(PEER_PREFIX)
        ]

    def _rank_among_peers(self, figure: Figure) -> Figure:
        """Return the town's figure with its rank among those of other sub-districts, where some were imported.

        Values are compared, or growth where the town has no value; equal ones share a rank.
        """
        if figure.place.key and figure.place.split != PEER:
            return figure
        name = "value" if figure.value is not None else "growth"
        own = getattr(figure, name)
        keys = ["", *(place.key for place in self.list_peers(figure.measure))]
        entries = [
            self.exact[figure.measure.pk, key] for key in keys if (figure.measure.pk, key) in self.exact
        ]
        values = [getattr(entry, name) for entry in entries if getattr(entry, name) is not None]
        if own is None or len(values) < 2:
            return figure
        less = figure.measure.better == Better.LESS
        ahead = sum(value < own if less else value > own for value in values)
        return replace(figure, rank=ahead + 1, rank_of=len(values), rank_field=PEERS)

    def _add_up_months(self, empty: Figure, entries: list[Entry]) -> Figure:
        """Return the sum of the months; with a month missing there is no sum."""
        wanted = [month.first for month in list_months(self.period, limit=1200)]
        values = {entry.first_date: entry.value for entry in entries if entry.value is not None}
        if not wanted or any(day not in values for day in wanted):
            return empty.explain(MONTHS_MISSING)
        sources = list(dict.fromkeys(entry.source for entry in entries))
        return replace(
            empty, value=sum((values[day] for day in wanted), Decimal(0)), source="、".join(sources)[:200]
        )
