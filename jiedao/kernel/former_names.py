"""Names of then: what a place, a premise, a unit or a post was called at a past moment.

A row that is renamed under the same key leaves its former name in `FormerName`; a row that is retired keeps its name
itself. Displayed history reads both here, from the cache of the process.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jiedao.kernel.memo import Memo
from jiedao.kernel.models import FormerName, SuccessionRow

AREA, PREMISE, UNIT, POST = "area", "premise", "unit", "post"
PRESENT = -1  # the era that lasts
NAME_COLUMNS = {AREA: "name", PREMISE: "name", UNIT: "name", POST: "title"}


@dataclass(frozen=True)
class FormerNames:
    """Every former name, and what became of retired rows.

    Attributes:
        moments: when any row was renamed or succeeded, in order. Between two of them no name changes.
        names: until when a row had which Chinese and English name, in order, by kind and primary key.
        only_successors: the row that alone took the place of another, by kind and primary key.
    """

    moments: tuple[datetime, ...] = ()
    names: Mapping[tuple[str, int], list[tuple[datetime, str, str]]] = field(default_factory=dict)
    only_successors: Mapping[tuple[str, int], int] = field(default_factory=dict)

    def find(self, kind: str, pk: int, at: datetime | None) -> tuple[str, str] | None:
        """Return the Chinese and English name of a row at a moment, None where it had its present name."""
        if at is None or not self.moments:
            return None
        return next(((name, en) for until, name, en in self.names.get((kind, pk), ()) if at < until), None)

    def find_successor(self, kind: str, pk: int) -> int | None:
        """Return the row that alone took the place of a row in the end, None for none or for several."""
        met = {pk}
        while (following := self.only_successors.get((kind, pk))) is not None and following not in met:
            met.add(following)
            pk = following
        return pk if len(met) > 1 else None

    def find_era(self, at: datetime | None) -> int:
        """Return a number that is equal for moments between which no name changes."""
        if at is None or not self.moments or at >= self.moments[-1]:
            return PRESENT
        return bisect_right(self.moments, at)


def _load() -> FormerNames:
    names: dict[tuple[str, int], list[tuple[datetime, str, str]]] = {}
    rows = FormerName.objects.order_by("until", "pk")
    for kind, pk, until, name, name_en in rows.values_list("kind", "object_id", "until", "name", "name_en"):
        names.setdefault((kind, pk), []).append((until, name, name_en))
    successors: dict[tuple[str, int], set[int]] = {}
    moments = {until for row in names.values() for until, *_names in row}
    successions = SuccessionRow.objects.filter(kind__in=NAME_COLUMNS)
    for kind, old_id, new_id, at in successions.values_list("kind", "old_id", "new_id", "at"):
        successors.setdefault((kind, old_id), set()).add(new_id)
        moments.add(at)
    return FormerNames(
        tuple(sorted(moments)),
        names,
        {key: next(iter(new_ids)) for key, new_ids in successors.items() if len(new_ids) == 1},
    )


FORMER_NAMES: Memo[FormerNames] = Memo(_load)


def record_former_names(
    kind: str, changes: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]], until: datetime
) -> None:
    """Store the names that rows of a kind had, in the transaction that renames them.

    Args:
        changes: the stored values of each row with its `pk`, and the new values.
    """
    column = NAME_COLUMNS.get(kind)
    if column is None:
        return
    english = f"{column}_en"
    FormerName.objects.bulk_create(
        FormerName(
            kind=kind,
            object_id=before["pk"],
            name=str(before[column]),
            name_en=str(before.get(english) or ""),
            until=until,
        )
        for before, after in changes
        if before[column] != after[column]
    )
