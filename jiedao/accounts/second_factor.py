"""One-time codes (TOTP, RFC 6238: SHA-1, six digits, half a minute) and the codes that stand in for them.

Nothing here writes; `actions` does.
"""

import secrets
import unicodedata

import pyotp
import segno

from jiedao.accounts.models import SecondFactor, User
from jiedao.kernel import clock, crypto

CONTEXT = "accounts.SecondFactor.secret"
SKEW = 1  # steps of 30 s that a telephone's clock may be off, to either side
CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else


def is_on(user: User) -> bool:
    """Tell whether the person signs in with a second factor."""
    return SecondFactor.objects.filter(user=user).exists()


def of(user: User) -> SecondFactor | None:
    """Return the person's second factor; None where it is off."""
    found: SecondFactor | None = SecondFactor.objects.filter(user=user).first()
    return found


def new_secret() -> str:
    """Return a new secret, 160 random bits in base 32."""
    return pyotp.random_base32(32)


def seal(secret: str) -> str:
    """Return the stored form of a secret."""
    return crypto.encrypt(secret, context=CONTEXT)


def unseal(stored: str) -> str:
    """Return the secret of its stored form; raise UnreadableField where the key is another."""
    return crypto.decrypt(stored, context=CONTEXT)


def clean(text: str) -> str:
    """Return a typed code without spaces and dashes, in half-width small letters."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return "".join(letter for letter in plain if letter.isalnum())


def step_of(secret: str, code: str) -> int | None:
    """Return the half-minute whose code this is, at most `SKEW` from now; None for a wrong code."""
    totp, given = pyotp.TOTP(secret), clean(code).encode()
    now = totp.timecode(clock.now())
    steps = range(now - SKEW, now + SKEW + 1)
    return next((n for n in steps if secrets.compare_digest(totp.generate_otp(n).encode(), given)), None)


def address_of(secret: str, user: User, issuer: str) -> str:
    """Return the otpauth address that an authenticator reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=issuer)


def picture_of(address: str) -> str:
    """Return the QR code of an address as the data of an image, dark on white in either theme."""
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000"))


def in_groups(secret: str) -> str:
    """Return the secret as it is read aloud or typed: in groups of four."""
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def new_recovery_codes() -> list[str]:
    """Return ten new codes of two groups of five letters, 49 bits each."""
    groups = [
        ["".join(secrets.choice(_LETTERS) for _n in range(5)) for _g in range(2)] for _c in range(CODES)
    ]
    return ["-".join(pair) for pair in groups]


def recovery_digest(user_id: int, code: str) -> str:
    """Return the stored form of a recovery code; without the key of the fields it cannot be tried out."""
    return crypto.keyed_digest(f"recovery {user_id} {clean(code)}")
