"""Read the states of a record: the present one and all earlier ones."""

from datetime import date

from jiedao.registers.models import Record, RecordState, RecordVersion


def read_state_on(record: Record, day: date) -> RecordState | None:
    """Return the state at the end of a day; None if the record was not in the register yet."""
    if record.since_date <= day:
        return record
    versions = RecordVersion.objects.filter(record=record, since_date__lte=day, until_date__gt=day)
    return versions.order_by("-version").first()


def read_states(record: Record, most: int | None = None) -> list[RecordState]:
    """Return at most `most` states of a record, the newest first; the first one is the present state."""
    versions = RecordVersion.objects.filter(record=record).order_by("-version")
    return [record, *(versions if most is None else versions[: max(most - 1, 0)])]


def read_state_of_version(record: Record, version: int) -> RecordState | None:
    """Return the state with a version number; None if the record has no such version."""
    if version == record.version:
        return record
    return RecordVersion.objects.filter(record=record, version=version).first()
