"""Rules that compute points from a value itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import ClassVar

from django.utils.translation import gettext as _

from jiedao.evaluation.rules.rule import FACTOR, VALUE, Rule, format_decimal

_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class RateRule(Rule):
    """points × rate, the rate in per cent: 30 × 处置率."""

    name: ClassVar[str] = "rate"

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points in proportion to the rate."""
        return self.points * values[
            VALUE
        ] / _HUNDRED, f"{format_decimal(self.points)} × {format_decimal(values[VALUE])}%"


@dataclass(frozen=True)
class InverseRule(Rule):
    """points × (1 − rate), for a rate that should be low: 20 × (1 − 返工率)."""

    name: ClassVar[str] = "inverse"

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points in proportion to what is left to 100 per cent."""
        value = values[VALUE]
        return self.points * (
            1 - value / _HUNDRED
        ), f"{format_decimal(self.points)} × (1 − {format_decimal(value)}%)"


@dataclass(frozen=True)
class DeductRule(Rule):
    """points − per × events, at most `cap` less: 30 points, 0.5 less for each complaint.

    `step` counts only full steps above `allowed`: 0.1 less for each full 200 bicycles over the quota. `also` holds
    further kinds of events with their own deduction: 0.2 for each case done again, 1 for each that was falsified.
    """

    per: Decimal = Decimal(1)
    step: Decimal = Decimal(1)
    allowed: Decimal = Decimal(0)
    cap: Decimal | None = None
    also: Mapping[str, Decimal] = field(default_factory=dict)

    name: ClassVar[str] = "deduct"
    optional: ClassVar[tuple[str, ...]] = (FACTOR, "allowed")

    @property
    def needed(self) -> tuple[str, ...]:
        """The names of the values: that of the first kind of events, and of the others."""
        return (*self.values, *self.also)

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points less the deduction."""
        excess = max(Decimal(0), values[VALUE] - values.get("allowed", self.allowed))
        count = excess if self.step == 1 else (excess / self.step).to_integral_value(ROUND_FLOOR)
        less = count * self.per + _add_up(self.also, values)
        formula = f"{format_decimal(self.points)} − {format_decimal(self.per)} × {format_decimal(count)}"
        formula += _write_terms(" − ", self.also, values)
        if self.cap is not None and less > self.cap:
            return self.points - self.cap, f"{formula} (≤ {format_decimal(self.cap)})"
        return self.points - less, formula

    def find_faults(self) -> list[str]:
        """Return the faults, also of a cap that leaves points which can never be lost."""
        faults = super().find_faults()
        if self.per <= 0 or self.step <= 0 or any(per <= 0 for per in self.also.values()):
            faults.append(_("per、step 和 also 里的数都要大于 0"))
        if self.cap is not None and self.cap < self.points - self.floor:
            words = {"cap": format_decimal(self.cap), "points": format_decimal(self.points - self.floor)}
            faults.append(_("最多扣 %(cap)s 分，%(points)s 分永远扣不完") % words)
        return faults


@dataclass(frozen=True)
class AddRule(Rule):
    """base + per × events, at most all points: 1 point for each closed case, at most 5.

    `also` holds further kinds of events with their own points: 2 more for each demolition of 300 m² and more.
    """

    per: Decimal = Decimal(1)
    base: Decimal = Decimal(0)
    also: Mapping[str, Decimal] = field(default_factory=dict)

    name: ClassVar[str] = "add"

    @property
    def needed(self) -> tuple[str, ...]:
        """The names of the values: that of the first kind of events, and of the others."""
        return (*self.values, *self.also)

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points earned."""
        earned = self.base + self.per * values[VALUE] + _add_up(self.also, values)
        start = f"{format_decimal(self.base)} + " if self.base else ""
        formula = f"{start}{format_decimal(self.per)} × {format_decimal(values[VALUE])}"
        return earned, formula + _write_terms(" + ", self.also, values)

    def find_faults(self) -> list[str]:
        """Return the faults."""
        faults = super().find_faults()
        if self.per <= 0 or any(per <= 0 for per in self.also.values()):
            faults.append(_("per 和 also 里的数都要大于 0"))
        if not 0 <= self.base <= self.points:
            faults.append(_("base 要在 0 和 points 之间"))
        return faults


def _add_up(weights: Mapping[str, Decimal], values: Mapping[str, Decimal]) -> Decimal:
    return sum((per * values[name] for name, per in weights.items()), Decimal(0))


def _write_terms(sign: str, weights: Mapping[str, Decimal], values: Mapping[str, Decimal]) -> str:
    return "".join(
        f"{sign}{format_decimal(per)} × {format_decimal(values[name])}" for name, per in weights.items()
    )


@dataclass(frozen=True)
class NormalisedRule(Rule):
    """points − count × per ÷ (area × population): complaints by the size of the place."""

    per: Decimal = Decimal(1)

    name: ClassVar[str] = "normalised"
    values: ClassVar[tuple[str, ...]] = (VALUE, "area", "population")

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points less the deduction by size."""
        area, population = values["area"], values["population"]
        formula = (
            f"{format_decimal(self.points)} − {format_decimal(values[VALUE])} × {format_decimal(self.per)} ÷ "
            f"({format_decimal(area)} × {format_decimal(population)})"
        )
        if not area * population:
            return self.points, formula
        return self.points - values[VALUE] * self.per / (area * population), formula


