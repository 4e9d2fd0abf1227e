"""Open cases follow when an area or premise is succeeded; closed ones keep the place that they had."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from jiedao.audit.actions import EntryData, record_entries
from jiedao.cases.models import Case, CaseMove, FormerPlace
from jiedao.cases.relocating import (
    RELOCATION,
    Columns,
    SuccessionEvent,
    forget_last_relocation,
    make_former_place,
    make_timeline_entry,
)
from jiedao.cases.stored_counts.marking import mark_changes
from jiedao.kernel import clock
from jiedao.kernel.packs.section import BATCH
from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession
from jiedao.orgs.actor import Actor
from jiedao.places.successions import (
    find_at_premises,
    find_in_areas,
    read_area_changes,
    read_premise_changes,
)


class CasesOfAreas(Follower):
    """Open cases in an area: by their premise, else by their point."""

    kind, what = "area", "open cases"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the open cases in the areas, each with the area it follows to."""
        return find_in_areas(Case.objects.open(), successions, lookup)

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Move the cases to their new areas."""
        case_ids = [following.object_id for following in followings]
        relocate_cases(case_ids, read_area_changes(followings, lookup), actor)


class CasesOfPremises(Follower):
    """Open cases at a premise that was succeeded, or that lies in another grid now."""

    kind, what = "premise", "open cases"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the open cases at the premises; where a premise was split, a person decides."""
        return find_at_premises(Case.objects.open(), successions)

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Move the cases to their new premises, and to the grids of these."""
        case_ids = [following.object_id for following in followings]
        relocate_cases(case_ids, read_premise_changes(followings, lookup), actor)


def relocate_cases(
    case_ids: Sequence[int],
    find_changes: Callable[[Case], Columns],
    actor: Actor,
    *,
    cases: Any = None,
    event: SuccessionEvent = RELOCATION,
    then: Callable[[Mapping[Case, Columns]], None] | None = None,
) -> int:
    """Move cases to other places or units, each with its former place and an entry in its timeline and in the audit.

    Args:
        find_changes: returns the columns to change of a locked case, none where it was moved or closed meanwhile.
        cases: those that may move, all open ones by default.
        then: changes further rows of the cases; their counts are compared after it.

    Returns:
        The number of cases that moved.
    """
    moved, movable = 0, Case.objects.open() if cases is None else cases
    for start in range(0, len(case_ids), BATCH):
        ids = sorted(case_ids[start : start + BATCH])
        locked = movable.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
        changes = {case: columns for case in locked if (columns := find_changes(case))}
        if changes:
            with mark_changes([case.pk for case in changes]):
                _write(changes, actor, event)
                if then is not None:
                    then(changes)
            moved += len(changes)
    return moved


def _write(changes: Mapping[Case, Columns], actor: Actor, event: SuccessionEvent) -> None:
    now = clock.now()
    earlier = FormerPlace.objects.filter(case__in=list(changes), until__gte=now)
    moved_now = Counter(earlier.values_list("case_id", flat=True))
    FormerPlace.objects.bulk_create(
        # A case whose area and unit move in one apply has two rows, and each needs a moment of its own.
        make_former_place(case, columns, now + timedelta(microseconds=moved_now[case.pk]))
        for case, columns in changes.items()
    )
    forget_last_relocation()
    moves, entries = [], []
    for case, columns in changes.items():
        before = {name: getattr(case, name) for name in columns}
        moves.append(make_timeline_entry(case, before, columns, actor, event, at=now))
        entries.append(_make_audit_entry(case, before, columns, actor, event))
        for name, value in columns.items():
            setattr(case, name, value)
        case.relocated, case.version = True, case.version + 1
    names = sorted({name for columns in changes.values() for name in columns})
    Case.objects.bulk_update(changes, [*names, "relocated", "version"], batch_size=BATCH)
    CaseMove.objects.bulk_create(moves, batch_size=BATCH)
    record_entries(entries)


def _make_audit_entry(
    case: Case, before: Columns, columns: Columns, actor: Actor, event: SuccessionEvent
) -> EntryData:
    return {
        "actor": actor,
        "action": event.action,
        "obj_type": "cases.case",
        "obj_id": case.pk,
        "before": before,
        "after": columns,
    }


FOLLOWERS = (CasesOfPremises(), CasesOfAreas())
