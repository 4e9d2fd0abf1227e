"""Find sentences whose numbers fit one another in any text, and spoil one number of each as people do.

The relations are found by arithmetic alone, without the rules of the checker, so that what the checker overlooks counts
as missed: a share with three digits or more that is one amount of its line divided by another, a total that is the sum
of its neighbours, a growth rate that follows from two amounts or from an amount and its change.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from itertools import pairwise

_NUMBER = re.compile(
    r"(?<![\d.\-–—年A-Za-z])(?P<digits>\d[\d,]*(?:\.\d+)?)\s?(?P<magnitude>万亿|亿|万)?"
    r"(?P<unit>个百分点|[%％‰]|[一-鿿]{0,2})"
)
_NO_AMOUNT = re.compile(r"^(?:年|月|日|号|时|岁|点|季|届|[一-鿿]{0,1}以)")
_GROWTH = re.compile(r"(?:增长|上升|提高|增加|增幅|下降|减少|降低|降幅)(?:率|了|为|达)?$")
_CHANGED = re.compile(r"(?:增加|减少|上升|下降|增长|增收|减收|增|减|多|少)了?$")
_DOWN = re.compile(r"下降|减少|降低|降幅|减|少")
_WINDOW = 1500  # characters around a sentence that are checked with it
_HUNDRED = Decimal(100)
_OPPOSITES = {
    "增长": "下降",
    "下降": "增长",
    "增加": "减少",
    "减少": "增加",
    "上升": "下降",
    "提高": "下降",
}
_HOWS = ("digits exchanged", "one digit", "last place", "five percent", "ten times", "unit")
_MAGNITUDES = {"万": 10**4, "亿": 10**8, "万亿": 10**12}


@dataclass(frozen=True)
class Number:
    """A number as a simple reader sees it; `unit` is the character behind it."""

    start: int
    printed: str
    magnitude: str
    unit: str

    @property
    def value(self) -> Decimal:
        """The number times its magnitude."""
        return Decimal(self.printed.replace(",", "")) * _MAGNITUDES.get(self.magnitude, 1)

    @property
    def end(self) -> int:
        """The offset behind the digits."""
        return self.start + len(self.printed)

    @property
    def step(self) -> Decimal:
        """One unit of the last printed place."""
        places = len(self.printed.partition(".")[2])
        return Decimal(1).scaleb(-places) * _MAGNITUDES.get(self.magnitude, 1)


@dataclass(frozen=True)
class Relation:
    """Numbers of a line that fit one another.

    Attributes:
        kind: ratio, sum or growth.
        numbers: the result, and what it was computed from.
        fits: whether other numbers in their places fit one another as printed, rounded or truncated.
    """

    kind: str
    numbers: tuple[Number, ...]
    fits: Callable[[Sequence[Number]], bool]

    def is_broken_by(self, number: Number, change: Number) -> bool:
        """Return whether the relation no longer holds with one number changed."""
        return not self.fits([change if other is number else other for other in self.numbers])


@dataclass(frozen=True)
class Spoiled:
    """A part of a text with one number spoiled.

    Attributes:
        before: the part as it was.
        text: the part with the error.
        position: the offset of the error in it.
        how: the error.
        change: what was there and what is there now.
    """

    kind: str
    how: str
    before: str
    text: str
    position: int
    change: str


def find_relations(text: str) -> Iterator[Relation]:
    """Yield the relations of a text, each number being the result of one at most."""
    numbers = [
        Number(match.start(), match["digits"].rstrip(","), match["magnitude"] or "", match["unit"][:1])
        for match in _NUMBER.finditer(text)
        if not _NO_AMOUNT.match(match["unit"]) and match["digits"][0].isdigit()
    ]
    lines = [match.span() for match in re.finditer(r"[^\n]+", text)]
    for start, end in lines:
        own = [number for number in numbers if start <= number.start < end]
        for number in own:
            if number.unit in {"%", "％"}:
                yield from _find_rate(text, number, [other for other in numbers if other.start < end])
        yield from _find_sums(text, own)


def _find_rate(text: str, rate: Number, numbers: list[Number]) -> Iterator[Relation]:
    if len(rate.printed.replace(".", "").lstrip("0")) < 3 or "." not in rate.printed or rate.value >= 100:
        return
    before = [
        n for n in numbers if rate.start - 400 < n.start < rate.start and n.unit not in {"%", "％", "个"}
    ]
    before = [n for n in before if n.unit or n.magnitude][::-1]
    lead = text[max(0, rate.start - 6) : rate.start].rstrip("约近达为")
    near = [n for n in before if rate.start - n.end < 40 and n.value >= 10][:2]
    is_growth = bool(_GROWTH.search(lead))

    def fits(numbers: Sequence[Number]) -> bool:
        printed, part, whole = numbers
        if not whole.value:
            return False
        results = _list_growth(text, part, whole) if is_growth else [part.value / whole.value]
        return any(_is_printed(result * _HUNDRED, printed) for result in results)

    for part in near:
        for whole in (n for n in before if n is not part and n.unit == part.unit and n.value > 0):
            if fits((rate, part, whole)):
                yield Relation("growth" if is_growth else "ratio", (rate, part, whole), fits)
                return


def _list_growth(text: str, part: Number, whole: Number) -> list[Decimal]:
    lead = text[max(0, part.start - 5) : part.start]
    if match := _CHANGED.search(lead):
        base = whole.value + part.value if _DOWN.search(match.group()) else whole.value - part.value
        return [part.value / base] if base > 0 else []
    difference = abs(part.value - whole.value)
    return [difference / base for base in (whole.value, part.value) if base]


def _is_printed(result: Decimal, rate: Number) -> bool:
    return rate.value in {result.quantize(rate.step, way) for way in (ROUND_HALF_UP, ROUND_DOWN)}


def _find_sums(text: str, numbers: list[Number]) -> Iterator[Relation]:
    """Yield totals of a line with the run of neighbours behind or before them that makes them."""
    amounts = [
        n for n in numbers if n.unit not in {"%", "％", "‰", ""} and "百分点" not in text[n.end : n.end + 5]
    ]
    taken: set[int] = set()
    for total in amounts:
        same = [n for n in amounts if n.unit == total.unit and n is not total and n.value > 0]
        position = sum(n.start < total.start for n in same)
        runs = [same[position : position + count] for count in range(min(12, len(same)), 1, -1)]
        runs += [same[max(0, position - count) : position] for count in (2, 3, 4, 5)]
        for run in runs:
            is_large = total.value >= 100 and len(total.printed.replace(".", "")) > 2
            fits = sum((n.value for n in run), Decimal(0)) == total.value
            if len(run) > 1 and is_large and fits and total.start not in taken:
                taken.update(n.start for n in (total, *run))
                yield Relation("sum", (total, *run), _is_sum)
                break


def _is_sum(numbers: Sequence[Number]) -> bool:
    total, *parts = numbers
    room = sum((n.step for n in numbers if "." in n.printed or n.magnitude), Decimal(0)) / 2
    return abs(sum((n.value for n in parts), Decimal(0)) - total.value) <= room


def spoil(text: str) -> Iterator[Spoiled]:
    """Yield a text around each of its relations with one number spoiled, once in each way; the numbers take turns."""
    turn = 0
    for relation in find_relations(text):
        for how in _HOWS:
            number = relation.numbers[turn % len(relation.numbers)]
            change = _change(number, how)
            turn += 1
            if change is not None and relation.is_broken_by(number, change):
                yield _cut(text, relation, how, number, change)
        turn += 1
        if relation.kind == "growth":
            yield from _reverse(text, relation)


def _change(number: Number, how: str) -> Number | None:
    """Return a number with an error; None where it cannot have this one."""
    printed, magnitude = number.printed, number.magnitude
    if how == "unit":
        other = {"万": "亿", "亿": "万"}.get(magnitude)
        return Number(number.start, printed, other, number.unit) if other else None
    if "," in printed:
        return None
    if how in {"last place", "five percent"}:
        step = Decimal(1).scaleb(-len(printed.partition(".")[2]))
        raised = Decimal(printed) + 2 * step if how == "last place" else Decimal(printed) * Decimal("1.05")
        return Number(number.start, f"{raised.quantize(step, ROUND_HALF_UP):f}", magnitude, number.unit)
    if how == "ten times":
        whole, _point, fraction = printed.partition(".")
        printed = f"{whole}{fraction[0]}.{fraction[1:]}".rstrip(".") if fraction else f"{printed}0"
        return Number(number.start, printed.lstrip("0") or "0", magnitude, number.unit)
    return _change_digits(number, how)


def _change_digits(number: Number, how: str) -> Number | None:
    printed, magnitude = number.printed, number.magnitude
    digits = [position for position, sign in enumerate(printed) if sign.isdigit()]
    if how == "one digit" and len(digits) > 1:
        position = digits[len(digits) // 2]
        printed = f"{printed[:position]}{(int(printed[position]) + 4) % 10}{printed[position + 1 :]}"
        return Number(number.start, printed, magnitude, number.unit)
    if how == "digits exchanged":
        for first, second in pairwise(digits):
            is_leading_zero = first == 0 and printed[second] == "0"
            if abs(int(printed[first]) - int(printed[second])) > 1 and not is_leading_zero:
                signs = list(printed)
                signs[first], signs[second] = signs[second], signs[first]
                return Number(number.start, "".join(signs), magnitude, number.unit)
    return None


def _cut(text: str, relation: Relation, how: str, number: Number, change: Number) -> Spoiled:
    start, end = _find_window(text, relation)
    old, new = number.printed + number.magnitude, change.printed + change.magnitude
    behind = text.find(number.magnitude, number.end) + len(number.magnitude)
    spoiled = text[start : number.start] + new + text[behind if number.magnitude else number.end : end]
    return Spoiled(relation.kind, how, text[start:end], spoiled, number.start - start, f"{old} → {new}")


def _reverse(text: str, relation: Relation) -> Iterator[Spoiled]:
    """Yield the text with the direction of a change reversed, where its amounts show the direction."""
    rate, part, _whole = relation.numbers
    if _CHANGED.search(text[max(0, part.start - 5) : part.start]):
        return
    for word, opposite in _OPPOSITES.items():
        position = text.rfind(word, rate.start - 8, rate.start)
        if position >= 0:
            start, end = _find_window(text, relation)
            spoiled = text[start:position] + opposite + text[position + len(word) : end]
            change = f"{word} → {opposite}"
            yield Spoiled("growth", "direction", text[start:end], spoiled, position - start, change)
            return


def _find_window(text: str, relation: Relation) -> tuple[int, int]:
    first = min(number.start for number in relation.numbers)
    last = max(number.end for number in relation.numbers)
    start = text.rfind("\n", 0, max(0, first - _WINDOW)) + 1
    end = text.find("\n", min(len(text), last + _WINDOW))
    return start, end if end > 0 else len(text)
