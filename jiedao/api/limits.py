"""How many requests a token and an address may send.

`JIEDAO_API_TOKEN_RATE` and `JIEDAO_API_ADDRESS_RATE` are requests a minute. A bucket holds five minutes' worth, so that
a system that was cut off can catch up.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from jiedao.kernel.errors import TooManyRequests
from jiedao.kernel.limits import Allowance, Buckets

MINUTES = 5  # that a full bucket holds
NOTED = "jiedao.allowance"  # a key in META that no header of a client can have


def _make_refusal(seconds: int) -> TooManyRequests:
    return TooManyRequests(
        _("请求太多，超过了限额，这次没有处理。"),
        seconds=seconds,
        hint=_("请等 %(n)d 秒后再发；一次取多条可以减少请求。") % {"n": seconds},
    )


def note_allowance(request: HttpRequest, allowance: Allowance | None) -> None:
    """Store how many requests the token has left, for the headers of the answer."""
    request.META[NOTED] = allowance


def write_allowance(request: HttpRequest, answer: HttpResponseBase) -> None:
    """State in the headers RateLimit and RateLimit-Policy how many requests the token has left."""
    allowance: Allowance | None = request.META.get(NOTED)
    if allowance is not None:
        answer["RateLimit-Policy"] = f'"token";q={allowance.most};w={MINUTES * 60}'
        answer["RateLimit"] = f'"token";r={allowance.left};t={allowance.seconds}'


def make_buckets(find_rate: Callable[[], int]) -> Buckets:
    """Return buckets for callers that may send so many requests a minute."""
    return Buckets(lambda: find_rate() * MINUTES, MINUTES, _make_refusal)


TOKENS = make_buckets(lambda: settings.JIEDAO_API_TOKEN_RATE)
ADDRESSES = make_buckets(lambda: settings.JIEDAO_API_ADDRESS_RATE)
