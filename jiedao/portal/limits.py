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

    def refuse_beyond(self, address: str) -> None:
        """Raise TooManyForms where the address has sent as many forms as it may; the form is not counted."""
        with self._lock:
            self._refuse(address)

    def take(self, address: str) -> None:
        """Count a form; raise TooManyForms beyond the limit."""
        with self._lock:
            self._refuse(address)
            self._add(address)

    def count(self, address: str) -> None:
        """Count a form that was accepted."""
        with self._lock:
            self._add(address)

    def _list_times(self, address: str) -> list[float]:
        now = time.monotonic()
        return [moment for moment in self._times.get(address, []) if now - moment < WINDOW]

    def _refuse(self, address: str) -> None:
        if len(self._list_times(address)) >= self.most:
            raise TooManyForms(
                _("这个网络提交得太多，这次没有收。"), hint=_("请过一会儿再提交，或者打电话反映。")
            )

    def _add(self, address: str) -> None:
        times = self._list_times(address)
        if len(self._times) >= MOST_ADDRESSES:
            self._times.clear()
        self._times[address] = [*times, time.monotonic()]

    def clear(self) -> None:
        """Forget all forms."""
        with self._lock:
            self._times.clear()


REPORTS = FormLimit(60)
PHOTO_FORMS = FormLimit(300)  # forms whose photos are stored, also those that are corrected and sent again
ANSWERS = FormLimit(120)
NARROWED_FILES = FormLimit(60)  # files of open data that are written for one request