@dataclass(frozen=True)
class ThresholdRule(Rule):
    """All points from a threshold on, `per` less for each unit below it: 70 % and more 50 points, 1 less a point below.

    With `above`, each unit above the threshold adds, up to `most_above` more than `points`; with `step`, each full step
    above it does: 0.5 more for each full 10 over the target.
    """

    threshold: Decimal = Decimal(100)
    per: Decimal = Decimal(1)
    above: Decimal = Decimal(0)
    most_above: Decimal = Decimal(0)
    step: Decimal = Decimal(0)

    name: ClassVar[str] = "threshold"

    @property
    def most(self) -> Decimal:
        """The most points, which may exceed `points` by `most_above`."""
        return self.points + self.most_above

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points by the distance from the threshold."""
        difference = values[VALUE] - self.threshold
        if difference >= 0 and not self.above:
            reached = f"{format_decimal(values[VALUE])} ≥ {format_decimal(self.threshold)}"
            return self.points, f"{reached}: {format_decimal(self.points)}"
        distance = f"({format_decimal(values[VALUE])} − {format_decimal(self.threshold)})"
        if difference < 0:
            distance = f"({format_decimal(self.threshold)} − {format_decimal(values[VALUE])})"
            formula = f"{format_decimal(self.points)} − {format_decimal(self.per)} × {distance}"
            return self.points + difference * self.per, formula
        if self.step:
            difference = (difference / self.step).to_integral_value(ROUND_FLOOR)
            distance = format_decimal(difference)
        formula = f"{format_decimal(self.points)} + {format_decimal(self.above)} × {distance}"
        return self.points + difference * self.above, formula

    def find_faults(self) -> list[str]:
        """Return the faults, also of points above the threshold that can never be reached."""
        faults = super().find_faults()
        if self.per <= 0:
            faults.append(_("per 要大于 0"))
        if min(self.above, self.most_above, self.step) < 0:
            faults.append(_("above、most_above 和 step 不能是负数"))
        if bool(self.above) != bool(self.most_above):
            faults.append(_("above 和 most_above 要一起写，否则超出的部分得不到分"))
        return faults


@dataclass(frozen=True)
class CurveRule(Rule):
    """clamp((from_value − value) × per, 0, points): the faster the better, (2 − days) × 10 and at most 10 points."""

    zero_at: Decimal = Decimal(0)
    per: Decimal = Decimal(1)

    name: ClassVar[str] = "linear"

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points by the distance from the value that gives none."""
        result = (self.zero_at - values[VALUE]) * self.per
        return (
            result,
            f"({format_decimal(self.zero_at)} − {format_decimal(values[VALUE])}) × {format_decimal(self.per)}",
        )


@dataclass(frozen=True)
class WeightRule(Rule):
    """weight × value, of an index whose values are points themselves: 0.9 × 现场考察指数."""

    weight: Decimal = Decimal(1)

    name: ClassVar[str] = "weight"

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the weighted value."""
        return self.weight * values[VALUE], f"{format_decimal(self.weight)} × {format_decimal(values[VALUE])}"


@dataclass(frozen=True)
class ManualRule(Rule):
    """Points that a person gives with a reason."""

    name: ClassVar[str] = "manual"

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points as given."""
        return values[VALUE], format_decimal(values[VALUE])
