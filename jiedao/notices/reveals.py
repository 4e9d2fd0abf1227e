"""How many identities a user may reveal in an hour and how many numbers look up, and what a reason for it must be.

A room that shows personal data in clear calls `clean_reason`, then `claim_reveal` in the transaction in which it
records the reveal. Where the limit of the town is reached (policy `reveals_per_hour`), it calls
`report_stopped_reveal`, commits, and refuses: the audit administrators are notified, once in an hour for each user.

Looking up the matters of a phone number has a limit of its own (policy `look_ups_per_hour`), because a list of numbers
and an unlimited look-up would reveal who reported what.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.accounts.models import User
from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.policies import get_policy
from jiedao.notices.actions import notify
from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Reveal, Tone
from jiedao.orgs.actor import Actor
from jiedao.orgs.people import find_holders

AUDIT_RIGHT = "audit.entry:view"
HOUR = timedelta(hours=1)
SHORTEST_REASON, LONGEST_REASON = 4, 200
FEWEST_LETTERS = 3  # different ones
LOOK_UP = "cases.caller"  # the object type of the look-ups of a phone number, which are counted apart
STOPPED = NoticeKind(
    "accounts.user:reveals_stopped",
    gettext_lazy("一小时内查看了 %(limit)s 人的身份信息，已被拦下"),
    Tone.ALARM,
    personal=True,
)
LOOK_UPS_STOPPED = NoticeKind(
    "accounts.user:look_ups_stopped",
    gettext_lazy("一小时内按电话查了 %(limit)s 个号码，已被拦下"),
    Tone.ALARM,
)


@dataclass(frozen=True)
class HourlyLimit:
    """The limit of a town: its policy, the notice where it is reached, and the words of the refusal."""

    policy: str
    notice: NoticeKind
    words: Any

    @property
    def most(self) -> int:
        """How many a user may see in an hour."""
        return int(get_policy(self.policy))


REVEALS = HourlyLimit(
    "reveals_per_hour", STOPPED, gettext_lazy("一小时内查看的身份信息已达上限（%(n)d 人），这次没有显示。")
)
LOOK_UPS = HourlyLimit(
    "look_ups_per_hour",
    LOOK_UPS_STOPPED,
    gettext_lazy("一小时内按电话查询已达上限（%(n)d 个号码），这次没有查。"),
)


def find_limit(object_type: str) -> HourlyLimit:
    """Return the limit that counts what is shown of this type."""
    return LOOK_UPS if object_type == LOOK_UP else REVEALS


def clean_reason(text: str, field: str) -> str:
    """Return the reason in one line; raise UserError for one that states nothing.

    A reason has at least four letters or characters, of which three differ: "ab", "1111" and "看看看看" are none.
    """
    reason = " ".join(text.split())[:LONGEST_REASON]
    letters = [letter for letter in reason.lower() if letter.isalpha()]
    if len(letters) < SHORTEST_REASON or len(set(letters)) < FEWEST_LETTERS:
        raise UserError(
            _("请写明为什么要看。"),
            hint=_("至少 4 个字，如“电话回访”“联系业主整改”。理由会记入审计。"),
            field=field,
        )
    return reason


def claim_reveal(actor: Actor, object_type: str, object_id: int) -> bool:
    """Return whether the user may reveal this identity now, and count it. Call it in a transaction.

    An identity that the user revealed in the last hour already is not counted again.
    """
    if actor.user_id is None:
        return True
    User.objects.select_for_update().get(pk=actor.user_id)  # two at once are counted one after the other
    since = clock.now() - HOUR
    own = Reveal.objects.filter(user_id=actor.user_id)
    own.filter(Q(at__lte=since) | Q(at__gt=clock.now())).delete()  # the second: the clock was ahead
    limit = find_limit(object_type)
    revealed = {pair for pair in own.values_list("object_type", "object_id") if find_limit(pair[0]) is limit}
    if (object_type, object_id) in revealed:
        return True
    if len(revealed) >= limit.most:
        return False
    Reveal.objects.create(user_id=actor.user_id, object_type=object_type, object_id=object_id)
    return True


def report_stopped_reveal(
    actor: Actor, action: str, object_type: str, object_id: int | None, reason: str
) -> None:
    """Record that a reveal was stopped, and notify the audit administrators. Let the transaction commit."""
    limit = find_limit(object_type)
    after = {"reason": reason, "limit": limit.most}
    record_entry(actor=actor, action=f"{action}_stopped", obj_type=object_type, obj_id=object_id, after=after)
    user_id = actor.user_id or 0
    notify(
        user_ids=set(find_holders(AUDIT_RIGHT)) - {user_id},
        kind=limit.notice,
        object_id=user_id,
        object_name=actor.label,
        key=f"{limit.notice.code.partition(':')[2]}:{user_id}:{clock.now():%Y-%m-%dT%H}",
        data={"limit": limit.most},
    )


def make_stopped_error(object_type: str = "") -> NotAllowed:
    """Return the refusal of what is beyond the limit."""
    limit = find_limit(object_type)
    return NotAllowed(
        str(limit.words) % {"n": limit.most},
        hint=_("请过一会儿再查看；审计管理员已收到通知。确需更多，请联系审计管理员。"),
    )
