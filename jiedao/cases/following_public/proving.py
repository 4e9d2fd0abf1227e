"""One-time codes that prove that a mail address or a phone belongs to a follower.

The code is derived from a nonce and the field key: neither the table nor the job that sends it holds the code.
"""

import hmac
import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.accounts.throttle import count_failure, find_pause, make_limit_key
from jiedao.cases.models import Case, ContactProof, Follower, ReporterNumber
from jiedao.cases.phones import list_phone_keys, read_reporter_phone
from jiedao.delivery.actions import read_target
from jiedao.kernel import clock
from jiedao.kernel.crypto import compute_keyed_digest, derive_key, encrypt
from jiedao.kernel.errors import TooManyRequests, UserError
from jiedao.kernel.jobs import enqueue
from jiedao.kernel.one_time_codes import (
    LASTS,
    MOST_TRIES,
    PAUSE,
    count_try,
    derive_digits,
    is_current,
    is_match,
)

TARGET = "cases.follower.target"
CHANNELS = ("SMS", "MAIL")
HOUR = timedelta(hours=1)
MOST_OF_CONTACT, MOST_OF_ADDRESS = 6, 12
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

    Raises:
        UserError: it is no address to which messages can go.
        TooManyRequests: within a minute of the last code, or beyond the limits of an hour for the contact and for the
            client's address.
    """
    plain = read_target(channel if channel in CHANNELS else "", target)
    key = make_proof_key(channel, plain)
    now = clock.real_now()
    content = {
        "channel": channel,
        "target": encrypt(plain, context=TARGET),
        "language": get_language() or "zh-hans",
        "nonce": secrets.token_hex(16),
        "sent_at": now,
        "failures": 0,
    }
    if not _write_proof(key, content):
        raise TooManyRequests(
            _("刚刚发过验证码。"),
            seconds=int(PAUSE.total_seconds()),
            hint=_("请看收到的那一条，或一分钟后再试。"),
            field="target",
        )
    count_message(key, address=address)
    proof_id = ContactProof.objects.values_list("pk", flat=True).get(key=key)
    enqueue("cases:send_proof", proof_id=proof_id, nonce=content["nonce"])
    return key


def count_message(key: str, *, address: str) -> None:
    """Count a message to a contact that nobody has confirmed yet.

    Args:
        address: that of the client; "" for a client who is known otherwise.

    Raise TooManyRequests beyond the limits of an hour for the contact and for the client's address.
    """
    limits = {f"proof:{key}": MOST_OF_CONTACT}
    if address:
        limits[make_limit_key("proof-from", address)] = MOST_OF_ADDRESS
    if minutes := find_pause(list(limits)):
        raise TooManyRequests(
            _("要验证码的次数太多。"), seconds=minutes * 60, hint=_("请过一刻钟再试。"), field="target"
        )
    for name, most in limits.items():
        count_failure(name, most, HOUR)


def find_sent_proof(channel: str, target: str) -> str:
    """Return the key of a contact whose code was sent and is still valid, "" for none.

    After `TooManyRequests` the person can then enter the code that they have, instead of waiting for another one.
    """
    try:
        plain = read_target(channel if channel in CHANNELS else "", target)
    except UserError:
        return ""
    rows = ContactProof.objects.filter(
        key=make_proof_key(channel, plain),
        failures__lt=MOST_TRIES,
        sent_at__gt=clock.real_now() - LASTS,
    )
    return rows.values_list("key", flat=True).first() or ""


def _write_proof(key: str, content: dict[str, Any]) -> bool:
    """Write a new code in place of an older one; False within a minute of the last one.

    The same statement checks and writes the row, so that of two simultaneous requests only one sends a code.
    """
    now = content["sent_at"]
    rows = ContactProof.objects.filter(key=key)
    if rows.exclude(sent_at__gt=now - PAUSE, sent_at__lte=now).update(**content):
        return True
    return ContactProof.objects.get_or_create(key=key, defaults=content)[1]


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
