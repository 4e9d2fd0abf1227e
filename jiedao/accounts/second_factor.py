"""One-time codes (TOTP, RFC 6238: SHA-1, six digits, 30 seconds) and the recovery codes that replace them.

This module does not write to the database; `actions` does.
"""

import secrets
import unicodedata

import pyotp
import segno

from jiedao.accounts.models import SecondFactor, User
from jiedao.kernel import clock, crypto
from jiedao.kernel.short_codes import draw_code

CONTEXT = "accounts.SecondFactor.secret"
MAX_SKEW = 1  # steps of 30 s by which a phone's clock may be fast or slow
STEP_SECONDS = 30
CODE_COUNT = 10


def is_on(user: User) -> bool:
    """Return whether the user signs in with a second factor."""
    return SecondFactor.objects.filter(user=user).exists()


def find_second_factor(user: User) -> SecondFactor | None:
    """Return the user's second factor, None when it is switched off."""
    factor: SecondFactor | None = SecondFactor.objects.filter(user=user).first()
    return factor


def make_secret() -> str:
    """Return a new secret, 160 random bits in base 32."""
    return pyotp.random_base32(32)


def encrypt_secret(secret: str) -> str:
    """Return the stored form of a secret."""
    return crypto.encrypt(secret, context=CONTEXT)


def decrypt_secret(stored: str) -> str:
    """Return the secret from its stored form; raise UnreadableField when the key has changed."""
    return crypto.decrypt(stored, context=CONTEXT)


def normalise_code(text: str) -> str:
    """Return a typed code in half-width lower case, without spaces and dashes."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return "".join(letter for letter in plain if letter.isalnum())


def find_step(secret: str, code: str) -> int | None:
    """Return the 30-second step that the code belongs to, at most `MAX_SKEW` from now; None for a wrong code."""
    totp, typed = pyotp.TOTP(secret), normalise_code(code).encode()
    now = totp.timecode(clock.real_now())
    steps = range(now - MAX_SKEW, now + MAX_SKEW + 1)
    return next(
        (step for step in steps if secrets.compare_digest(totp.generate_otp(step).encode(), typed)), None
    )


def find_latest_step() -> int:
    """Return the latest step whose code is accepted now."""
    return int(clock.real_now().timestamp()) // STEP_SECONDS + MAX_SKEW


def build_otpauth_uri(secret: str, user: User, issuer: str) -> str:
    """Return the otpauth URI that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=issuer)


def draw_qr_code(address: str) -> str:
    """Return the QR code of an address as a data URI, dark on white in both themes."""
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000"))


def group_letters(secret: str) -> str:
    """Return the secret in groups of four letters, to be read aloud or typed."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def make_recovery_codes() -> list[str]:
    """Return ten new codes, each of two groups of five letters (49 bits)."""
    return ["-".join(draw_code(5).lower() for _half in range(2)) for _code in range(CODE_COUNT)]


def hash_recovery_code(user_id: int, code: str) -> str:
    """Return the stored form of a recovery code: a keyed digest, which cannot be searched without the field key."""
    return crypto.compute_keyed_digest(f"recovery {user_id} {normalise_code(code)}")
