"""The user's notices, grouped by the object that they are about."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.desk.objects import ObjectLink, link_objects
from jiedao.kernel.objects import ObjectRef
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.notices.selectors import GroupKey, NoticeGroup, list_groups
from jiedao.orgs.actor import Actor

MAX_GROUPS = 20
NOTICE_TONES = {"INFO": "info", "WARN": "warn", "ALARM": "bad"}
URGENCY = ["INFO", "WARN", "ALARM"]


@dataclass(frozen=True)
class NoticeLine:
    """A notice in its group. It is `new` as long as it is neither read nor settled."""

    text: str
    at: datetime
    tone: str
    new: bool
    settled: bool


@dataclass(frozen=True)
class GroupPanel:
    """The notices about one object.

    Attributes:
        address: The name of the group in a form, see `parse_group`.
        url: The address of the page of the object, "" if the user may not open it.
        tone: The tone of the most urgent unread notice.
        older: The number of notices that are not in `lines`.
        newest_id: The newest notice on the page; marking the group as read leaves later notices unread.
    """

    address: str
    heading: str
    url: str
    tone: str
    unread: int
    lines: list[NoticeLine]
    older: int
    newest_id: int


def list_panels(
    actor: Actor, *, limit: int = MAX_GROUPS, unread_only: bool = True, before: int | None = None
) -> tuple[list[GroupPanel], int | None]:
    """Return one page of the user's groups of notices, and the `before` of the next page (None on the last).

    Two queries, and one more for each type of object on the page.
    """
    groups, after = list_groups(actor.user_id or 0, most=limit, unread_only=unread_only, before=before)
    links = link_objects(actor, [ref for group in groups if (ref := _get_ref(group.key)) is not None])
    return [
        _build_panel(group, links.get(ref) if (ref := _get_ref(group.key)) else None) for group in groups
    ], after


def find_link(actor: Actor, key: GroupKey) -> ObjectLink | None:
    """Return the page of a group's object, None if there is none or the user may not see it."""
    ref = _get_ref(key)
    return link_objects(actor, [ref]).get(ref) if ref is not None else None


def parse_group(address: str) -> GroupKey | None:
    """Return the group that a form names as "<type>:<id>", None if the text is not such an address.

    The address of the group of notices without an object is ":".
    """
    object_type, colon, digits = address.partition(":")
    if not colon or len(object_type) > 40 or "\x00" in object_type:
        return None
    if not digits:
        return GroupKey(object_type, None)
    return (
        GroupKey(object_type, int(digits))
        if digits.isascii() and digits.isdigit() and len(digits) < 19
        else None
    )


def _get_ref(key: GroupKey) -> ObjectRef | None:
    return ObjectRef(key.object_type, key.object_id) if key.object_id is not None else None


def _build_panel(group: NoticeGroup, link: ObjectLink | None) -> GroupPanel:
    lines = [_build_line(notice) for notice in group.notices]
    tones = [notice.tone for notice, line in zip(group.notices, lines, strict=True) if line.new]
    return GroupPanel(
        address=f"{group.key.object_type}:{group.key.object_id or ''}",
        heading=link.heading if link is not None else group.object_name or _("其他通知"),
        url=link.url if link is not None else "",
        tone=NOTICE_TONES[max(tones, key=URGENCY.index)] if tones else "",
        unread=group.unread,
        lines=lines,
        older=group.total - len(lines),
        newest_id=group.newest_id,
    )


def _build_line(notice: Notice) -> NoticeLine:
    new = notice.read_at is None and notice.settled_at is None
    return NoticeLine(
        describe_notice(notice),
        notice.at,
        NOTICE_TONES.get(notice.tone, "info"),
        new,
        notice.settled_at is not None,
    )
