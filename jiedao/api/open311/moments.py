"""Dates and times as GeoReport v2 writes them: ISO 8601 by the note of the W3C, always with a zone."""

import re
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError

# A plus sign that a client did not encode arrives as a space.
_UNENCODED_PLUS = re.compile(r" (?=\d\d:?\d\d$)")
EARLIEST, LATEST = 1, 9998  # years; a zone may move a moment into the year before or after


def format_moment(moment: datetime | None) -> str | None:
    """Return a moment in the town's time to the second, such as 2026-05-04T09:30:00+08:00."""
    return moment.astimezone(clock.TOWN_TZ).isoformat(timespec="seconds") if moment is not None else None


def read_moment(name: str, text: str, *, end: bool = False) -> datetime:
    """Return the moment that a parameter states; raise UserError for anything else, and for a time without a zone.

    A day without a time is the town's day: its beginning, with `end` its last moment.
    """
    written = _UNENCODED_PLUS.sub("+", text.strip())
    try:
        if len(written) == len("2026-05-04"):
            day = date.fromisoformat(written)
            moment = datetime.combine(day, time.min, clock.TOWN_TZ)
            moment += timedelta(days=1, microseconds=-1) if end else timedelta()
        else:
            moment = datetime.fromisoformat(written)
    except (ValueError, OverflowError):
        raise _make_fault(name, text) from None
    if moment.tzinfo is None or not EARLIEST < moment.year < LATEST:
        raise _make_fault(name, text)
    return moment


def _make_fault(name: str, text: str) -> UserError:
    return UserError(
        _("%(name)s：“%(text)s”不是带时区的时间。") % {"name": name, "text": text[:40]},
        hint=_("请写成 2026-05-04T09:30:00Z 或 2026-05-04T09:30:00+08:00。"),
        field=name,
    )
