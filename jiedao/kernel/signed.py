"""Reading signed values that end after a time, also where the clock was ahead when they were signed."""

from typing import Any

from django.core import signing

from jiedao.kernel import clock

SECONDS_AHEAD = 300  # by which a clock may be set back without ending what was signed


def load_signed(text: str, *, salt: str, max_age: int) -> Any:
    """Return the value that `django.core.signing.dumps` signed within `max_age` seconds.

    Raise BadSignature for any other text, and where it was signed in the future: a clock that was a year ahead would
    otherwise have signed values that are good for a year.
    """
    value = signing.loads(text, salt=salt, max_age=max_age)
    signed_at = signing.b62_decode(text.rsplit(":", 2)[1])
    if signed_at > clock.real_now().timestamp() + SECONDS_AHEAD:
        raise signing.SignatureExpired("signed in the future")
    return value
