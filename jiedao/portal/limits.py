"""How many forms an address may send. Many people may share an address, so the limits are generous."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from jiedao.kernel.errors import TooManyRequests
from jiedao.kernel.limits import Buckets


def _make_limit(most: int, refuse: Callable[[int], TooManyRequests] | None = None) -> Buckets:
    """Return a limit of so many forms, of which as many more may be sent in an hour."""
    return Buckets(lambda: most, 60, refuse or _make_refusal)


def _make_refusal(seconds: int) -> TooManyRequests:
    return TooManyRequests(
        _("这个网络提交得太多，这次没有收。"),
        seconds=seconds,
        hint=_("请过一会儿再提交，或者打电话反映。"),
    )


def _make_refusal_of_files(seconds: int) -> TooManyRequests:
    return TooManyRequests(
        _("这个网络下载得太多。"), seconds=seconds, hint=_("请过一会儿再试，或下载整个数据集后自己筛选。")
    )


REPORTS = _make_limit(60)
PHOTO_FORMS = _make_limit(300)  # forms whose photos are stored, also those that are corrected and sent again
ANSWERS = _make_limit(120)
# Files of open data that are written for one request.
NARROWED_FILES = _make_limit(60, _make_refusal_of_files)
