"""Writing entries."""

from collections.abc import Sequence
from typing import Any, NotRequired, Protocol, TypedDict

from jiedao.audit.models import Entry


class AuditActor(Protocol):
    """Who acts, as the audit needs to know; ids are None for the system itself.

    An `address` (of the client) is kept where the actor has one.
    """

    @property
    def user_id(self) -> int | None: ...

    @property
    def post_id(self) -> int | None: ...

    @property
    def label(self) -> str: ...

    @property
    def request_id(self) -> str: ...


class Deed(TypedDict):
    """What `record` takes, for `record_many`."""

    actor: AuditActor
    action: str
    obj_type: str
    obj_id: int | None
    before: NotRequired[Any]
    after: NotRequired[Any]


def record(
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
        action: the permission it used or the move it was, such as "cases.case:dispatch".
        obj_type, obj_id: "cases.case" and its id; None for an action on no single object.
        before, after: JSON values of what changed. No personal data: entries are never erased.
    """
    row = entry_of(
        {
            "actor": actor,
            "action": action,
            "obj_type": obj_type,
            "obj_id": obj_id,
            "before": before,
            "after": after,
        }
    )
    row.save()
    return row


def record_many(deeds: Sequence[Deed]) -> None:
    """Add many entries in the caller's transaction with few statements."""
    Entry.objects.bulk_create([entry_of(deed) for deed in deeds], batch_size=1000)


def entry_of(deed: Deed) -> Entry:
    """Return the unsaved entry of a deed."""
    actor = deed["actor"]
    return Entry(
        actor_label=actor.label,
        user_id=actor.user_id,
        post_id=actor.post_id,
        action=deed["action"],
        object_type=deed["obj_type"],
        object_id=deed["obj_id"],
        before=deed.get("before"),
        after=deed.get("after"),
        request_id=actor.request_id,
        address=getattr(actor, "address", ""),
    )
