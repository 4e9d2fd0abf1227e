"""Read from a sentence of a plan what its promise would be: kind, title, target, last day and responsible unit."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from jiedao.indicators.parts import Part
from jiedao.kernel.periods import Period
from jiedao.orgs.units import UNITS, UnitInfo
from jiedao.reports.checker.layout import Layout
from jiedao.reports.checker.numerals import read_numeral
from jiedao.reports.checker.quantities import POINTS, find_quantities
from jiedao.reports.document import read_text
from jiedao.reports.models import PlanKind
from jiedao.reports.planning.sentences import Sentence, split_clauses

MOST_TITLE = 120
LEAST_TITLE = 4  # characters of a title that was shortened
_NUMBER = r"(?:\d{1,2}|十[一二]|[一二两三四五六七八九十])"
_YEAR = r"(?:(?P<year>20\d\d|今|当|本|明)年?的?)?"
_WORKS = (
    "道路|公园|学校|幼儿园|大楼|场馆|管网|停车场|泵站|广场|市场|绿道|体育馆|图书馆|服务中心|工程|(?<!的)项目"
)
_BUILT = "开工|完工|竣工|建成|动工|封顶|通车|投入使用|主体完工|进场施工"
_PROJECT = re.compile(rf"(?:{_WORKS}).{{0,14}}(?:{_BUILT})|(?:{_BUILT}).{{0,16}}(?:{_WORKS})")
_NO_TARGETS = {"", "%", "‰", POINTS, "个月", "月", "年", "周", "天", "日", "小时", "分钟"}
_LEADS = re.compile(r"牵头|负责|责任单位|组织实施")
_CLAUSE = re.compile(r"[，,；;。]")
_EDGE = "，,；;。！!？?、：: "
_LIMIT_WORDS = re.compile(
    r"(?:力争|确保|争取|计划|预计)?(?:在|于)?(?:年底前?|年内|年末前?|全年|(?:上|下)半年|第?[一二三四]季度末?前?"
    r"|\d{1,2}月(?:\d{1,2}日|底|末|中旬|上旬|下旬)?之?前?)"
)
_LEADS_ON = re.compile(r"^(?:牵头负责|牵头|负责|组织实施)?[，,：:、 ]*")
_OTHER_UNITS = re.compile(r"[、和与及等会配]")  # 城建办、环卫站: the sentence names more than one
_ENDS_AS_DAY = re.compile(r"[前底末内日旬初]$")  # 2021年 alone may be the start of 2021年度
_AT_DAY = re.compile(r"[于在]$")
_AROUND_NUMBER = re.compile(r"(?:不少于|不低于|不超过|超过?|约|近|达到|至少|共计?|完成)+$")


@dataclass(frozen=True)
class Prefill:
    """What the form begins with; None and "" for what the sentence does not name.

    Attributes:
        due_words, unit_words: the words of the sentence that the day and the unit were read from.
    """

    kind: PlanKind
    title: str
    target: Decimal | None
    measure: str
    due_date: date
    due_words: str
    unit_id: int | None
    unit_words: str


def read_prefill(sentence: Sentence, period: Period) -> Prefill:
    """Return what a sentence promises; `period` is the one that the plan is for."""
    target, measure, number_words = find_target(sentence)
    day, due_words = find_day(sentence.text, period)
    unit, unit_words = find_unit(sentence.text)
    if target is not None:
        kind = PlanKind.CAMPAIGN
    elif _PROJECT.search(sentence.text):
        kind = PlanKind.PROJECT
    else:
        kind = PlanKind.PLEDGE
    if kind is PlanKind.CAMPAIGN:
        title = _make_title(sentence, number_words)
    else:
        title = _shorten_title(sentence, due_words, unit_words)
    return Prefill(
        kind, title, target, measure, day or period.last, due_words, unit.id if unit else None, unit_words
    )


def read_rest(sentence: Sentence, period: Period) -> Prefill:
    """Return what a sentence promises besides its target, for a second promise: the clauses that do not print it."""
    _target, _measure, number_words = find_target(sentence)
    clauses = split_clauses(sentence)
    rest = [clause for clause in clauses if not number_words or number_words not in clause.text]
    if not rest or len(rest) == len(clauses):
        return read_prefill(sentence, period)
    runs = tuple(run for clause in rest for run in clause.runs)
    whole = read_prefill(sentence, period)
    part = read_prefill(replace(sentence, text=read_text(runs).strip(_EDGE), runs=runs), period)
    # The day and the unit of the sentence hold for all of its parts.
    return replace(
        part,
        due_date=part.due_date if part.due_words else whole.due_date,
        due_words=part.due_words or whole.due_words,
        unit_id=part.unit_id or whole.unit_id,
        unit_words=part.unit_words or whole.unit_words,
    )


# -- the target ------------------------------------------------------------------------------------------------------


def find_target(sentence: Sentence) -> tuple[Decimal | None, str, str]:
    """Return the first countable number of a sentence, its unit, and the words that print it.

    A percentage is no target: a campaign adds up what is done.
    """
    for run in sentence.runs:
        if run.figure is None or run.part not in {Part.TARGET, Part.VALUE} or run.exact is None:
            continue
        measure = run.figure.measure.unit_label
        if measure and measure != "%" and run.exact > 0:
            return run.exact, measure[:20], run.text
    named = [run.text for run in sentence.runs if run.is_name]
    for quantity in find_quantities(Layout(sentence.text)):
        words = sentence.text[quantity.start : quantity.end]
        if quantity.unit in _NO_TARGETS or quantity.value <= 0:
            continue
        if sentence.text[quantity.end :].startswith(("月", "年", "周", "季度", "工作日", "小时内", "日内")):
            continue
        # 十个一律 is no target, name("40个") is one.
        if any(words in name and words != name for name in named):
            continue
        measure = re.sub(r"^[\d.,，\s多余来]+", "", words) if not quantity.is_word else quantity.unit
        return quantity.value / quantity.scale, (measure or quantity.unit)[:20], words
    return None, "", ""


# -- the last day ----------------------------------------------------------------------------------------------------


def _read_number(words: str) -> int:
    return int(read_numeral(words) if not words.isdigit() else words)


def _end_of_month(year: int, month: int) -> date:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def _read_year(match: re.Match[str], period: Period) -> int:
    words = match.groupdict().get("year") or ""
    if words.isdigit():
        return int(words)
    return period.last.year + (words == "明")


def _roll(day: date, match: re.Match[str], period: Period) -> date:
    """Return the day in the next year where its year is not written and it is before the plan begins."""
    if match.groupdict().get("year") or day >= period.first:
        return day
    return _end_of_month(day.year + 1, day.month) if day.month == 2 else day.replace(year=day.year + 1)


def _read_month(match: re.Match[str], period: Period) -> date:
    year, month = _read_year(match, period), _read_number(match["month"])
    if not 1 <= month <= 12:
        raise ValueError(f"{month} is no month")
    last = _end_of_month(year, month)
    part = match["part"] or ""
    if match["day"]:
        day = last.replace(day=min(_read_number(match["day"]), last.day))
    elif part in {"初", "上旬"}:
        day = last.replace(day=10)
    elif part == "中旬":
        day = last.replace(day=20)
    elif not part and match["before"]:  # 10月前 is before October
        day = _end_of_month(year, month - 1) if month > 1 else date(year - 1, 12, 31)
    else:
        day = last
    return _roll(day, match, period)


def _read_months_within(match: re.Match[str], period: Period) -> date:
    first, months = period.first, _read_number(match["n"])
    last = _end_of_month(first.year, first.month + months - 1)
    return last if first.day == 1 else _end_of_month(first.year, first.month + months).replace(day=first.day)


_DAYS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Period], date]], ...] = (
    (
        re.compile(
            rf"{_YEAR}(?<![\d至到—-])(?P<month>\d{{1,2}}|十[一二]|[一二三四五六七八九十])月份?"
            r"(?:(?P<day>\d{1,2}|[一二三]?十?[一二三四五六七八九十])日|(?P<part>底|末|初|上旬|中旬|下旬))?+"
            r"(?P<before>之?前|以前)?+(?!(?!召开|举[行办]|开).{0,2}会议)"  # 11月专题会议 is a past one
        ),
        _read_month,
    ),
    (
        re.compile(rf"{_YEAR}[第前]?(?P<quarter>[一二三四1-4])季度末?(?:之?前|内)?"),
        lambda match, period: _roll(
            _end_of_month(_read_year(match, period), 3 * _read_number(match["quarter"])), match, period
        ),
    ),
    (
        re.compile(rf"{_YEAR}(?P<half>上|下)半年"),
        lambda match, period: _roll(
            _end_of_month(_read_year(match, period), 6 if match["half"] == "上" else 12), match, period
        ),
    ),
    (
        re.compile(r"国庆节?(?:之?前)"),
        lambda match, period: _roll(date(period.last.year, 9, 30), match, period),
    ),
    (re.compile(r"元旦(?:之?前)"), lambda _match, period: date(period.last.year, 12, 31)),
    (re.compile(rf"(?P<n>{_NUMBER})个月内"), _read_months_within),
    (
        # 2021年前 is before 2021, 2021年前十个月 is in 2021.
        re.compile(
            r"(?P<year>20\d\d|明)年(?:年?底|年?末|内|全年|(?P<before>之前|以前|前(?![\d一二三四五六七八九十两几半])))?"
        ),
        lambda match, period: date(_read_year(match, period) - bool(match["before"]), 12, 31),
    ),
    (
        re.compile(r"年底(?:之?前)?|年内|年末|全年|岁末"),
        lambda _match, period: date(period.last.year, 12, 31),
    ),
    (re.compile(r"(?:本|当|下)?季度?末"), lambda _match, period: period.last),
    (
        re.compile(r"(?<![\d一二三四五六七八九十])(?:本|当|下)?月(?:底(?:之?前)?|内)"),
        lambda _match, period: _end_of_month(period.first.year, period.first.month),
    ),
)


def find_day(text: str, period: Period) -> tuple[date | None, str]:
    """Return the day by which a sentence promises something, and its words; None and "" where it names no time.

    Args:
        period: the one that the plan is for; a month without a year is the next one from its first day on.
    """
    for pattern, read in _DAYS:
        for match in pattern.finditer(text):
            try:
                return read(match, period), match[0]
            except (ValueError, KeyError):  # 13月 or 31 June
                continue
    return None, ""


# -- the unit --------------------------------------------------------------------------------------------------------


def find_unit(text: str) -> tuple[UnitInfo | None, str]:
    """Return the unit that a sentence names, that which leads if several are named, and its words."""
    hits = []
    for unit in UNITS.get().values():
        if not unit.active or unit.parent_id is None:
            continue
        for name in _list_names(unit.name):
            position = text.find(name)
            if position >= 0:
                leads = _LEADS.match(text, position + len(name)) is not None
                hits.append((not leads, -len(name), position, unit, name))
                break
    if not hits:
        return None, ""
    *_order, unit, name = min(hits, key=lambda hit: hit[:3])
    return unit, name


def _list_names(name: str) -> list[str]:
    """Return the names under which texts call a unit, the longest first."""
    plain = re.sub(r"[（(].*?[）)]", "", name)
    names = {name, plain, plain.removeprefix("街道"), plain.removesuffix("工作站")}
    if plain.endswith("办公室"):
        names.add(plain.removesuffix("公室"))
    return sorted((variant for variant in names if len(variant) >= 4), key=len, reverse=True)


# -- the title -------------------------------------------------------------------------------------------------------


def _make_title(sentence: Sentence, number_words: str) -> str:
    """Return the sentence, or for a target the words of its clause without the number and the time."""
    text = sentence.text.strip(_EDGE)
    if number_words:
        clause = next((part for part in _CLAUSE.split(text) if number_words in part), text)
        before, after = clause.split(number_words, 1) if number_words in clause else (clause, "")
        words = _LIMIT_WORDS.sub("", _AROUND_NUMBER.sub("", before) + after).strip(_EDGE)
        text = words if len(words) >= 3 else (sentence.topic or clause)
    if len(text) > MOST_TITLE:
        text = text[:MOST_TITLE]
    return text


def _shorten_title(sentence: Sentence, due_words: str, unit_words: str) -> str:
    """Return the sentence without the words that the form has in fields of their own: the last day and the unit.

    A unit in the middle of a sentence stays: without it the rest would be no sentence.
    """
    text = short = _make_title(sentence, "")
    if unit_words and short.startswith(unit_words):
        rest = short.removeprefix(unit_words)
        short = short if _OTHER_UNITS.match(rest) else _LEADS_ON.sub("", rest)
    if due_words and _ENDS_AS_DAY.search(due_words) and short.count(due_words) == 1:
        before, after = short.split(due_words)
        before = _AT_DAY.sub("", before)
        if not before.strip(_EDGE) or not after.strip(_EDGE):
            short = before + after
    short = short.strip(_EDGE)
    return short if len(short) >= LEAST_TITLE else text
