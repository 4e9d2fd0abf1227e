"""What pages read of a user's notices: the number in the bell, and the notices grouped by object."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Count, F, Max, Q, Window
from django.db.models.functions import RowNumber

from jiedao.kernel.prepared import SOME_ID, CountRows, PreparedQuery
from jiedao.notices.models import UNREAD, Notice

SHOWN_IN_GROUP = 5
NUMBER_UNREAD = PreparedQuery(
    lambda user: Notice.objects.filter(UNREAD, user_id=user).order_by().values_list(CountRows()), SOME_ID
)


class GroupKey(NamedTuple):
    """The object that the notices of a group are about; ("", None) for notices that name no object."""

    object_type: str
    object_id: int | None

    @property
    def condition(self) -> Q:
        """The filter for the notices of the group."""
        if self.object_id is None:
            return Q(object_type=self.object_type, object_id__isnull=True)
        return Q(object_type=self.object_type, object_id=self.object_id)


@dataclass(frozen=True)
class NoticeGroup:
    """A user's notices about one object.

    Attributes:
        newest_id: the id of the newest notice, by which groups are ordered.
        total, unread: how many notices there are, and how many of them are unread.
        notices: the newest ones, newest first, at most SHOWN_IN_GROUP.
    """

    key: GroupKey
    newest_id: int
    total: int
    unread: int
    notices: list[Notice] = field(default_factory=list)

    @property
    def object_name(self) -> str:
        """What the object was called when the newest notice was written."""
        return self.notices[0].object_name


def count_unread(user_id: int) -> int:
    """Return how many notices of a user are neither read nor settled, in one statement."""
    row: tuple[int] = NUMBER_UNREAD.fetch_first(user_id)
    return row[0]


def list_groups(
    user_id: int, *, most: int, unread_only: bool = False, before: int | None = None
) -> tuple[list[NoticeGroup], int | None]:
    """Return one page of a user's groups, the one with the newest notice first, in two statements.

    Args:
        most: groups on a page.
        unread_only: leave out the notices that are read or settled.
        before: the second value of the page before this one.

    Returns the groups, and what to pass as `before` for the next page; None on the last page.
    """
    notices = Notice.objects.filter(user_id=user_id)
    if unread_only:
        notices = notices.filter(UNREAD)
    counted = notices.values("object_type", "object_id").annotate(
        newest=Max("id"), total=Count("id"), unread=Count("id", filter=UNREAD)
    )
    if before is not None:
        counted = counted.filter(newest__lt=before)
    rows = list(counted.order_by("-newest")[: most + 1])
    groups = [
        NoticeGroup(
            GroupKey(row["object_type"], row["object_id"]), row["newest"], row["total"], row["unread"]
        )
        for row in rows[:most]
    ]
    if groups:
        _add_notices(notices, groups)
    return groups, groups[-1].newest_id if len(rows) > most else None


def _add_notices(notices: Any, groups: list[NoticeGroup]) -> None:
    """Read the newest notices of all groups in one statement."""
    ids: dict[str, list[int]] = defaultdict(list)
    wanted = Q()
    for group in groups:
        if group.key.object_id is None:
            wanted |= group.key.condition
        else:
            ids[group.key.object_type].append(group.key.object_id)
    for object_type, object_ids in ids.items():
        wanted |= Q(object_type=object_type, object_id__in=object_ids)
    place = Window(RowNumber(), partition_by=["object_type", "object_id"], order_by=F("id").desc())
    newest = notices.filter(wanted).annotate(place=place).filter(place__lte=SHOWN_IN_GROUP)
    by_key = {group.key: group for group in groups}
    for notice in newest.order_by("-id"):
        by_key[GroupKey(notice.object_type, notice.object_id)].notices.append(notice)


def find_notices(object_type: str, object_ids: Collection[int]) -> list[int]:
    """Return the ids of all notices about the objects.

    No index serves this rare question, so the notices about objects of the type are read once.
    """
    if not object_ids:
        return []
    wanted = set(object_ids)
    between = Notice.objects.filter(
        object_type=object_type, object_id__gte=min(wanted), object_id__lte=max(wanted)
    )
    return [pk for pk, object_id in between.values_list("pk", "object_id") if object_id in wanted]
