"""What a record says now, and what it said on any past day."""

from datetime import date

from jiedao.registers.models import Record, RecordState, RecordVersion


def state_on(record: Record, day: date) -> RecordState | None:
    """Return the state that held at the end of a day, None before the record stood in the register."""
    if record.since_date <= day:
        return record
    held = RecordVersion.objects.filter(record=record, since_date__lte=day, until_date__gt=day)
    return held.order_by("-version").first()


def states_of(record: Record, most: int | None = None) -> list[RecordState]:
    """Return the states of a record, the newest first: the one it has, then those it had, perhaps so many at most."""
    had = RecordVersion.objects.filter(record=record).order_by("-version")
    return [record, *(had if most is None else had[: max(most - 1, 0)])]


def state_of_version(record: Record, version: int) -> RecordState | None:
    """Return the state a record had under a version number; None where it never had."""
    if version == record.version:
        return record
    return RecordVersion.objects.filter(record=record, version=version).first()
