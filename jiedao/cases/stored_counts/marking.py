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
    before = read_cases(case_ids)
    yield
    after = read_cases(case_ids)
    if [rows.list_values() for rows in before] != [rows.list_values() for rows in after]:
        write_change(_build_difference(after, before))


def mark_new_cases(case_ids: Sequence[int]) -> None:
    """Write what new cases with all their events count."""
    write_change(_build_difference(read_cases(case_ids)))


def build_change(cases: Iterable[tuple[dict[str, Any], datetime]]) -> Change:
    """Return the change of newly reported cases, from their columns and the due time of accepting, without a query."""
    after = []
    for columns, due_at in cases:
        rows = CaseRows(columns)
        rows.events["clock"].append({"stage": "ACCEPT", "due_at": due_at, "stopped_at": None})
        after.append(rows)
    return _build_difference(after)


def write_change(change: Change) -> None:
    """Write a change, unless it is of no day."""
    if change.days:
        CountChange.objects.create(**change.as_json())


def _build_difference(after: Iterable[CaseRows], before: Iterable[CaseRows] = ()) -> Change:
    """Return what cases count after a change, less what they counted before."""
    definitions, entries, days = get_definitions(), Entries(), set[date]()
    for sign, cases in ((-1, before), (1, after)):
        for rows in cases:
            add_case(entries, rows, definitions, sign)
            days |= rows.list_days()
    return Change(
        definitions.digest,
        sorted(day.isoformat() for day in days),
        [[day.isoformat(), *rest, number] for (day, *rest), number in entries.items()],
    )
