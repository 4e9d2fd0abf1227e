"""The rules by which items of score sheets give points, as real sheets use them. All arithmetic is in decimals.

A rule is data of a pack, such as `{"rule": "rate", "points": 30}`. It is read by `read_rule` and applied to the values
of an item's measures:

```python
rule = read_rule({"rule": "deduct", "points": 20, "per": 0.5})
result = rule.apply({"value": Decimal(7)})  # result.points == 16.5, result.formula == "20 − 0.5 × 7"
```

Every rule keeps its result between `floor` (0 by default) and `points`, and states its formula with the numbers filled
in. A missing value gives no points and a note, never 0 points.

Two values are optional for every rule that can use them: `factor` multiplies the points (the difficulty of a place),
and `allowed` of a deduction replaces its number (the average of all who are compared).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Any, ClassVar

from jiedao.kernel.readers.exact import LIMITS, read_exact

VALUE = "value"
FACTOR = "factor"
_HUNDRED = Decimal(100)


class RuleFault(ValueError):  # noqa: N818 (a fault of the pack)
    """A rule that cannot be read; the text states what is wrong."""


@dataclass(frozen=True)
class Points:
    """The points of an item.

    Attributes:
        points: None where a value is missing.
        formula: the computation with the numbers filled in.
    """

    points: Decimal | None
    formula: str


def format_decimal(value: Decimal) -> str:
    """Return a number without needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class Rule(ABC):
    """A rule of an item that is worth `points`; the result is never below `floor` nor above `points`."""

    points: Decimal
    floor: Decimal = Decimal(0)

    name: ClassVar[str] = ""
    values: ClassVar[tuple[str, ...]] = (VALUE,)
    optional: ClassVar[tuple[str, ...]] = (FACTOR,)

    @property
    def needed(self) -> tuple[str, ...]:
        """The names of the values without which there are no points."""
        return self.values

    @property
    def accepted(self) -> tuple[str, ...]:
        """The names of all values that the rule reads."""
        return (*self.needed, *self.optional)

    @property
    def most(self) -> Decimal:
        """The most points that the rule gives, without a factor."""
        return self.points

    def apply(self, values: Mapping[str, Decimal | None]) -> Points:
        """Return the points for the values of the item's measures, by name."""
        if any(values.get(name) is None for name in self.needed):
            return Points(None, "")
        known = {name: value for name, value in values.items() if value is not None}
        raw, formula = self.compute(known)
        limited = max(self.floor, min(self.most, raw))
        if limited != raw:
            formula = f"{formula} = {format_decimal(raw)} → {format_decimal(limited)}"
        if FACTOR in known:
            formula = f"({formula}) × {format_decimal(known[FACTOR])}"
            limited *= known[FACTOR]
        return Points(limited, formula)

    @abstractmethod
    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points before the limits, and the formula with the numbers filled in."""

    def find_faults(self) -> list[str]:
        """Return what is wrong with the numbers of the rule, in English."""
        faults = []
        if self.points <= 0:
            faults.append("'points' is greater than 0")
        if not 0 <= self.floor <= self.points:
            faults.append("'floor' is between 0 and 'points'")
        return faults


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
            faults.append("'per', 'step' and the numbers of 'also' are greater than 0")
        if self.cap is not None and self.cap < self.points - self.floor:
            lost = format_decimal(self.points - self.floor)
            faults.append(
                f"deductions stop at {format_decimal(self.cap)}, so the {lost} points can never be lost"
            )
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
            faults.append("'per' and the numbers of 'also' are greater than 0")
        if not 0 <= self.base <= self.points:
            faults.append("'base' is between 0 and 'points'")
        return faults


def _add_up(weights: Mapping[str, Decimal], values: Mapping[str, Decimal]) -> Decimal:
    return sum((per * values[name] for name, per in weights.items()), Decimal(0))


def _write_terms(sign: str, weights: Mapping[str, Decimal], values: Mapping[str, Decimal]) -> str:
    return "".join(
        f"{sign}{format_decimal(per)} × {format_decimal(values[name])}" for name, per in weights.items()
    )


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
    """Return the gaps and overlaps of neighbouring bands, in English."""
    faults = []
    for lower, upper in pairwise(sort_bands(bands)):
        if lower.high is None or upper.low is None or lower.high > upper.low:
            faults.append(f"the bands {lower.text} and {upper.text} overlap")
        elif lower.high < upper.low or (not lower.high_closed and upper.low_open):
            faults.append(f"there is a gap between the bands {lower.text} and {upper.text}")
        elif lower.high_closed and not upper.low_open:
            faults.append(f"the bands {lower.text} and {upper.text} both hold {format_decimal(upper.low)}")
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
            return [*faults, "'bands' has at least two bands"]
        faults += find_band_faults(self.bands)
        most = max(band.points for band in self.bands)
        if most > self.points:
            faults.append(
                f"a band gives {format_decimal(most)}, more than the {format_decimal(self.points)} points"
            )
        if most < self.points:
            faults.append(
                f"no band gives more than {format_decimal(most)} of the {format_decimal(self.points)} points"
            )
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
            return [*faults, "'bands' has at least two bands"]
        return faults + find_band_faults(self.bands)


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
            faults.append("'per' is greater than 0")
        if min(self.above, self.most_above, self.step) < 0:
            faults.append("'above', 'most_above' and 'step' are not negative")
        if bool(self.above) != bool(self.most_above):
            faults.append("'above' and 'most_above' are written together, or points above are never given")
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
class RankRule(Rule):
    """Linear by rank between the points of the first and of the last: first 600, last 500, the others between."""

    last: Decimal = Decimal(0)

    name: ClassVar[str] = "rank"
    values: ClassVar[tuple[str, ...]] = ("rank", "count")

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points of the rank among all that are ranked."""
        rank, count = values["rank"], values["count"]
        if count <= 1:
            return self.points, format_decimal(self.points)
        step = (self.points - self.last) / (count - 1)
        formula = (
            f"{format_decimal(self.points)} − ({format_decimal(rank)} − 1) × "
            f"({format_decimal(self.points)} − {format_decimal(self.last)}) ÷ ({format_decimal(count)} − 1)"
        )
        return self.points - (rank - 1) * step, formula


