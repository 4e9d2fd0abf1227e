"""Read entered figures: the confirmed version of a period, or the sum of its months where a measure allows it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.indicators.definition import read_definition
from jiedao.indicators.figure import Figure
from jiedao.indicators.models import Entry, Measure, Status
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
            return replace(
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
        if read_definition(empty.measure.kind, empty.measure.spec).is_summed:
            return self._add_up_months(empty, self.months.get(key, []))
        return replace(empty, note=_("没有数据：尚未填报，或尚未确认"))

    def _add_up_months(self, empty: Figure, entries: list[Entry]) -> Figure:
        """Return the sum of the months; with a month missing there is no sum."""
        wanted = [month.first for month in list_months(self.period, limit=1200)]
        values = {entry.first_date: entry.value for entry in entries if entry.value is not None}
        if not wanted or any(day not in values for day in wanted):
            return replace(empty, note=_("没有数据：有的月份尚未填报"))
        sources = list(dict.fromkeys(entry.source for entry in entries))
        return replace(
            empty, value=sum((values[day] for day in wanted), Decimal(0)), source="、".join(sources)[:200]
        )
