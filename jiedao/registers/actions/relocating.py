"""Move records to the successors of their places, with their planned inspections."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from jiedao.audit.actions import EntryData, record_entries
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.registers.bulk import swap_records
from jiedao.registers.models import Inspection, InspectionState, Record

PLACE_COLUMNS = ("area_id", "area_path", "premise_id")
BATCH = 500
Columns = dict[str, Any]  # of a record


def relocate_records(
    record_ids: Sequence[int], find_changes: Callable[[Record], Columns], actor: Actor
) -> int:
    """Move records in the caller's transaction; return how many moved.

    The previous state of each is stored as a version that ends today. Inspections that still wait follow their record;
    what was found or inspected before stays with the place of then.

    Args:
        find_changes: returns the columns of `PLACE_COLUMNS` to change of a locked record, none where it was moved
            meanwhile.
    """
    moved = 0
    for start in range(0, len(record_ids), BATCH):
        ids = sorted(record_ids[start : start + BATCH])
        locked = Record.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
        changes: dict[Record, Columns] = {}
        for record in locked:
            wanted = find_changes(record)
            if columns := {name: value for name, value in wanted.items() if getattr(record, name) != value}:
                changes[record] = columns
        if changes:
            _write(changes, actor)
            moved += len(changes)
    return moved


def _write(changes: dict[Record, Columns], actor: Actor) -> None:
    today, why = clock.today(), _("按辖区调整")
    rows = [
        (
            record.pk,
            record.version,
            *(columns.get(name, getattr(record, name)) for name in PLACE_COLUMNS),
            max(today, record.since_date).isoformat(),
        )
        for record, columns in changes.items()
    ]
    swap_records(actor, (*PLACE_COLUMNS, "since_date"), rows, why)
    move_waiting_inspections([record.pk for record in changes])
    record_entries([_make_entry(record, columns, actor, why) for record, columns in changes.items()])


def _make_entry(record: Record, columns: Columns, actor: Actor, why: str) -> EntryData:
    return {
        "actor": actor,
        "action": "registers.record:relocate",
        "obj_type": "registers.record",
        "obj_id": record.pk,
        "before": {name: getattr(record, name) for name in columns},
        "after": {"register_id": record.register_id, "code": record.code, **columns, "why": why},
    }


def move_waiting_inspections(record_ids: Sequence[int]) -> int:
    """Move the inspections of records that wait to the areas of these; return how many moved."""
    record = Record.objects.filter(pk=OuterRef("record_id"))
    waiting = Inspection.objects.filter(record_id__in=list(record_ids), state=InspectionState.DUE)
    moved: int = waiting.exclude(area_path=F("record__area_path")).update(
        area_path=Subquery(record.values("area_path")), version=F("version") + 1
    )
    return moved
