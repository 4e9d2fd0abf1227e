"""What users want outside the system: which groups by which channels, and when they want to be left alone."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from jiedao.delivery.models import Address, ChannelCode, Group, Receiver
from jiedao.kernel import clock
from jiedao.kernel.memo import Memo
from jiedao.kernel.policies import get_policy
from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Tone
from jiedao.orgs.models import Holding

DIGEST = "DIGEST"  # a choice beside the channels: the notices of the group are listed in the daily digest
OPTIONS = (*ChannelCode.values, DIGEST)
Choices = dict[str, list[str]]


def find_group(kind: NoticeKind) -> Group:
    """Return the group of a kind: what only informs, what asks for work, and what asks for it with urgency."""
    if not kind.asks:
        return Group.NEWS
    return Group.TASK if kind.tone == Tone.INFO else Group.URGE


def is_urgent(code: str) -> bool:
    """Return whether notices of this kind are sent in quiet hours too, which the pack states."""
    return code in get_policy("delivery_urgent")


# -- marking notices -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reachable:
    """Who has an address that is in use, and which groups the chat robots want."""

    user_ids: frozenset[int]
    robot_groups: frozenset[str]


def _load_reachable() -> Reachable:
    rows = list(Address.objects.filter(verified_at__isnull=False).values_list("user_id", "groups"))
    users = frozenset(user_id for user_id, _groups in rows if user_id is not None)
    robots = frozenset(group for user_id, groups in rows if user_id is None for group in groups)
    return Reachable(users, robots)


REACHABLE: Memo[Reachable] = Memo(_load_reachable)


def wants_message(user_id: int, kind: NoticeKind) -> bool:
    """Return whether a notice of this kind may have to leave the system. No statement but one in twenty seconds."""
    reachable = REACHABLE.get()
    return user_id in reachable.user_ids or find_group(kind) in reachable.robot_groups


# -- choices ---------------------------------------------------------------------------------------------------------


def read_default_choices(roles: Collection[str]) -> Choices:
    """Return what the pack sends to posts with these roles; rows without roles apply to everybody."""
    choices: dict[str, set[str]] = defaultdict(set)
    for row in get_policy("delivery_sends"):
        if not row["roles"] or not set(row["roles"]).isdisjoint(roles):
            for group in row["groups"]:
                choices[group].update(row["channels"])
    return {group: [option for option in OPTIONS if option in choices[group]] for group in Group.values}


def find_roles(user_ids: Iterable[int]) -> dict[int, set[str]]:
    """Return the roles of the posts that users hold today: the code of a post is the unit's code, a dot, the role."""
    today = clock.real_now().astimezone(clock.TOWN_TZ).date()
    roles: dict[int, set[str]] = defaultdict(set)
    rows = Holding.objects.on(today).filter(user_id__in=list(user_ids))
    for user_id, code in rows.values_list("user_id", "post__code"):
        roles[user_id].add(code.rpartition(".")[2])
    return roles


def find_choices(user_ids: Collection[int]) -> dict[int, Choices]:
    """Return what each user gets by which channel: their own choices, or the defaults of their posts."""
    rows = Receiver.objects.filter(user_id__in=list(user_ids), choices__isnull=False)
    own: dict[int, Any] = dict(rows.values_list("user_id", "choices"))
    roles = find_roles(set(user_ids) - set(own))
    return {
        user_id: own[user_id] if user_id in own else read_default_choices(roles.get(user_id, ()))
        for user_id in user_ids
    }


# -- quiet hours -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QuietHours:
    """Local times between which nothing is sent; the night may lie between them. Equal times mean never."""

    start: time
    end: time

    def find_end(self, moment: datetime) -> datetime | None:
        """Return when the quiet hours end in which the moment lies, None if it lies in none."""
        local = moment.astimezone(clock.TOWN_TZ)
        now = local.time().replace(tzinfo=None)
        if self.start == self.end:
            return None
        over_midnight = self.start > self.end
        inside = now >= self.start or now < self.end if over_midnight else self.start <= now < self.end
        if not inside:
            return None
        day = local.date() + timedelta(days=1) if over_midnight and now >= self.start else local.date()
        return datetime.combine(day, self.end, tzinfo=clock.TOWN_TZ)


def find_quiet_hours(receiver: Receiver | None) -> QuietHours:
    """Return a user's quiet hours, or those of the pack."""
    hours = get_policy("delivery_hours")
    start, end = (time.fromisoformat(hours[key]) for key in ("quiet_from", "quiet_to"))
    if receiver is not None and receiver.quiet_from is not None and receiver.quiet_to is not None:
        start, end = receiver.quiet_from, receiver.quiet_to
    return QuietHours(start, end)


def find_digest_hour(receiver: Receiver) -> int:
    """Return the local hour of a user's digest."""
    if receiver.digest_hour is not None:
        return receiver.digest_hour
    return int(get_policy("delivery_hours")["digest_hour"])
