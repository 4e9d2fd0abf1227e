"""One-time codes that prove that a mail address or a phone belongs to a follower.

The code is derived from a nonce and the field key: neither the table nor the job that sends it holds the code.
"""

import hmac
import secrets

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.cases.following_public.code_limits import count_request, take_turn
from jiedao.cases.models import Case, ContactProof, Follower, ReporterNumber
from jiedao.cases.phones import list_phone_keys, read_reporter_phone
from jiedao.delivery.actions import read_target
from jiedao.kernel import clock
from jiedao.kernel.crypto import compute_keyed_digest, derive_key, encrypt
from jiedao.kernel.errors import UserError
from jiedao.kernel.jobs import enqueue
from jiedao.kernel.one_time_codes import count_try, derive_digits, is_current, is_match

TARGET = "cases.follower.target"
CHANNELS = ("SMS", "MAIL")
MOST_MATTERS = 50


def make_proof_key(channel: str, target: str) -> str:
    """Return the digest by which a contact is recognised."""
    return compute_keyed_digest(f"contact {channel} {target.lower()}")


def derive_proof_code(nonce: str) -> str:
    """Return the six digits that belong to a nonce."""
    return derive_digits(hmac.digest(derive_key("contact proof"), nonce.encode(), "sha256"))


@transaction.atomic
def send_proof(channel: str, target: str, *, address: str) -> str:
    """Send a one-time code to a contact and return the key of the contact.

    A contact that has been sent codes lately gets none, and the answer is the same: nobody learns whether others have
    used it. Its latest code stays valid.

    Raises:
        UserError: it is no address to which messages can go.
        TooManyRequests: beyond the limits of the client's address.
    """
    plain = read_target(channel if channel in CHANNELS else "", target)
    key = make_proof_key(channel, plain)
    count_request(address)
    if not take_turn(key):
        return key
    nonce = secrets.token_hex(16)
    content = {
        "channel": channel,
        "target": encrypt(plain, context=TARGET),
        "language": get_language() or "zh-hans",
        "nonce": nonce,
        "sent_at": clock.real_now(),
        "failures": 0,
    }
    proof, _created = ContactProof.objects.update_or_create(key=key, defaults=content)
    enqueue("cases:send_proof", proof_id=proof.pk, nonce=nonce)
    return key


def check_proof(key: str, code: str, *, channel: str = "") -> ContactProof:
    """Return the contact that the code proves, and use the code up; raise UserError where it does not.

    Args:
        channel: the only kind of contact that is accepted; "" for each.
    """
    proof = ContactProof.objects.filter(key=key, **({"channel": channel} if channel else {})).first()
    if proof is None or not is_current(proof.sent_at, clock.real_now()):
        raise _make_dead_code_error()
    mine = ContactProof.objects.filter(pk=proof.pk, nonce=proof.nonce)
    if not count_try(mine, "failures"):
        raise _make_dead_code_error()
    if not is_match(derive_proof_code(proof.nonce), code):
        raise UserError(_("验证码不对。"), hint=_("请看最近收到的一条，6 位数字。"), field="code")
    if not mine.delete()[0]:
        raise UserError(_("验证码已经用过了。"), hint=_("请重新要一个验证码。"), field="code")
    return proof


def _make_dead_code_error() -> UserError:
    return UserError(_("验证码已经不能用了。"), hint=_("请重新要一个验证码。"), field="code")


def confirm_contact(follower: Follower, key: str, code: str) -> None:
    """Verify a contact by its code, and use it for the messages of a follower from now on."""
    proof = check_proof(key, code)
    Follower.objects.filter(pk=follower.pk, erased_at__isnull=True).update(
        channel=proof.channel, target=proof.target, language=proof.language, verified_at=clock.now()
    )


def remove_contact(follower: Follower) -> None:
    """Delete the contact of a follower: no further message is sent."""
    Follower.objects.filter(pk=follower.pk).update(channel="", target="", verified_at=None)


def list_phone_matters(phone: str) -> list[Case]:
    """Return the matters that were reported with a phone number, newest first. The caller has proved the number.

    A text that contains more than one number has no matters: a mail address may begin with another person's number.
    """
    reading = read_reporter_phone(phone)
    if reading.faults or len(reading.numbers) != 1:
        return []
    keys = list_phone_keys(reading)
    further = ReporterNumber.objects.filter(key__in=keys).values("case_id")
    ids: set[int] = set()
    for rows in (Case.objects.filter(reporter_key__in=keys), Case.objects.filter(pk__in=further)):
        ids.update(rows.order_by("-id").values_list("pk", flat=True)[:MOST_MATTERS])
    return list(Case.objects.filter(pk__in=ids).order_by("-id")[:MOST_MATTERS])
