"""Readers of the numbers, days and periods in an address or a form; the text may be missing or wrong."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.translation import gettext as _

from jiedao.kernel import clock, periods
from jiedao.kernel.errors import UserError
from jiedao.kernel.readers.dates import read_day as read_wall_day
from jiedao.kernel.readers.faults import ValueFault
from jiedao.registers.models import LONG_AGO

MAX_DIGITS = 18  # every number with this many digits fits a 64-bit integer of the database


def read_number(text: str | None) -> int | None:
    """Return the non-negative integer in the text, or None if the text is anything else."""
    clean = (text or "").strip()
    return int(clean) if clean.isascii() and clean.isdigit() and len(clean) <= MAX_DIGITS else None


def read_numbers(texts: Iterable[str]) -> list[int]:
    """Return the numbers among the texts, in the same order; texts that are not numbers are left out."""
    return [number for text in texts if (number := read_number(text)) is not None]


def read_day(text: str | None) -> date | None:
    """Return the day in the text ("2026-12-31", "2026年12月31日"), or None if the text is anything else."""
    try:
        return read_wall_day(text, serials=False)
    except ValueFault:
        return None


def read_optional_day(text: str, field: str) -> date | None:
    """Return the day of a date input, None if it is empty.

    Raise UserError, with the name of the field, if the text is not a day.
    """
    if not text.strip():
        return None
    day = read_day(text)
    if day is None:
        message = _("“%(text)s”不是日期。") % {"text": text}
        raise UserError(message, hint=_("日期写成 2026-12-31 的样子。"), field=field)
    return day


def read_past_day(text: str) -> date:
    """Return the day in the text; raise UserError unless it is today or a past day."""
    day = read_day(text)
    if day is None or not LONG_AGO < day <= clock.today():
        raise UserError(
            _("“%(text)s”不是今天或以前的日期，已略去。") % {"text": text[:40]},
            hint=_("日期写成 2026-12-31 的样子。"),
            field="on",
        )
    return day


def read_period(query: Mapping[str, str]) -> periods.Period:
    """Return the period of an address: `period`, else `from` and `to`, else the current month.

    Raise UserError for a period or a day that cannot be read.
    """
    period_text = query.get("period", "").strip()
    if period_text:
        return periods.parse_period(period_text)
    ends = [query.get(name, "").strip() for name in ("from", "to")]
    if not any(ends):
        return periods.month_of(clock.today())
    return periods.build_open_period(*map(_read_end, ends))


def _read_end(text: str) -> date | None:
    if not text:
        return None
    day = read_day(text)
    if day is None:
        message = _("日期“%(text)s”看不懂。") % {"text": text[:20]}
        raise UserError(message, hint=_("写成 2026-12-31 的样子。"))
    return day
