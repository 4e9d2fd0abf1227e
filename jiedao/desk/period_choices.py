"""The period of a page of figures, and its links to others: the one before, the next, and the usual ones."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _

from jiedao.kernel import clock, periods
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period
from jiedao.pages.entry import DeskRequest
from jiedao.pages.reading import read_period


def read_period_or_half(request: DeskRequest) -> Period:
    """Return the period of the address, the present half-year without one.

    A period that cannot be read is answered with a message and the present half-year.
    """
    half = periods.half_of(clock.today())
    if not any(request.GET.get(name, "").strip() for name in ("period", "from", "to")):
        return half
    try:
        return read_period(request.GET)
    except UserError as fault:
        messages.error(request, f"{fault.message}{fault.hint}")
        return half


def build_period_choices(period: Period, get_url: Callable[[str], str]) -> dict[str, Any]:
    """Return `previous` and `next` as addresses ("" where there is none), and the `usual` periods as links.

    Args:
        get_url: returns the address of the page for the written form of a period.
    """
    today, previous, following = clock.today(), period.previous(), find_next_period(period)
    usual = [
        (_("今天"), periods.day_of(today)),
        (_("本周"), periods.week_of(today)),
        (_("本月"), periods.month_of(today)),
        (_("本季度"), periods.quarter_of(today)),
        (_("本半年"), periods.half_of(today)),
        (_("本年"), periods.year_of(today)),
        (_("全部"), periods.all_time()),
    ]
    return {
        "previous": get_url(previous.text) if previous else "",
        "next": get_url(following.text) if following else "",
        "usual": [{"label": name, "url": get_url(p.text), "active": p == period} for name, p in usual],
    }


def find_next_period(period: Period) -> Period | None:
    """Return the next period of the same kind or length, None if it has not begun or the period is unlimited."""
    first = period.last + periods.DAY
    if period.text == periods.ALL or first > clock.today():
        return None
    period_kinds = [
        periods.year_of,
        periods.half_of,
        periods.quarter_of,
        periods.month_of,
        periods.week_of,
        periods.day_of,
    ]
    same_kind = next((kind(first) for kind in period_kinds if kind(period.first).text == period.text), None)
    return same_kind or periods.build_period(first, first + periods.DAY * (period.days - 1))
