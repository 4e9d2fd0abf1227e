"""The quantities of a text in their surroundings, as rules ask for them."""

import re
import time
from bisect import bisect_left, bisect_right
from functools import cache, cached_property

from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.layout import Layout, Span
from jiedao.reports.checker.quantities import MILLE_POINTS, PERCENT, POINTS, Quantity, find_quantities

_RECEIVED = re.compile(r"受理|审结|办结|结案|立案|审理|收到|应")
_HEADING_LENGTH = 12  # characters between the amount that begins a paragraph and its share
SECONDS = 20  # a provincial report takes less than one
_NO_AMOUNT = {
    PERCENT,
    POINTS,
    MILLE_POINTS,
    "‰",
    "",
    "倍",
    "岁",
    "分",
    "秒",
    "天",
    "个月",
    "个工作日",
    "个小时",
    "小时",
    "分钟",
    "点",
    "级",
    "层",
    "轮",
    "届",
    "方面",
    "大",
}
# Verbs and particles between a name and its number.
_VERBS = re.compile(
    r"(?:共计|合计|总计|累计|共|总|计|分别|达到|达|为|有|是|实现|完成|约|近|超过|超|突破|的|了|已|仅|至|到|由|从|均|各"
    r"|承接|上报|增至|收到|安排|,|:|\s)+$"
)
# An amount after these is a difference from another period or place, not an amount of its own.
CHANGED = re.compile(
    r"(?:增加|减少|增长|下降|上升|提高|降低|压减|新增|净增|增收|减收|增支|减支|增|减|较|比|同比|多|少)[了近约]?$"
)
_PLANNED = re.compile(
    r"计划|安排|打算|思路|下半年|下一步|今后|展望|目标|重点(?:工作|任务)|主要(?:工作|任务)|总体要求|今年"
)
_REVIEWED = re.compile(r"回顾|总结|完成情况|主要成绩|取得")
_CONNECTIVES = re.compile(r"^(?:其中|包括|涵盖|包含|分别是|分别为|具体为|以及|和|与|及|、|,|;|:|\s|[((])+")


class OutOfTimeError(Exception):
    """The text is not like any that an office writes, and its checks have been stopped."""


