"""Cells of counts by day or month, and how they add up to a period.

Measures of the table of cases add up over days. Those of assignments, moves and clocks count each case once in a
period, however often it occurs: of the cases that count on a day, those that counted before in the same period must not
count again. So a cell states how many of its cases counted on an earlier day, by the month of the last such day
(`repeats`). A period that begins with a month has

    counts of its days - repeats of its days whose month is not before the period's first month

cases. This holds as well for cells that are the sum of a month's days, for which `repeats` contains the month itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

ALL = ""  # the split that has one cell, of all cases
CellKey = tuple[str, str]  # a split and a key of it; ("", "") for all cases
Repeats = dict[str, dict[str, int]]


@dataclass
class Tally:
    """The counts of one cell, by the code of the measure."""

    counts: dict[str, int] = field(default_factory=dict)
    repeats: Repeats = field(default_factory=dict)

    def add(self, code: str, number: int, repeated_month: str | None = None) -> None:
        """Add cases that count, of which all counted before in `repeated_month` if it is given."""
        self.counts[code] = self.counts.get(code, 0) + number
        if repeated_month is not None:
            months = self.repeats.setdefault(code, {})
            months[repeated_month] = months.get(repeated_month, 0) + number

    def add_tally(self, other: "Tally") -> None:
        """Add the counts of another day or month of the same cell."""
        for code, number in other.counts.items():
            self.counts[code] = self.counts.get(code, 0) + number
        for code, months in other.repeats.items():
            own = self.repeats.setdefault(code, {})
            for month, number in months.items():
                own[month] = own.get(month, 0) + number

    @property
    def is_zero(self) -> bool:
        """Whether adding the tally changes nothing."""
        months = (number for months in self.repeats.values() for number in months.values())
        return not any(self.counts.values()) and not any(months)

    def drop_zeros(self) -> None:
        """Remove the numbers that additions have made 0, so that the tally equals one that is counted."""
        self.counts = {code: number for code, number in self.counts.items() if number}
        nonzero = {
            code: {month: number for month, number in months.items() if number}
            for code, months in self.repeats.items()
        }
        self.repeats = {code: months for code, months in nonzero.items() if months}

    def count(self, code: str, first_month: str) -> int:
        """Return the cases of a measure in a period that begins with a month and ends with this tally's last day."""
        repeated = sum(number for month, number in self.repeats.get(code, {}).items() if month >= first_month)
        return self.counts.get(code, 0) - repeated


Tallies = dict[date, dict[CellKey, Tally]]  # by day, or by the first day of a month


def add_up(tallies: Iterable[dict[CellKey, Tally]]) -> dict[CellKey, Tally]:
    """Return the sum of the cells of several days or months."""
    total: dict[CellKey, Tally] = {}
    for cells in tallies:
        for key, tally in cells.items():
            total.setdefault(key, Tally()).add_tally(tally)
    return total


def group_by_month(days: Tallies) -> Tallies:
    """Return the sums of each month's days, by the first day of the month."""
    months: dict[date, list[dict[CellKey, Tally]]] = {}
    for day, cells in days.items():
        months.setdefault(day.replace(day=1), []).append(cells)
    return {first: add_up(cells) for first, cells in months.items()}


def join_ranges(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return consecutive days as ranges, both ends included."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if ranges and (day - ranges[-1][1]).days == 1:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges


def is_in_ranges(day: date, ranges: Sequence[tuple[date, date]]) -> bool:
    """Return whether one of the ranges contains the day."""
    return any(first <= day <= last for first, last in ranges)
