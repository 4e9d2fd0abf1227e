"""What every rule of an item has: its points, its values, its limits and its formula."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.utils.translation import gettext as _

VALUE = "value"
FACTOR = "factor"


class RuleFault(ValueError):  # noqa: N818 (a fault of the pack)
    """A rule that cannot be read; the text states what is wrong, in the reader's language."""


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
        """Return what is wrong with the numbers of the rule."""
        faults = []
        if self.points <= 0:
            faults.append(_("points 要大于 0"))
        if not 0 <= self.floor <= self.points:
            faults.append(_("floor 要在 0 和 points 之间"))
        return faults