class Context:
    """A text with its quantities. It answers every question about surroundings, so that rules state arithmetic."""

    def __init__(self, layout: Layout) -> None:
        self._deadline = time.monotonic() + SECONDS
        self.layout = layout
        self.quantities = find_quantities(layout)
        self._starts = [quantity.start for quantity in self.quantities]
        self.find_lead = cache(self._find_lead)
        self.find_tail = cache(self._find_tail)
        self.find_name = cache(self._find_name)

    @cached_property
    def prose(self) -> list[Quantity]:
        """The quantities outside tables."""
        return [quantity for quantity in self.quantities if not self.layout.is_in_table(quantity.start)]

    @cached_property
    def amounts(self) -> list[Quantity]:
        """The quantities outside tables that have a unit and are neither percentages nor durations."""
        return [quantity for quantity in self.prose if quantity.unit not in _NO_AMOUNT]

    @cached_property
    def received(self) -> list[Quantity]:
        """The amounts of what was received or settled, each value once."""
        matches = [amount for amount in self.amounts if _RECEIVED.search(self.find_lead(amount))]
        return list({amount.value: amount for amount in matches[::-1]}.values())[::-1]

    @cached_property
    def percentages(self) -> list[Quantity]:
        """The percentages outside tables."""
        return [quantity for quantity in self.prose if quantity.is_percent]

    @cached_property
    def heading_runs(self) -> dict[int, int]:
        """The number of the list to which the first amount of a paragraph belongs, by the start of the amount.

        The paragraphs of a list follow one another, and each begins with an amount of one unit and its share.
        """
        runs: dict[int, int] = {}
        run, unit = 0, ""
        for paragraph in self.layout.paragraphs:
            numbers = self.list_between(paragraph.start, paragraph.end)[:2]
            is_item = len(numbers) == 2 and numbers[1].is_percent and numbers[0].unit not in _NO_AMOUNT
            if not is_item or numbers[1].start - numbers[0].end > _HEADING_LENGTH:
                unit = ""
                continue
            run += numbers[0].unit != unit
            unit = numbers[0].unit
            runs[numbers[0].start] = run
        return runs

    @cached_property
    def _depths(self) -> list[int]:
        depths, depth = [], 0
        for sign in self.layout.folded:
            depth += sign == "("
            depth = max(0, depth - (sign == ")"))
            depths.append(depth)
        return depths

    def find_depth(self, position: int) -> int:
        """Return the number of open brackets at a position."""
        return self._depths[position]

    def check_time(self) -> None:
        """Raise OutOfTimeError where the checks of a text have taken longer than any real text does."""
        if time.monotonic() > self._deadline:
            raise OutOfTimeError

    def list_between(self, start: int, end: int) -> list[Quantity]:
        """Return the quantities from one position to another."""
        self.check_time()
        return self.quantities[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def list_amounts(self, span: Span) -> list[Quantity]:
        """Return the amounts of a part of the text."""
        return [
            quantity
            for quantity in self.list_between(span.start, span.end)
            if quantity.unit not in _NO_AMOUNT
        ]

    def list_before(self, quantity: Quantity, reach: int) -> list[Quantity]:
        """Return the quantities in the characters before a quantity, the nearest first."""
        self.check_time()
        first = bisect_left(self._starts, quantity.start - reach)
        return self.quantities[first : bisect_left(self._starts, quantity.start)][::-1]

    def list_after(self, quantity: Quantity, reach: int) -> list[Quantity]:
        """Return the quantities in the characters after a quantity, the nearest first."""
        return self.quantities[
            bisect_right(self._starts, quantity.start) : bisect_right(self._starts, quantity.end + reach)
        ]

    def list_sentence_before(self, quantity: Quantity) -> list[Quantity]:
        """Return the amounts before a quantity in its sentence, the nearest first."""
        sentence = self.layout.find_sentence(quantity.start)
        return self.list_amounts(Span(sentence.start, quantity.start))[::-1]

    @cached_property
    def _headings(self) -> list[tuple[int, bool]]:
        """The start of each heading, and whether it announces what is planned."""
        headings = []
        for line in self.layout.paragraphs:
            words = self.layout.folded[line.start : line.end].strip()
            if 1 < len(words) <= 50 and not words.endswith(("。", ",", ";", "|")):
                headings.append((line.start, bool(_PLANNED.search(words)) and not _REVIEWED.search(words)))
        return headings

    def is_planned(self, position: int) -> bool:
        """Return whether a position belongs to the part of a report that states what is planned."""
        index = bisect_right(self._headings, position, key=lambda heading: heading[0])
        main = [is_planned for start, is_planned in self._headings[:index] if self._is_main_heading(start)]
        return bool(main and main[-1])

    def _is_main_heading(self, start: int) -> bool:
        return bool(
            re.match(
                r"\s*[一二三四五六七八九十]+、|\s*第[一二三四五六]部分|\s*\d{4}年",
                self.layout.folded[start : start + 12],
            )
        )

    def _find_lead(self, quantity: Quantity) -> str:
        """Return the words before a quantity, back to the clause's beginning, a bracket, or the number before."""
        index = bisect_left(self._starts, quantity.start)
        start = self.layout.find_clause(quantity.start).start
        if index:
            start = max(start, min(self.quantities[index - 1].end, quantity.start))
        lead = re.sub(r"\([^()]*\)", "", self.layout.folded[start : quantity.start])
        return re.split(r"[(:)]", lead.rstrip(":( "))[-1]

    def _find_tail(self, quantity: Quantity) -> str:
        """Return the words after a quantity, to the end of its clause or to the next number."""
        index = bisect_right(self._starts, quantity.start)
        end = self.layout.find_clause(quantity.start).end
        if index < len(self.quantities):
            end = min(end, self.quantities[index].start)
        return re.split(r"[,;。!?()、:\n]", self.layout.folded[quantity.end : max(end, quantity.end)])[0]

    def _find_name(self, quantity: Quantity) -> str:
        """Return what a quantity counts: the words before it without verbs, or else the words after it."""
        name = _VERBS.sub("", _CONNECTIVES.sub("", self.find_lead(quantity)))
        name = re.sub(r"[\s“”]", "", name)
        return name or re.sub(r"[\s“”]", "", self.find_tail(quantity))

    def claim(
        self,
        kind: Kind,
        verdict: Verdict,
        quantity: Quantity,
        reason: str,
        *,
        others: tuple[Quantity, ...] = (),
        confidence: float,
        first: Quantity | None = None,
    ) -> Claim:
        """Return a claim about a quantity; `first` is where its sentence begins, where that is an earlier one."""
        begin = min(first.start, quantity.start) if first else quantity.start
        finish = max(first.start, quantity.start) if first else quantity.start
        return Claim(
            kind=kind,
            verdict=verdict,
            start=quantity.start,
            end=quantity.end,
            sentence=self.layout.quote(begin, finish),
            numbers=tuple(other.printed for other in (*others, quantity)),
            reason=reason,
            confidence=confidence,
        )


def is_subsequence(short: str, long: str) -> bool:
    """Return whether the characters of one text occur in another in their order: 区级收入 in 区级财政收入."""
    characters = iter(long)
    return all(character in characters for character in short)