@dataclass(frozen=True)
class RankTableRule(Rule):
    """The points of a rank from a table: 20, 19, 18; beyond it `beyond` less for each further place."""

    table: tuple[Decimal, ...] = ()
    beyond: Decimal = Decimal(0)

    name: ClassVar[str] = "rank_table"
    values: ClassVar[tuple[str, ...]] = ("rank",)

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points of the rank."""
        rank = int(values["rank"])
        if rank <= len(self.table):
            return self.table[rank - 1], f"#{rank}"
        extra = rank - len(self.table)
        return (
            self.table[-1] - extra * self.beyond,
            f"#{rank}: {format_decimal(self.table[-1])} − {extra} × {format_decimal(self.beyond)}",
        )

    def find_faults(self) -> list[str]:
        """Return the faults, also of a table that rises."""
        faults = super().find_faults()
        if not self.table:
            return [*faults, "'table' lists the points from the first rank on"]
        if list(self.table) != sorted(self.table, reverse=True):
            faults.append("'table' never gives a lower rank more points")
        if self.table[0] > self.points:
            faults.append(
                f"the first rank gets {format_decimal(self.table[0])}, more than {format_decimal(self.points)}"
            )
        if self.table[0] < self.points:
            first, points = format_decimal(self.table[0]), format_decimal(self.points)
            faults.append(f"the first rank gets only {first} of the {points} points")
        return faults


@dataclass(frozen=True)
class ShareOfFirstRule(Rule):
    """points × value ÷ the best value: the first gets all points, the others in proportion."""

    name: ClassVar[str] = "share_of_first"
    values: ClassVar[tuple[str, ...]] = (VALUE, "best")

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points in proportion to the best."""
        value, best = values[VALUE], values["best"]
        formula = f"{format_decimal(self.points)} × {format_decimal(value)} ÷ {format_decimal(best)}"
        return (self.points * value / best if best else Decimal(0)), formula


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


RULES: dict[str, type[Rule]] = {
    rule.name: rule
    for rule in (
        RateRule, InverseRule, DeductRule, AddRule, BandsRule, QuotaRule, NormalisedRule, ThresholdRule, CurveRule,
        RankRule, RankTableRule, ShareOfFirstRule, WeightRule, ManualRule,
    )
}  # fmt: skip


def read_rule(data: Mapping[str, Any]) -> Rule:
    """Return the rule of an item of a sheet; raise RuleFault with every fault, one a line."""
    rule = build_rule(data)
    if faults := rule.find_faults():
        raise RuleFault("\n".join(faults))
    return rule


def build_rule(data: Mapping[str, Any]) -> Rule:
    """Return a rule without checking its numbers; raise RuleFault where its form is wrong."""
    name = data.get("rule") if isinstance(data, Mapping) else data
    if not isinstance(data, Mapping) or not isinstance(name, str) or name not in RULES:
        raise RuleFault(f"no rule {name!r}; known: {', '.join(sorted(RULES))}")
    kind = RULES[name]
    known = set(kind.__dataclass_fields__)
    unknown = sorted(set(data) - known - {"rule"})
    if unknown:
        raise RuleFault(
            f"the rule {name} has no {', '.join(map(repr, unknown))}; known: {', '.join(sorted(known))}"
        )
    if "points" not in data:
        raise RuleFault("'points' is missing: what the item is worth")
    values = {key: _read_value(key, value) for key, value in data.items() if key != "rule"}
    return kind(**values)


def _read_value(key: str, value: Any) -> Any:
    if key == "bands":
        return tuple(_read_band(band) for band in _require_list(key, value))
    if key == "also":
        if not isinstance(value, Mapping) or not value:
            raise RuleFault("'also' is a table of names and numbers")
        return {str(name): _read_number(f"also.{name}", per) for name, per in value.items()}
    if key == "table":
        return tuple(_read_number(key, item) for item in _require_list(key, value))
    return _read_number(key, value)


def _read_band(band: Any) -> Band:
    if not isinstance(band, Mapping) or "points" not in band:
        raise RuleFault("a band is a table with points, low and high")
    unknown = sorted(set(band) - set(Band.__dataclass_fields__))
    if unknown:
        raise RuleFault(f"a band has no {', '.join(map(repr, unknown))}")
    return Band(
        points=_read_number("points", band["points"]),
        low=_read_number("low", band["low"]) if "low" in band else None,
        high=_read_number("high", band["high"]) if "high" in band else None,
        low_open=bool(band.get("low_open", False)),
        high_closed=bool(band.get("high_closed", False)),
    )


def _require_list(key: str, value: Any) -> Iterable[Any]:
    if not isinstance(value, list) or not value:
        raise RuleFault(f"{key!r} is a list")
    return value


def _read_number(key: str, value: Any) -> Decimal:
    number = read_exact(value)
    if number is None:
        raise RuleFault(f"{key!r} is a number of {LIMITS}, not {repr(value)[:60]}")
    return number
