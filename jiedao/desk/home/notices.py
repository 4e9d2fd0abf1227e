"""A user's notices as the desk shows them: grouped by object, in the reader's language."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.desk.objects import ObjectLink, link_objects
from jiedao.kernel.objects import ObjectRef
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.notices.selectors import GroupKey, NoticeGroup, list_groups
from jiedao.orgs.actor import Actor

GROUPS_ON_PAGE = 20
TONES = {"INFO": "info", "WARN": "warn", "ALARM": "bad"}
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
        address: names the group in a form, see `parse_group`.
        url: the page of the object, "" where the user may not open it.
        tone: that of the most urgent unread notice.
        older: how many notices there are beyond the lines shown.
        newest_id: the newest notice that the page shows; reading the group leaves later ones unread.
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
    actor: Actor, *, most: int = GROUPS_ON_PAGE, unread_only: bool = True, before: int | None = None
) -> tuple[list[GroupPanel], int | None]:
    """Return a page of the user's groups and what to pass as `before` for the next page.

    Two statements, and one for each type of object on the page.
    """
    groups, after = list_groups(actor.user_id or 0, most=most, unread_only=unread_only, before=before)
    links = link_objects(actor, [ref for group in groups if (ref := _ref(group.key)) is not None])
    return [_panel(group, links.get(ref) if (ref := _ref(group.key)) else None) for group in groups], after


def find_link(actor: Actor, key: GroupKey) -> ObjectLink | None:
    """Return the page of a group's object, None where the user may not open it."""
    ref = _ref(key)
    return link_objects(actor, [ref]).get(ref) if ref is not None else None


def parse_group(address: str) -> GroupKey | None:
    """Return the group that a form names as "<type>:<id>", None where the address is wrong.

    The address of the notices that name no object is ":".
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


def _ref(key: GroupKey) -> ObjectRef | None:
    return ObjectRef(key.object_type, key.object_id) if key.object_id is not None else None


def _panel(group: NoticeGroup, link: ObjectLink | None) -> GroupPanel:
    lines = [_line(notice) for notice in group.notices]
    tones = [notice.tone for notice, line in zip(group.notices, lines, strict=True) if line.new]
    return GroupPanel(
        address=f"{group.key.object_type}:{group.key.object_id or ''}",
        heading=link.heading if link is not None else group.object_name or _("其他通知"),
        url=link.url if link is not None else "",
        tone=TONES[max(tones, key=URGENCY.index)] if tones else "",
        unread=group.unread,
        lines=lines,
        older=group.total - len(lines),
        newest_id=group.newest_id,
    )


def _line(notice: Notice) -> NoticeLine:
    new = notice.read_at is None and notice.settled_at is None
    return NoticeLine(
        describe_notice(notice), notice.at, TONES.get(notice.tone, "info"), new, notice.settled_at is not None
    )
