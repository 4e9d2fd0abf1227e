"""The challenge of public forms: a computation by the browser, or a sum in words where scripts do not run.

There is no picture or sound to recognise. The script searches a number whose digest begins with zeros, which takes
about a second on a phone. The key of a challenge is also the key of the report, so that one challenge files one
report.
"""

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.utils.translation import gettext as _

from jiedao.accounts.throttle import count_failure
from jiedao.kernel.crypto import derive_key
from jiedao.kernel.errors import UserError
from jiedao.kernel.signed import load_signed

SALT = "jiedao.portal.challenge"
LASTS = 24 * 3600  # seconds: a form may stay open for a day
ZERO_BITS = 14
LARGEST = 9


@dataclass(frozen=True)
class Challenge:
    """A challenge as a form shows it; `token` comes back with the form."""

    key: uuid.UUID
    token: str

    @property
    def bits(self) -> int:
        """How many zero bits the digest of the work must begin with."""
        return ZERO_BITS

    @property
    def question(self) -> str:
        """The question for people without scripts."""
        first, second = _choose_numbers(self.key)
        return _("%(first)d 加 %(second)d 等于几？") % {"first": first, "second": second}


def make_challenge(key: uuid.UUID | None = None) -> Challenge:
    """Return a new challenge, with the key of an earlier attempt if there is one."""
    key = key or uuid.uuid4()
    return Challenge(key, signing.dumps(key.hex, salt=SALT))


def read_challenge(token: str) -> Challenge:
    """Return the challenge of a form; raise UserError where it was not made here or is older than a day."""
    try:
        return Challenge(uuid.UUID(load_signed(token, salt=SALT, max_age=LASTS)), token)
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        raise UserError(
            _("表单放得太久，请再提交一次。"), hint=_("填写的内容还在。"), field="answer"
        ) from None


def check_challenge(challenge: Challenge, *, work: str, answer: str) -> None:
    """Raise UserError unless the computation or the answer to the question is right."""
    if _is_worked(challenge.token, work):
        return
    digits = "".join(str(int(sign)) for sign in answer if sign.isdecimal())
    if hmac.compare_digest(digits.encode(), str(sum(_choose_numbers(challenge.key))).encode()):
        return
    message = _("答案不对。") if answer.strip() else _("请回答这道题，证明不是机器在提交。")
    raise UserError(message, hint=_("用数字写出答案。"), field="answer")


def use_challenge(data: Mapping[str, str], *, use: str) -> None:
    """Check the challenge of a form and use it up, also for the other server processes.

    Call it in the transaction of what it protects: where that is refused, the challenge may be used again.

    Args:
        data: what the form sent.
        use: for what the challenge is used up.

    Raises:
        UserError: it was not solved, or was used before.
    """
    challenge = read_challenge(data.get("challenge", ""))
    check_challenge(challenge, work=data.get("work", ""), answer=data.get("answer", ""))
    times, _pause = count_failure(f"challenge:{use}:{challenge.key.hex}", window=timedelta(seconds=LASTS))
    if times > 1:
        raise UserError(_("这张表单已经提交过。"), hint=_("请再提交一次。"), field="answer")


def _is_worked(token: str, work: str) -> bool:
    if not (work.isascii() and work.isdigit() and len(work) <= 12):
        return False
    digest = hashlib.sha256(f"{token}:{work}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - ZERO_BITS) == 0


def _choose_numbers(key: uuid.UUID) -> tuple[int, int]:
    digest = hmac.digest(derive_key("challenge"), key.bytes, "sha256")
    return digest[0] % LARGEST + 1, digest[1] % LARGEST + 1
