"""Splitting a target over communities and over months: each split adds up to it. No database."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _


def plain(amount: Decimal) -> str:
    """Return an amount without useless noughts: 35.4200 is 35.42."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class SplitGap:
    """A split that does not add up: what its parts come to and what they should."""

    parts: Decimal
    target: Decimal

    @property
    def words(self) -> str:
        """Say by how much, in the reader's language."""
        gap = self.target - self.parts
        words = (
            _("合计 %(parts)s，比目标 %(target)s 少 %(gap)s")
            if gap > 0
            else _("合计 %(parts)s，比目标 %(target)s 多 %(gap)s")
        )
        return words % {"parts": plain(self.parts), "target": plain(self.target), "gap": plain(abs(gap))}


def split_gap(target: Decimal, parts: Collection[Decimal]) -> SplitGap | None:
    """Return by how much parts miss the target; None where they add up, or where there are none."""
    total = sum(parts, Decimal(0))
    return SplitGap(total, target) if parts and total != target else None


def months_between(first: date, last: date) -> list[date]:
    """Return the first day of each month that the days from `first` to `last` touch."""
    span = (last.year - first.year) * 12 + last.month - first.month
    steps = (first.month - 1 + step for step in range(span + 1))
    return [date(first.year + step // 12, step % 12 + 1, 1) for step in steps]
