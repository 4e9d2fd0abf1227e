"""How many forms an address may send. Many people may share an address, so the limits are generous."""

from django.utils.translation import gettext as _

from jiedao.kernel.errors import TooManyRequests
from jiedao.kernel.limits import Buckets


def _make_limit(most: int) -> Buckets:
    """Return a limit of so many forms, of which as many more may be sent in an hour."""
    return Buckets(lambda: most, 60, _make_refusal)


def _make_refusal(seconds: int) -> TooManyRequests:
    return TooManyRequests(
        _("这个网络提交得太多，这次没有收。"),
        seconds=seconds,
        hint=_("请过一会儿再提交，或者打电话反映。"),
    )


REPORTS = _make_limit(60)
PHOTO_FORMS = _make_limit(300)  # forms whose photos are stored, also those that are corrected and sent again
ANSWERS = _make_limit(120)
