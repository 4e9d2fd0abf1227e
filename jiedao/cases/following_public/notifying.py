"""Messages to followers: one-time codes, and a line when their case has moved. No text of a case is sent."""

from django.conf import settings
from django.core import signing
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from jiedao.cases.flow import State
from jiedao.cases.following_public.proving import TARGET, derive_proof_code
from jiedao.cases.following_public.reading import describe_state, may_rate_case
from jiedao.cases.models import Case, CaseMove, ContactProof, Follower
from jiedao.cases.moves.listeners import MoveEvent
from jiedao.delivery.channels.base import Message, PermanentFault, UncertainFault
from jiedao.delivery.channels.choosing import get_channel
from jiedao.delivery.summaries import find_page
from jiedao.delivery.texts import make_link
from jiedao.delivery.wishes import find_quiet_hours
from jiedao.kernel import clock
from jiedao.kernel.crypto import UnreadableField, compute_keyed_digest, decrypt
from jiedao.kernel.jobs import enqueue, job
from jiedao.kernel.one_time_codes import is_current

INVITATION_SALT = "jiedao.cases.invitation"
INVITATION_DAYS = 7  # for which the link of a mail confirms its address
# Followers are notified of these states; steps between them are internal to the office.
NOTIFIED_STATES = frozenset(
    state.value
    for state in (
        State.FILED,
        State.TO_VERIFY,
        State.HANDLING,
        State.CLOSED,
        State.DONE,
        State.REJECTED,
        State.SUSPENDED,
    )
)


def notify_followers(event: MoveEvent) -> None:
    """Write a job for each follower with a verified contact, in the transaction of the move."""
    if event.before_state == event.after_state or event.after_state not in NOTIFIED_STATES:
        return
    merged = Case.objects.filter(merged_into_id=event.case_id).values_list("pk", flat=True)
    followers = Follower.objects.filter(case_id__in=[event.case_id, *merged], verified_at__isnull=False)
    for pk in followers.values_list("pk", flat=True):
        enqueue("cases:notify_follower", follower_id=pk, at=event.at.isoformat())


@job("cases:send_proof", atomic=False)
def send_proof_message(*, proof_id: int, nonce: str) -> None:
    """Send a one-time code; a code that was replaced or has expired is not sent."""
    proof = ContactProof.objects.filter(pk=proof_id, nonce=nonce).first()
    if proof is None or not is_current(proof.sent_at, clock.real_now()):
        return
    with translation.override(proof.language):
        text = _("验证码 %(code)s，15 分钟内有效。不是您本人操作，请不要理会。") % {
            "code": derive_proof_code(nonce)
        }
        send_message(proof, f"proof:{proof_id}:{nonce}", _("验证码"), text)


def make_invitation(follower: Follower) -> str:
    """Return the token that confirms the contact which a follower has now; see `inviting`."""
    return signing.dumps([follower.pk, compute_keyed_digest(follower.target)], salt=INVITATION_SALT)


@job("cases:send_invitation", atomic=False)
def send_invitation(*, follower_id: int) -> None:
    """Send the mail with the link; not where the contact was confirmed or removed meanwhile."""
    follower = Follower.objects.select_related("case").filter(pk=follower_id).first()
    if follower is None or not follower.target or follower.verified_at is not None:
        return
    with translation.override(follower.language):
        link = f"{settings.JIEDAO_SITE_URL}/follow/confirm/?t={make_invitation(follower)}"
        text = _(
            "有人用这个邮箱反映了一件事（编号 %(number)s）。要收到进展，请在 7 天内打开链接确认：%(link)s "
            "不是您本人，请不要理会，不会再发。"
        ) % {"number": follower.case.number, "link": link}
        send_message(follower, f"invitation:{follower_id}", _("请确认您的邮箱"), text, link)


@job("cases:notify_follower", atomic=False)
def notify_follower(*, follower_id: int, at: str) -> None:
    """Send a follower the present state of the case; in quiet hours the message waits until they end.

    The message states the present state of the case, also where that state alone would cause no message. If the case
    has since moved to another state that causes a message, nothing is sent here: that step has its own message.

    Args:
        at: when the step was made.
    """
    follower = Follower.objects.select_related("case__merged_into").filter(pk=follower_id).first()
    if follower is None or follower.verified_at is None or not follower.target:
        return
    wakes_at = find_quiet_hours(None).find_end(clock.real_now())
    if wakes_at is not None:
        enqueue("cases:notify_follower", run_at=wakes_at, follower_id=follower_id, at=at)
        return
    own: Case = follower.case
    case = own.merged_into if own.state == State.MERGED and own.merged_into is not None else own
    later = CaseMove.objects.filter(case_id__in=[own.pk, case.pk], at__gt=at, to_state__in=NOTIFIED_STATES)
    if later.exclude(from_state=F("to_state")).exists():
        return
    with translation.override(follower.language):
        text = _("您反映或关注的事（编号 %(number)s）：%(state)s。") % {
            "number": own.number,
            "state": describe_state(case.state, may_rate=may_rate_case(follower)),
        }
        link = make_link(find_page("follow"))
        if link:
            text += _("查看：%(link)s") % {"link": link}
        key = f"follower:{follower_id}:{case.version}"
        send_message(follower, key, _("您反映的事有了进展"), text, link)


def send_message(
    receiver: Follower | ContactProof, key: str, subject: str, text: str, link: str = ""
) -> None:
    """Send by a delivery channel; do not retry what is certain to fail or may have been sent already."""
    try:
        plain = decrypt(receiver.target, context=TARGET)
        get_channel(receiver.channel).send(
            Message(key=key, target=plain, subject=subject, text=text, short=text, link=link)
        )
    except (PermanentFault, UnreadableField):
        return
    except UncertainFault:
        if get_channel(receiver.channel).repeats_safely:
            raise
