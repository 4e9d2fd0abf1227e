"""Writing, settling and reading notices. Everything here runs in the caller's transaction."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from jiedao.kernel import clock
from jiedao.notices.kinds import NoticeKind, Values, find_notice_kind
from jiedao.notices.models import UNREAD, Notice, Tone
from jiedao.notices.outside import wants_message
from jiedao.notices.selectors import GroupKey
from jiedao.orgs.deputies import add_deputies

BATCH = 500  # notices deleted in one statement


def notify(
    *,
    user_ids: Iterable[int],
    kind: NoticeKind,
    object_id: int,
    object_name: str,
    key: str,
    data: Values | None = None,
    task: str = "",
    tone: Tone | None = None,
    author_id: int | None = None,
) -> None:
    """Give each user the notice once; a second call with the same key does nothing.

    A deputy who acts in all posts of one of the users gets it as well, unless the kind is personal.

    Args:
        author_id: the user who caused it, and needs no notice.
        kind: a registered kind; it also names the type of the object.
        object_name: what the object is called now, in the language it is written in.
        key: identifies the event, at most 160 characters.
        data: JSON values for the text of the kind; no personal data, unless the object itself shows them.
        task: the piece of work that an asking notice asks for; see `settle`.
        tone: overrides the tone of the kind.

    Raise LookupError for a kind that no room has registered: its notices would have no text.
    """
    if find_notice_kind(kind.code) is not kind:
        raise LookupError(f"the kind of notice {kind.code!r} is not registered")
    now = clock.now()
    receivers = set(user_ids) if kind.personal else add_deputies(user_ids)
    Notice.objects.bulk_create(
        [
            Notice(
                user_id=user_id,
                kind=kind.code,
                object_type=kind.object_type,
                object_id=object_id,
                object_name=object_name[:300],
                data=dict(data or {}),
                asks=kind.asks,
                task=task if kind.asks else "",
                key=key,
                tone=tone or kind.tone,
                at=now,
                to_deliver=wants_message(user_id, kind),
            )
            for user_id in sorted(receivers - {author_id})
        ],
        ignore_conflicts=True,
    )


def settle(
    *,
    object_type: str,
    object_id: int,
    now: datetime,
    tasks: Collection[str] | None = None,
    user_ids: Collection[int] | None = None,
) -> int:
    """Withdraw the unread notices that ask for work on an object, because it is done now; return how many.

    Call it in the transaction of the change, before the notices of that same change are written. Notices that only
    inform stay unread until they are read. A settled notice stays in the list of all notices.

    Args:
        tasks: only the notices that ask for these pieces of work; None for all of them.
        user_ids: only the notices of these users, for instance because a newer notice replaces them.
    """
    rows = Notice.objects.filter(UNREAD, object_type=object_type, object_id=object_id, asks=True)
    if tasks is not None:
        rows = rows.filter(task__in=tasks)
    if user_ids is not None:
        rows = rows.filter(user_id__in=user_ids)
    return rows.update(settled_at=now)


def mark_group_read(*, user_id: int, group: GroupKey, up_to: int) -> int:
    """Mark a user's notices about one object as read; return how many.

    `up_to` is the id of the newest notice that the page showed: a notice that was written later stays unread.
    """
    rows = Notice.objects.filter(UNREAD, group.condition, user_id=user_id, pk__lte=up_to)
    return rows.update(read_at=clock.now())


def mark_all_read(*, user_id: int) -> int:
    """Mark all of a user's notices as read; return how many."""
    return Notice.objects.filter(UNREAD, user_id=user_id).update(read_at=clock.now())


def delete_notices(ids: Sequence[int]) -> int:
    """Delete notices about objects that are removed; return how many of them their users had read."""
    read = 0
    for start in range(0, len(ids), BATCH):
        rows = Notice.objects.filter(pk__in=ids[start : start + BATCH])
        read += rows.filter(read_at__isnull=False).count()
        rows.delete()
    return read
