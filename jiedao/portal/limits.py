"""How many forms an address may send: counted in each server process, as for the API."""

import threading
import time

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError

WINDOW = 3600.0
MOST_ADDRESSES = 20_000


class TooManyForms(UserError):  # noqa: N818 (a refusal)
    """The address has sent more forms than the limit."""

    status = 429


class FormLimit:
    """A number of forms of an address in an hour. Many people may share an address, so the limit is generous."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._times: dict[str, list[float]] = {}

    def take(self, address: str) -> None:
        """Count a form; raise TooManyForms beyond the limit."""
        now = time.monotonic()
        with self._lock:
            times = [moment for moment in self._times.get(address, []) if now - moment < WINDOW]
            if len(times) >= self.most:
                raise TooManyForms(
                    _("这个网络提交得太多，这次没有收。"), hint=_("请过一会儿再提交，或者打电话反映。")
                )
            if len(self._times) >= MOST_ADDRESSES:
                self._times.clear()
            self._times[address] = [*times, now]

    def clear(self) -> None:
        """Forget all forms."""
        with self._lock:
            self._times.clear()


REPORTS = FormLimit(60)
ANSWERS = FormLimit(120)
