"""Writing entries."""

from collections.abc import Sequence
from typing import Any, NotRequired, Protocol, TypedDict

from jiedao.audit.models import Entry


class AuditActor(Protocol):
    """What the audit needs to know of the actor; the ids are None for the system itself.

    An actor may also have an `address`, that of the client, which the entry then stores.
    """

    @property
    def user_id(self) -> int | None: ...

    @property
    def post_id(self) -> int | None: ...

    @property
    def label(self) -> str: ...

    @property
    def request_id(self) -> str: ...


class EntryData(TypedDict):
    """The arguments of `record_entry` for one entry of `record_entries`."""

    actor: AuditActor
    action: str
    obj_type: str
    obj_id: int | None
    before: NotRequired[Any]
    after: NotRequired[Any]


def record_entry(
    *,
    actor: AuditActor,
    action: str,
    obj_type: str,
    obj_id: int | None,
    before: Any = None,
    after: Any = None,
) -> Entry:
    """Add one entry in the caller's transaction and return it.

    Args:
        action: the permission that was used or the move that was made, such as "cases.case:dispatch".
        obj_type, obj_id: "cases.case" and its id; None for an action on no single object.
        before, after: JSON values of what changed. Pass no personal data: entries are never erased.
    """
    entry = build_entry(
        {
            "actor": actor,
            "action": action,
            "obj_type": obj_type,
            "obj_id": obj_id,
            "before": before,
            "after": after,
        }
    )
    entry.save()
    return entry


def record_entries(entries: Sequence[EntryData]) -> None:
    """Add many entries in the caller's transaction, 1,000 in a statement."""
    Entry.objects.bulk_create([build_entry(data) for data in entries], batch_size=1000)


def build_entry(data: EntryData) -> Entry:
    """Return the unsaved entry for this data."""
    actor = data["actor"]
    return Entry(
        actor_label=actor.label,
        user_id=actor.user_id,
        post_id=actor.post_id,
        action=data["action"],
        object_type=data["obj_type"],
        object_id=data["obj_id"],
        before=data.get("before"),
        after=data.get("after"),
        request_id=actor.request_id,
        address=getattr(actor, "address", ""),
    )
