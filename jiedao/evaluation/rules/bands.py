"""Rules that give points by the range that holds a value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import ClassVar

from django.utils.translation import gettext as _

from jiedao.evaluation.rules.rule import VALUE, Rule, format_decimal


@dataclass(frozen=True)
class Band:
    """A range of values and its points. `low` belongs to it, `high` does not, unless the flags state otherwise."""

    points: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_closed: bool = False

    def contains(self, value: Decimal) -> bool:
        """Return whether a value is in the range."""
        above = self.low is None or (value > self.low if self.low_open else value >= self.low)
        below = self.high is None or (value <= self.high if self.high_closed else value < self.high)
        return above and below

    @property
    def text(self) -> str:
        """The range as it is written: [75, 90)."""
        low = "−∞" if self.low is None else format_decimal(self.low)
        high = "+∞" if self.high is None else format_decimal(self.high)
        left = "(" if self.low is None or self.low_open else "["
        right = "]" if self.high is not None and self.high_closed else ")"
        return f"{left}{low}, {high}{right}"


def sort_bands(bands: Iterable[Band]) -> list[Band]:
    """Return bands from the lowest to the highest."""
    return sorted(bands, key=lambda band: (band.low is not None, band.low or Decimal(0), band.low_open))


def find_band_faults(bands: Iterable[Band]) -> list[str]:
    """Return the gaps and overlaps of neighbouring bands."""
    faults = []
    for lower, upper in pairwise(sort_bands(bands)):
        words = {"lower": lower.text, "upper": upper.text}
        if lower.high is None or upper.low is None or lower.high > upper.low:
            faults.append(_("%(lower)s 和 %(upper)s 两段有重叠") % words)
        elif lower.high < upper.low or (not lower.high_closed and upper.low_open):
            faults.append(_("%(lower)s 和 %(upper)s 两段之间有空档") % words)
        elif lower.high_closed and not upper.low_open:
            words["value"] = format_decimal(upper.low)
            faults.append(_("%(lower)s 和 %(upper)s 两段都含 %(value)s") % words)
    return faults


@dataclass(frozen=True)
class BandsRule(Rule):
    """The points of the band that holds the value: 90 % and more 20 points, 75 to 90 % 15 points."""

    bands: tuple[Band, ...] = ()

    name: ClassVar[str] = "bands"

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points of the band."""
        value = values[VALUE]
        band = next((band for band in self.bands if band.contains(value)), None)
        if band is None:  # the check of the pack finds such gaps
            return self.floor, f"{format_decimal(value)} ∉"
        return band.points, f"{format_decimal(value)} ∈ {band.text}"

    def find_faults(self) -> list[str]:
        """Return the faults, also gaps and overlaps of neighbouring bands."""
        faults = super().find_faults()
        if len(self.bands) < 2:
            return [*faults, _("bands 至少要有两段")]
        faults += find_band_faults(self.bands)
        most = max(band.points for band in self.bands)
        words = {"most": format_decimal(most), "points": format_decimal(self.points)}
        if most > self.points:
            faults.append(_("有一段得 %(most)s 分，超过了总分 %(points)s") % words)
        if most < self.points:
            faults.append(_("各段最高只得 %(most)s 分，到不了总分 %(points)s") % words)
        return faults


@dataclass(frozen=True)
class QuotaRule(Rule):
    """All points where the value reaches the quota of its size, `per` less where it does not.

    The bands hold the quota by size: 25 signs in a place of 4,000 shops and more, 10 from 2,000 on.
    """

    bands: tuple[Band, ...] = ()
    per: Decimal = Decimal(1)

    name: ClassVar[str] = "quota"
    values: ClassVar[tuple[str, ...]] = (VALUE, "size")

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points less the deduction of a missed quota."""
        value, size = values[VALUE], values["size"]
        band = next((band for band in self.bands if band.contains(size)), None)
        quota = band.points if band is not None else Decimal(0)
        if value >= quota:
            return (
                self.points,
                f"{format_decimal(value)} ≥ {format_decimal(quota)}: {format_decimal(self.points)}",
            )
        comparison = f"{format_decimal(value)} < {format_decimal(quota)}"
        return (
            self.points - self.per,
            f"{comparison}: {format_decimal(self.points)} − {format_decimal(self.per)}",
        )

    def find_faults(self) -> list[str]:
        """Return the faults, also gaps and overlaps of neighbouring bands."""
        faults = super().find_faults()
        if len(self.bands) < 2:
            return [*faults, _("bands 至少要有两段")]
        return faults + find_band_faults(self.bands)
