"""Messages to followers: the one-time code, and a line when their case has moved. No text of a case leaves."""

from django.conf import settings
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from jiedao.cases.flow import State
from jiedao.cases.following_public.proving import LASTS, TARGET, derive_proof_code
from jiedao.cases.following_public.reading import describe_state, may_rate_case
from jiedao.cases.models import Case, CaseMove, ContactProof, Follower
from jiedao.cases.moves.listeners import MoveEvent
from jiedao.delivery.channels.base import Message, PermanentFault, UncertainFault
from jiedao.delivery.channels.choosing import get_channel
from jiedao.delivery.wishes import find_quiet_hours
from jiedao.kernel import clock
from jiedao.kernel.crypto import UnreadableField, decrypt
from jiedao.kernel.jobs import enqueue, job

# The states of which followers are told; steps between them are the office's own.
TOLD_STATES = frozenset(
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


def tell_followers(event: MoveEvent) -> None:
    """Write a job for each follower with a verified contact, in the transaction of the move."""
    if event.before_state == event.after_state or event.after_state not in TOLD_STATES:
        return
    merged = Case.objects.filter(merged_into_id=event.case_id).values_list("pk", flat=True)
    followers = Follower.objects.filter(case_id__in=[event.case_id, *merged], verified_at__isnull=False)
    for pk in followers.values_list("pk", flat=True):
        enqueue("cases:tell_follower", follower_id=pk, at=event.at.isoformat())


@job("cases:send_proof", atomic=False)
def send_proof_message(*, proof_id: int, nonce: str) -> None:
    """Send a one-time code; a code that was replaced or has expired is not sent."""
    proof = ContactProof.objects.filter(pk=proof_id, nonce=nonce).first()
    if proof is None or clock.real_now() - proof.sent_at > LASTS:
        return
    with translation.override(proof.language):
        text = _("验证码 %(code)s，15 分钟内有效。不是您本人操作，请不要理会。") % {
            "code": derive_proof_code(nonce)
        }
        _send(proof, f"proof:{proof_id}:{nonce}", _("验证码"), text)


@job("cases:tell_follower", atomic=False)
def tell_follower(*, follower_id: int, at: str) -> None:
    """Tell a follower what happens with the case now; in quiet hours the message waits until they end.

    The words are those of the present state, also where followers are not told of that step itself. A later step of
    which they are told has a message of its own, so that one step is never told twice.

    Args:
        at: when the step was made.
    """
    follower = Follower.objects.select_related("case__merged_into").filter(pk=follower_id).first()
    if follower is None or follower.verified_at is None or not follower.target:
        return
    wakes_at = find_quiet_hours(None).find_end(clock.real_now())
    if wakes_at is not None:
        enqueue("cases:tell_follower", run_at=wakes_at, follower_id=follower_id, at=at)
        return
    own: Case = follower.case
    case = own.merged_into if own.state == State.MERGED and own.merged_into is not None else own
    told = CaseMove.objects.filter(case_id__in=[own.pk, case.pk], at__gt=at, to_state__in=TOLD_STATES)
    if told.exclude(from_state=F("to_state")).exists():
        return
    with translation.override(follower.language):
        text = _("您反映或关注的事（编号 %(number)s）：%(state)s。") % {
            "number": own.number,
            "state": describe_state(case.state, may_rate=may_rate_case(follower)),
        }
        link = f"{settings.JIEDAO_SITE_URL}/follow/" if settings.JIEDAO_SITE_URL else ""
        if link:
            text += _("查看：%(link)s") % {"link": link}
        key = f"follower:{follower_id}:{case.version}"
        _send(follower, key, _("您反映的事有了进展"), text, link)


def _send(receiver: Follower | ContactProof, key: str, subject: str, text: str, link: str = "") -> None:
    """Send by a channel of deliveries; what is certain to fail, or may have left already, is not tried again."""
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
