"""Compare exact results with printed numbers, as offices round them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from jiedao.reports.checker.numerals import format_number
from jiedao.reports.checker.quantities import Approximation, Quantity

HUNDRED = Decimal(100)
_ABOUT = Decimal("0.05")  # how far 约 may be from the exact value, as a part of it
_DIGITS_OF_A_TYPO = 4  # in shorter numbers, one digit differs by chance
_NEAR = Decimal("0.1")  # how far 近 and 超 may be


@dataclass(frozen=True)
class Interval:
    """The values that an amount may have, both ends included."""

    low: Decimal
    high: Decimal

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Interval") -> "Interval":
        return Interval(self.low - other.high, self.high - other.low)

    def divide_by(self, other: "Interval") -> "Interval | None":
        """Return the quotient of amounts that are not negative; None where the divisor may be 0."""
        if other.low <= 0:
            return None
        return Interval(self.low / other.high, self.high / other.low)

    def multiply_by(self, factor: Decimal) -> "Interval":
        """Return the amount times a positive factor."""
        return Interval(self.low * factor, self.high * factor)

    def overlaps(self, other: "Interval") -> bool:
        """Return whether the two have a value in common."""
        return self.low <= other.high and other.low <= self.high

    @property
    def middle(self) -> Decimal:
        """The value halfway between the ends."""
        return (self.low + self.high) / 2


def read_interval(quantity: Quantity) -> Interval:
    """Return the values that a printed amount may have; a rounded amount may be half a unit of its last place away."""
    return Interval(quantity.value - quantity.room, quantity.value + quantity.room)


def add_up(quantities: Iterable[Quantity]) -> Interval:
    """Return the values that the sum of printed amounts may have."""
    total = Interval(Decimal(0), Decimal(0))
    for quantity in quantities:
        total = total + read_interval(quantity)
    return total


def compute_percentage(part: Interval, whole: Interval) -> Interval | None:
    """Return the part as a percentage of the whole."""
    share = part.divide_by(whole)
    return share.multiply_by(HUNDRED) if share else None


def is_printed_as(exact: Interval, printed: Quantity) -> bool:
    """Return whether an exact value is printed so: rounded half up, or truncated.

    An approximation is true on its side only: 近 stays below, 超 above.
    """
    value, step = abs(printed.value), printed.step
    room = step / 2
    if printed.approximation is Approximation.RANGE:
        return True
    if printed.approximation is Approximation.ABOUT:
        room = step if printed.places else max(room, value * _ABOUT)
        return exact.low <= value + room and exact.high >= value - room
    if printed.approximation in {Approximation.ABOVE, Approximation.AT_LEAST}:
        return exact.high >= value - room
    if printed.approximation is Approximation.BELOW:
        return exact.low <= value + room and exact.high >= value * (1 - _NEAR) - room
    return exact.low < value + step and exact.high >= value - room


def find_transposition(quantity: Quantity, expected: Decimal) -> str | None:
    """Return the number as it would be with two neighbouring digits exchanged, where it is then as expected.

    A difference that such an exchange explains is divisible by nine, which is how bookkeepers find it.
    """
    digits = quantity.printed.lstrip("-").replace(",", "")
    if quantity.is_word or len(digits.replace(".", "")) < 2:
        return None
    positions = [position for position, digit in enumerate(digits) if digit.isdigit()]
    for first, second in pairwise(positions):
        if digits[first] != digits[second]:
            swapped = list(digits)
            swapped[first], swapped[second] = swapped[second], swapped[first]
            number = "".join(swapped)
            if (number[0] != "0" or number[1] == ".") and Decimal(number) * quantity.scale == expected:
                return number
    return None


def find_typo(quantity: Quantity, expected: Decimal) -> str | None:
    """Return a number as it would be without a slip of the hand, where it is then as expected.

    The slips are two neighbours exchanged, one wrong digit in a number of four digits or more, and a shifted point.
    """
    if swapped := find_transposition(quantity, expected):
        return swapped
    if quantity.is_word or quantity.value <= 0 or expected <= 0:
        return None
    printed = quantity.printed.replace(",", "")
    corrected = f"{(expected / quantity.scale).quantize(Decimal(1).scaleb(-quantity.places)):f}"
    if Decimal(corrected) * quantity.scale == expected and len(corrected) == len(printed):
        wrong = sum(first != second for first, second in zip(printed, corrected, strict=True))
        if wrong == 1 and len(printed.replace(".", "")) >= _DIGITS_OF_A_TYPO:
            return corrected
    is_shifted = any(quantity.value.scaleb(places) == expected for places in (-4, -2, -1, 1, 2, 4))
    return format_number(expected / quantity.scale) if is_shifted else None


def list_typos(quantity: Quantity) -> Iterator[Decimal]:
    """Yield the values that a number would have with neighbours exchanged back, or its point shifted back."""
    if quantity.is_word:
        return
    digits = quantity.printed.replace(",", "")
    for first, second in pairwise(position for position, digit in enumerate(digits) if digit.isdigit()):
        if digits[first] != digits[second]:
            swapped = list(digits)
            swapped[first], swapped[second] = swapped[second], swapped[first]
            yield Decimal("".join(swapped)) * quantity.scale
    for places in (-4, -1, 1, 4):
        yield quantity.value.scaleb(places)


def list_runs(
    quantities: Sequence[Quantity], shortest: int = 2, longest: int = 24
) -> list[Sequence[Quantity]]:
    """Return the runs of neighbours, longest first."""
    count = len(quantities)
    return [
        quantities[start : start + length]
        for length in range(min(longest, count), shortest - 1, -1)
        for start in range(count - length + 1)
    ]
