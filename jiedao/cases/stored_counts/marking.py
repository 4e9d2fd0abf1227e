"""Writing what a change of cases adds to the stored counts, in the transaction of the change."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jiedao.cases.models import CountChange
from jiedao.cases.stored_counts.contributions import CaseRows, Entries, add_case, read_cases
from jiedao.cases.stored_counts.definitions import get_definitions


@dataclass(frozen=True)
class Change:
    """A row of `CountChange` that is not written yet."""

    digest: str
    days: list[str]
    entries: list[list[Any]]

    def as_json(self) -> dict[str, Any]:
        """Return the columns by name."""
        return {"digest": self.digest, "days": self.days, "entries": self.entries}


@contextmanager
def mark_changes(case_ids: Sequence[int]) -> Iterator[None]:
    """Write what the block changes in the counts of the cases; call it in the block's transaction, with locked cases.

    The difference between what the cases count after the block and before it is added to the stored counts.
    """
    definitions = get_definitions()
    before = read_cases(case_ids)
    yield
    after = read_cases(case_ids)
    if [rows.list_values() for rows in before] == [rows.list_values() for rows in after]:
        return
    entries, days = Entries(), set[date]()
    for sign, cases in ((-1, before), (1, after)):
        for rows in cases:
            add_case(entries, rows, definitions, sign)
            days |= rows.list_days()
    _write(Change(definitions.digest, _format_days(days), _format_entries(entries)))


def mark_new_cases(case_ids: Sequence[int]) -> None:
    """Write what new cases with all their events count."""
    definitions, entries, days = get_definitions(), Entries(), set[date]()
    for rows in read_cases(case_ids):
        add_case(entries, rows, definitions)
        days |= rows.list_days()
    _write(Change(definitions.digest, _format_days(days), _format_entries(entries)))


def build_change(cases: Iterable[tuple[dict[str, Any], datetime]]) -> Change:
    """Return the change of newly reported cases, from their columns and the due time of accepting, without a query."""
    definitions, entries, days = get_definitions(), Entries(), set[date]()
    for columns, due_at in cases:
        rows = CaseRows(columns)
        rows.events["clock"].append({"stage": "ACCEPT", "due_at": due_at, "stopped_at": None})
        add_case(entries, rows, definitions)
        days |= rows.list_days()
    return Change(definitions.digest, _format_days(days), _format_entries(entries))


def write_change(change: Change) -> None:
    """Write a change that was built before."""
    _write(change)


def _format_days(days: set[date]) -> list[str]:
    return sorted(day.isoformat() for day in days)


def _format_entries(entries: Entries) -> list[list[Any]]:
    return [[day.isoformat(), *rest, number] for (day, *rest), number in entries.items()]


def _write(change: Change) -> None:
    if change.days:
        CountChange.objects.create(**change.as_json())
