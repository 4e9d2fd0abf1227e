"""Find the quantities of a folded text: numbers with their unit, magnitude, precision and approximation."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from jiedao.reports.checker.layout import Layout, Span
from jiedao.reports.checker.numerals import format_number, read_numeral

PERCENT = "%"
POINTS = "个百分点"
MILLE_POINTS = "个千分点"


class Approximation(StrEnum):
    """How the words around a number limit it."""

    EXACT = "exact"
    ABOUT = "about"
    BELOW = "below"  # 近3000名
    ABOVE = "above"  # 超5亿元
    AT_LEAST = "at_least"
    RANGE = "range"  # one end of 3至5个


# Units that are counted one by one. Everything else is measured, so that its last digit is rounded.
_COUNTED = [
    "个月", "个工作日", "个小时",
    "人次", "户次", "家次", "批次", "车次", "班次", "架次", "场次", "件次", "个", "家", "件", "宗", "起", "人", "名",
    "户", "栋", "幢", "处", "条", "项", "次", "间", "套", "座", "所", "位", "类", "批",
    "场", "期", "辆", "张", "种", "支", "部", "篇", "份", "台", "艘", "架", "头", "只",
    "棵", "株", "路", "站", "班", "组", "队", "对", "门", "款", "例", "枚", "届", "单",
    "笔", "段", "盏", "根", "桩", "桶", "床", "席", "片", "块", "孔", "本", "册", "轮",
    "岁", "级", "层", "方面", "方", "点", "大", "天", "小时", "分钟",
]  # fmt: skip
_MEASURED = [
    "平方公里", "平方千米", "平方米", "立方米", "立方", "公里", "千米", "海里", "米", "公顷",
    "亩", "吨标准煤", "吨", "公斤", "千克", "克", "千瓦时", "千瓦", "瓦", "千伏安",
    "千伏", "度", "标箱", "标准箱", "升", "万亿", "美元", "欧元", "港元", "元",
    "倍", "分", "秒",
]  # fmt: skip
_UNITS = sorted([*_COUNTED, *_MEASURED], key=len, reverse=True)
_SAME_UNIT = {"名": "人", "位": "人", "宗": "件", "起": "件", "件次": "件", "幢": "栋"}
_MAGNITUDES = {
    "万亿": 10**12, "千亿": 10**11, "百亿": 10**10, "亿": 10**8, "千万": 10**7, "百万": 10**6, "十万": 10**5,
    "万": 10**4, "千": 10**3, "百": 10**2,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<sign>(?<![\d%a-zA-Z月日年次期)-])-\s?)?"
    r"(?P<digits>(?<![\d.])(?:[1-9]\d{0,2}(?:,\d{3}){1,5}(?!\d|,\d{3}(?!\d))|\d{1,15}(?!\d)))"
    r"(?P<fraction>\.\d{1,12}(?!\d))?[ ]{0,2}"
    r"(?P<magnitude>万亿|千亿|百亿|亿|千万|百万|十万|万|千(?![米克瓦伏])|百(?!分))?(?P<more>多|余|来)?[ ]{0,2}"
    rf"(?P<unit>个百分点|百分点|个千分点|千分点|%|‰|{'|'.join(_UNITS)})?"
)
_UNIT_OF_WORDS = "|".join(unit for unit in _COUNTED if unit not in {"大", "分", "点"})
_WORDS = re.compile(
    r"(?<![第\d.一二两三四五六七八九十百千万亿零〇几数每前后上下])"
    r"(?P<digits>[二两三四五六七八九十](?![二两三四五六七八九])"
    r"|[一二两三四五六七八九][十百千万][一二两三四五六七八九十百千万零〇]*|十[一二三四五六七八九])"
    rf"(?P<more>多|余)?(?P<unit>大?(?:{_UNIT_OF_WORDS}))"
)
_NUMERAL = r"[零〇一二两三四五六七八九十百]"
_PER_HUNDRED = re.compile(
    rf"百分之(?P<number>\d{{1,3}}(?:\.\d{{1,4}})?|{_NUMERAL}{{1,5}}(?:点[零〇一二三四五六七八九]{{1,4}})?)"
)
_FRACTION = re.compile(
    r"(?<![百千万\d零一二两三四五六七八九十])(?P<below>[二三四五六七八九十]|十[一二三四五六七八九])分之(?P<above>[一二两三四五六七八九十])"
)
_LARGEST_DIVISOR = 20
# 三成 is a share; 成 also begins many words.
_TENTHS = re.compile(
    r"(?<=[占近超约过逾达长降足到为])(?P<tens>[一二两三四五六七八九])成(?P<ones>[一二三四五六七八九])?"
    r"(?![员立果本效功为都分交长人年绩就套品熟型因语份])"
)
# What looks like a quantity and is a date, a name, an ordinal or a number of a list.
_NO_QUANTITY = re.compile(
    r"\d{4}年(?:(?:上|下)半年|[一二三四]季度|\d{1,2}月(?:份)?(?:\d{1,2}日)?)?"
    r"|\d{1,2}月\d{1,2}日|\d{1,2}(?:-|至|到)\d{1,2}月(?:份)?|\d{1,2}月(?:份)?(?!\d)|\d{1,2}日(?!均)"
    r"|\d{4}-\d{1,2}-\d{1,2}|\d{1,2}:\d{2}(?::\d{2})?"
    r"|[前后]\s?\d{1,3}(?=[位名](?!\w{0,4}人))|第\s?\d{1,20}(?:\.\d{1,20})?|(?:12345|12319|12328|12315)(?!\s?[件宗个.\d])|1[12][09](?=接警|报警|急救|指挥)"
    r"|(?<![A-Za-z])(?!GDP|CPI|PPI)[A-Za-z]+[-+]?\d[\d.]{0,20}(?![\d.]{0,20}[件个家人户次起宗条])|(?<!\d)\d{1,12}(?:\.\d{1,6})?[A-Za-z]+|(?<!\d)\d{1,6}[+]\d{1,6}"
    r"|(?:^|\n)\s{0,20}[((]?\d{1,2}(?:[)、]|[.](?!\d))"
    r"|[“《][^”》\n]{0,40}[”》]"
)
_BEFORE = re.compile(
    r"(不少于|不低于|不超过|超过|突破|高于|超|接近|将近|近|大约|约|逾|达到?|共|总计)(?:为|是|有|占)?$"
)
_AFTER = re.compile(r"^(以上|以下|以内|左右|多|余|上下)")


@dataclass(frozen=True)
class Quantity(Span):
    """A number of the text in the base of its unit.

    Attributes:
        printed: the number as printed, such as "32.28".
        value: the number times its magnitude: 32.28万平方米 is 322800.
        scale: the magnitude: 10000 for 32.28万平方米, 1 where none is printed.
        step: one unit of the last printed place, in the base of the unit; 0 for what is counted one by one.
        unit: such as 平方米, 件, % or "" where none is printed; 宗 and 起 are 件.
        is_word: it is written in Chinese numerals.
    """

    printed: str
    value: Decimal
    step: Decimal
    unit: str
    approximation: Approximation = Approximation.EXACT
    is_word: bool = False
    scale: Decimal = Decimal(1)

    @property
    def is_percent(self) -> bool:
        """Whether this is a percentage."""
        return self.unit == PERCENT

    @property
    def is_exact(self) -> bool:
        """Whether no word around the number makes it approximate."""
        return self.approximation is Approximation.EXACT

    @property
    def is_precise(self) -> bool:
        """Whether it can be wrong by little: it is exact, in words such as 三成, or has decimals behind 约."""
        return (
            self.is_exact or self.is_word or (self.approximation is Approximation.ABOUT and self.places > 0)
        )

    @cached_property
    def room(self) -> Decimal:
        """Half a unit of the last printed place: how far the exact value may be from the printed one."""
        return self.step / 2

    @property
    def places(self) -> int:
        """The number of printed decimal places."""
        return len(self.printed.partition(".")[2])

    @property
    def words(self) -> str:
        """The number with its magnitude and unit, such as 32.28万平方米."""
        magnitude = next((word for word, scale in _MAGNITUDES.items() if scale == self.scale), "")
        return f"{self.printed}{magnitude}{self.unit}"

    def format(self, value: Decimal) -> str:
        """Return a value as it would be printed beside this quantity, in its magnitude."""
        return format_number(value / self.scale)


def find_quantities(layout: Layout) -> list[Quantity]:
    """Return the quantities of a text in their order, without dates, ordinals, quoted names and numbers of lists."""
    text = layout.folded
    names = [match.span() for match in _NO_QUANTITY.finditer(text)]
    quantities = [
        _build(layout, match)
        for match in _NUMBER.finditer(text)
        if not _overlaps(names, match.start("digits"), match.end("digits"))
    ]
    taken = [(quantity.start, quantity.end) for quantity in quantities]
    quantities += [
        _build_word(match)
        for match in _WORDS.finditer(text)
        if not _overlaps(names, *match.span()) and not _overlaps(taken, *match.span())
    ]
    quantities += find_fractions(text, names)
    return _mark_ranges(text, _pass_units_on(text, sorted(quantities, key=lambda quantity: quantity.start)))


def find_fractions(text: str, names: list[tuple[int, int]]) -> Iterator[Quantity]:
    """Yield percentages written in words: 百分之三十五点二, 三分之一, 近七成."""
    for match in _PER_HUNDRED.finditer(text):
        if not _overlaps(names, *match.span()):
            digits = _read_decimal(match["number"])
            places = len(digits.partition(".")[2])
            yield _build_fraction(text, match, digits, Decimal(1).scaleb(-places), is_word=False)
    for match in _FRACTION.finditer(text):
        above, below = read_numeral(match["above"]), read_numeral(match["below"])
        if 0 < above < below and below <= _LARGEST_DIVISOR and not _overlaps(names, *match.span()):
            value = f"{Decimal(100 * above) / below:.0f}"
            yield _build_fraction(text, match, value, Decimal(10), is_word=True)
    for match in _TENTHS.finditer(text):
        if not _overlaps(names, *match.span()):
            value = f"{read_numeral(match['tens'])}{read_numeral(match['ones']) if match['ones'] else 0}"
            yield _build_fraction(text, match, value, Decimal(1 if match["ones"] else 10), is_word=True)


def _read_decimal(number: str) -> str:
    """Return a number in Arabic or Chinese numerals as digits: 三十五点二 is 35.2."""
    if number[0].isdigit():
        return number
    whole, _point, fraction = number.partition("点")
    places = "".join(str(read_numeral(sign)) for sign in fraction)
    return f"{read_numeral(whole)}.{places}" if places else str(read_numeral(whole))


def _build_fraction(
    text: str, match: re.Match[str], digits: str, step: Decimal, *, is_word: bool
) -> Quantity:
    before, after = text[max(0, match.start() - 4) : match.start()], text[match.end() : match.end() + 2]
    approximation = _read_approximation(before, None, after)
    if is_word and approximation is Approximation.EXACT:
        approximation = Approximation.ABOUT
    return Quantity(
        start=match.start(), end=match.end(), printed=digits, value=Decimal(digits), step=step,
        unit=PERCENT, approximation=approximation, is_word=is_word,
    )  # fmt: skip


def _mark_ranges(text: str, quantities: list[Quantity]) -> list[Quantity]:
    """Mark both ends of 3至5个; 由3个至5个 is a change and no range."""
    marked = list(quantities)
    for index in range(len(quantities) - 1):
        first, last = quantities[index : index + 2]
        between = text[first.end : last.start]
        is_range = re.fullmatch(r"\s?(?:-|~|至|到)\s?", between) and last.value > first.value
        if is_range and not re.search(
            r"[由从自][^,。;]{0,12}$", text[max(0, first.start - 14) : first.start]
        ):
            marked[index] = replace(first, approximation=Approximation.RANGE)
            marked[index + 1] = replace(last, approximation=Approximation.RANGE)
    return marked


def _pass_units_on(text: str, quantities: list[Quantity]) -> list[Quantity]:
    """Give a number without a unit that of its list: 人社局9件,水务局4,供电局3件."""
    passed = list(quantities)
    for index in range(1, len(quantities) - 1):
        before, bare, after = quantities[index - 1 : index + 2]
        if (
            not bare.unit and before.unit and before.unit == after.unit and bare.scale == 1
            and text[bare.end : bare.end + 1] in {",", "、"} and text[before.end : before.end + 1] in {",", "、"}
            and not re.search(r"[。;!?\n]", text[before.end : after.start])
        ):  # fmt: skip
            passed[index] = replace(bare, unit=bare.unit or before.unit)
    return passed


def _overlaps(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    """Return whether one of the spans, which are in their order and apart, has a character in common with a part."""
    index = bisect_left(spans, (end,)) - 1
    return index >= 0 and spans[index][1] > start


def _build(layout: Layout, match: re.Match[str]) -> Quantity:
    fraction = match["fraction"] or ""
    magnitude = Decimal(_MAGNITUDES.get(match["magnitude"] or "", 1))
    unit = match["unit"] or ""
    unit = POINTS if unit == "百分点" else MILLE_POINTS if unit == "千分点" else _SAME_UNIT.get(unit, unit)
    sign = -1 if match["sign"] else 1
    number = Decimal(match["digits"].replace(",", "") + fraction) * sign
    step = Decimal(1).scaleb(-max(len(fraction) - 1, 0)) * magnitude
    is_counted = not fraction and magnitude == 1 and (not unit or unit in _COUNTED)
    before, after = (
        layout.folded[max(0, match.start() - 4) : match.start()],
        layout.folded[match.end() : match.end() + 2],
    )
    return Quantity(
        start=match.start("sign") if match["sign"] else match.start("digits"),
        end=len(match.group().rstrip()) + match.start(),
        printed=("-" if match["sign"] else "") + match["digits"] + fraction,
        value=number * magnitude,
        step=Decimal(0) if is_counted else step,
        unit=unit,
        approximation=_read_approximation(before, match["more"], after),
        scale=magnitude,
    )


def _build_word(match: re.Match[str]) -> Quantity:
    unit = match["unit"].removeprefix("大") or match["unit"]
    return Quantity(
        start=match.start(),
        end=match.end(),
        printed=match["digits"],
        value=Decimal(read_numeral(match["digits"])),
        step=Decimal(0),
        unit=_SAME_UNIT.get(unit, unit),
        approximation=Approximation.ABOVE if match["more"] else Approximation.EXACT,
        is_word=True,
    )


def _read_approximation(before: str, more: str | None, after: str) -> Approximation:
    lead, tail = _BEFORE.search(before), _AFTER.search(after)
    word = lead[1] if lead else ""
    if word in {"不少于", "不低于"}:
        return Approximation.AT_LEAST
    if word in {"近", "接近", "将近", "不超过"} or (tail and tail.group() in {"以下", "以内"}):
        return Approximation.BELOW
    if word in {"约", "大约"} or (tail and tail.group() in {"左右", "上下"}):
        return Approximation.ABOUT
    if word in {"超过", "突破", "高于", "超", "逾"} or more or tail:
        return Approximation.ABOVE
    return Approximation.EXACT
