"""Split a target over communities and over months; each split must add up to the target. No database access."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _


def format_amount(amount: Decimal) -> str:
    """Return an amount without trailing zeros: 35.4200 becomes "35.42"."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_positive_amount(amount: Decimal, digits: int) -> str:
    """Return an amount above 0 with at most `digits` decimals; one that would show as 0 as less than the smallest."""
    rounded = round(amount, digits)
    if rounded:
        return format_amount(rounded)
    return _("不到 %(n)s") % {"n": format_amount(Decimal(1).scaleb(-digits))}


@dataclass(frozen=True)
class SplitGap:
    """The difference between a target and the sum of the parts of its split."""

    parts: Decimal
    target: Decimal

    @property
    def words(self) -> str:
        """The sum, the target and the difference, in the reader's language."""
        gap = self.target - self.parts
        words = (
            _("合计 %(parts)s，比目标 %(target)s 少 %(gap)s")
            if gap > 0
            else _("合计 %(parts)s，比目标 %(target)s 多 %(gap)s")
        )
        return words % {
            "parts": format_amount(self.parts),
            "target": format_amount(self.target),
            "gap": format_amount(abs(gap)),
        }


def find_split_gap(target: Decimal, parts: Collection[Decimal]) -> SplitGap | None:
    """Return how the sum of the parts differs from the target; None if they add up, or if there are no parts."""
    total = sum(parts, Decimal(0))
    return SplitGap(total, target) if parts and total != target else None


def list_months_between(first: date, last: date) -> list[date]:
    """Return the first day of each month that the days from `first` to `last` touch."""
    span = (last.year - first.year) * 12 + last.month - first.month
    steps = (first.month - 1 + step for step in range(span + 1))
    return [date(first.year + step // 12, step % 12 + 1, 1) for step in steps]
