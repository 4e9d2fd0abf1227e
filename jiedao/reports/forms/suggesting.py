"""Suggest what fills the cells of a blank, from the words of its headers. A person confirms every suggestion."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from jiedao.indicators.models import Measure, MeasureKind
from jiedao.kernel.folding import fold_key
from jiedao.orgs.units import UNITS
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS
from jiedao.registers.catalogue import RegisterInfo
from jiedao.reports.forms.blank import CellRef, Grid, name_column, number_column
from jiedao.reports.forms.definition import OWN_COLUMNS, Aspect, BindingSpec, Fact, Rule
from jiedao.reports.forms.labels import CellWords, read_words, strip_label
from jiedao.reports.forms.models import BindingKind
from jiedao.reports.forms.spaces import find_room

LEAST = 0.72  # how alike a header and a name must be
_LEARNED_SCORE = 0.95  # of words that a person has bound before
_WEIGHTS = {Aspect.NUMERATOR: 0.95, Aspect.DENOMINATOR: 0.9}  # a figure of its own is meant more often
_UNSURE = 0.5  # a total of some places is perhaps not that of the town: a person decides
_SAME_COUNT = 0.97  # of names that differ in 数, 总数 and the like
# Headers that name neither a figure nor a place, and change nothing.
_PLAIN = re.compile(
    "(?:数量|数值|数据|个数|件数|宗数|指标值|实际|实绩|完成数|完成情况|完成值|结果|合计|总计|小计|总数|全部|全街道?|街道|本期|本月|当月|本季度"
    "|本年|今年|上半年|下半年|项目|指标|指标名称|计量单位|单位|值|数"
    "|件|宗|个|家|人|名|栋|户|处|次|起|条|份|天|台|套|辆|吨|公里|米|万?平方米|㎡|公顷|亩|[万亿]?元|%)*"
)
# A row or column that adds up what is listed, and words that mean the complete town whatever is listed.
_TOTAL = re.compile("(?:合计|总计|小计|总数|全部|共计)")
_TOWN = re.compile("全街道?(?:合计|总计|总数)?|本?街道(?:合计|总计|总数|全部)")
# Words of a name that state only that it is a count: 案件受理总数 and 受理数 name the same.
_COUNT_WORDS = re.compile("案件|情况|工作|(?:总|件|宗|个)*数量?$|总量$|总")
# Words of superiors for what the catalogue names otherwise: 按时办结数 is the numerator of 按期处置率.
_SYNONYMS = (
    (re.compile("按时|及时|限时|如期"), "按期"),
    (re.compile("办结|处理完成|办理完成|处置完成|处结"), "处置"),
)
_SYNONYM_WEIGHT = 0.9  # a word of the catalogue is meant more often
# A part of a longer name that begins or ends here is another figure: 应处置数 is no 处置数.
_OTHER_FIGURE = re.compile("[应未不非无超率比]|逾期|按期|按时|新增|存量|同比|剩余|拟")
LEAST_COLUMNS = 2  # headers of a register that make a row the head of a list
MOST_LIST_ROWS = 500
MOST_SUGGESTED_ROWS = 2_000  # of a sheet: below them are no headers
_RULES = (
    (Rule.TO_DATE_YEAR_BEFORE, re.compile("上年累计|去年累计|上年同期累计|去年同期累计")),
    (Rule.YEAR_BEFORE, re.compile("(?:上年|去年|上一年)?同期(?!比|增)|上年数")),
    (Rule.LAST_YEAR, re.compile("(?:上年|去年)(?:全年|度)")),
    (Rule.TO_DATE, re.compile("累计|年初以来|本年(?:至今)?")),
    (Rule.PREVIOUS, re.compile("上[月期季周](?!.*比)|上半年数|上一[月期季]")),
)
_ASPECTS = (
    (Aspect.GROWTH, re.compile("同比|增速|增长|增幅")),
    (Aspect.RANK, re.compile("排名|位次|名次")),
    (Aspect.COMPLETION, re.compile("完成率|完成比例|完成进度")),
    (Aspect.TARGET, re.compile("目标|任务数|计划数|年度任务|计划")),
)
_FACTS = (
    (Fact.OFFICE, re.compile("填报单位|报送单位|填报部门|单位名称|填表单位|报表单位|单位[(（]?盖章")),
    (Fact.DATE, re.compile("截[止至](?:日期|时间)|数据截[止至]")),
    (Fact.FILLED_ON, re.compile("(?:填报|填表|报送|报出|上报|制表)(?:日期|时间)")),
    (Fact.PERIOD, re.compile("所属时期|统计时间|报告期|统计时段|报表期别|填报期|填报时期|所属期|统计期")),
    (Fact.DRAFTER, re.compile("填表人|填报人|制表人|经办人|联系人|报送人")),
    (Fact.CONFIRMER, re.compile("审核人|复核人|负责人|审批人|签发人|审签")),
)


_FACTS_OF_DAYS = {
    fact: pattern for fact, pattern in _FACTS if fact in {Fact.DATE, Fact.FILLED_ON, Fact.PERIOD}
}

# What superiors call the columns that every register has.
_OWN_NAMES = {
    "code": ("编号", "编码", "序列号"),
    "name": ("名称",),
    "community": ("所属社区", "所在社区", "社区名称"),
    "area": ("网格", "所属网格", "所在网格"),
    "unit": ("责任单位", "主管单位", "主办单位", "管理单位"),
    "place_text": ("地址", "详细地址", "所在地址", "位置", "所在位置"),
}
_TITLE_BONUS = 3.0  # for a register that the title of a list names


@dataclass(frozen=True)
class KnownWords:
    """Words of a header that a person has bound to a figure before, in this or another form."""

    label: str
    measure: str
    aspect: str


@dataclass(frozen=True)
class Suggestion:
    """What a cell could be bound to.

    Attributes:
        heading: the words of the cell, for the reader.
        score: how well the words fit, 0 to 1; 0 for a cell that no name fits and that is left to a person.
    """

    ref: CellRef
    spec: BindingSpec
    heading: str
    score: float


def suggest_bindings(
    grids: Sequence[Grid],
    measures: Mapping[str, Measure],
    registers: Sequence[RegisterInfo],
    known: Iterable[KnownWords] = (),
) -> list[Suggestion]:
    """Return a suggestion for each empty cell that has words, and for each cell that asks for a fact of the office.

    Args:
        known: what people bound before: a superior's word for a figure need not be that of the catalogue.
    """
    matcher = _Matcher(measures)
    matcher.learn(known)
    suggestions: list[Suggestion] = []
    for grid in grids:
        lists = _suggest_lists(grid, registers)
        listed_cells = {(row, column) for item in lists for row, column in _list_cells(item)}
        suggestions += lists
        places = matcher.find_places(grid)
        for row in range(1, min(grid.rows, MOST_SUGGESTED_ROWS) + 1):
            for column in range(1, grid.columns + 1):
                if (row, column) in grid.covered or (row, column) in listed_cells:
                    continue
                suggestion = _suggest_cell(grid, row, column, matcher, places)
                if suggestion is not None:
                    suggestions.append(suggestion)
    return suggestions


def _list_cells(item: Suggestion) -> list[tuple[int, int]]:
    last_column = item.ref.column + max(len(item.spec.columns), 1) + 20
    return [
        (row, column)
        for row in range(item.ref.row, item.spec.last_row + 1)
        for column in range(1, last_column + 1)
    ]


def _suggest_cell(
    grid: Grid, row: int, column: int, matcher: "_Matcher", places: set[tuple[str, str]]
) -> Suggestion | None:
    cell = grid.get(row, column)
    if cell.is_formula:
        return None
    words = read_words(grid, row, column)
    is_beside = column > 1 and bool(grid.get(row, column - 1).text)  # the cell next to its words
    room = find_room(cell.text)
    scored_spec = (
        _suggest_room(cell.text, room)
        if room
        else _suggest_beside_words(grid, row, column)
        if cell.text
        else _suggest_empty(words, matcher, places, is_beside=is_beside)
    )
    if scored_spec is None:
        return None
    spec, score = scored_spec
    return Suggestion(CellRef(grid.sheet, row, column), spec, words.heading, score)


def _suggest_beside_words(grid: Grid, row: int, column: int) -> tuple[BindingSpec, float] | None:
    """Return the fact for a cell such as 填报单位： that has no empty cell beside it: the fact follows its words."""
    cell = grid.get(row, column)
    fact = _match_fact(cell.text) if cell.text.rstrip().endswith(("：", ":")) else None
    right = column + cell.columns
    has_room = right <= grid.columns and not grid.get(row, right).text
    return None if fact is None or has_room else (BindingSpec(BindingKind.FACT, fact=fact), 1.0)


def _suggest_room(text: str, room: str) -> tuple[BindingSpec, float]:
    """Return the fact for the room that a text leaves: 统计表（2020年  月） asks for the period.

    The day of 填报日期：  年  月  日 has a name; one without, as at the end of a form, is perhaps that of the filling.
    """
    plain = fold_key(text)
    facts = (fact for fact, pattern in _FACTS_OF_DAYS.items() if pattern.search(plain))
    fact = next(facts, Fact.FILLED_ON if room == "day" and "截" not in plain else None)
    is_named = fact is not Fact.FILLED_ON or _FACTS_OF_DAYS[fact].search(plain) is not None
    if fact is None:
        fact = Fact.DATE if "截" in plain else Fact.PERIOD
    return BindingSpec(BindingKind.FACT, fact=fact), 1.0 if is_named else _UNSURE


def _suggest_empty(
    words: CellWords, matcher: "_Matcher", places: set[tuple[str, str]], *, is_beside: bool
) -> tuple[BindingSpec, float] | None:
    if not words.beside and not words.above:
        return None
    fact = _match_fact(words.beside[0]) if words.beside else None
    if fact is not None:
        return (BindingSpec(BindingKind.FACT, fact=fact), 1.0) if is_beside else None
    scored_spec = matcher.find(words)
    if scored_spec is not None and _adds_up_some_places(words, scored_spec[0], matcher, places):
        scored_spec = scored_spec[0], min(scored_spec[1], _UNSURE)
    return scored_spec or ((BindingSpec(BindingKind.HAND), 0.0) if is_beside else None)


def _adds_up_some_places(
    words: CellWords, spec: BindingSpec, matcher: "_Matcher", places: set[tuple[str, str]]
) -> bool:
    """Return whether a cell is a total over only some of the places of the town, or over groups of them."""
    texts = [strip_label(text) for text in (*words.beside, *words.above)]
    totals = [text for text in texts if _TOTAL.fullmatch(text)]
    if not totals or not places or spec.area or spec.unit or any(map(matcher.is_town, texts)):
        return False
    return "小计" in totals or not matcher.communities <= places


def _match_fact(text: str) -> Fact | None:
    plain = fold_key(text)
    if len(plain) > 16:
        return None
    return next((fact for fact, pattern in _FACTS if pattern.search(plain)), None)


@dataclass(frozen=True)
class _Match:
    """A measure and the part of it that a name means: its value, or one side of a rate."""

    measure: Measure
    aspect: Aspect
    score: float


class PlaceNames:
    """The names of communities and units as headers write them, with their codes: (area, "") or ("", unit)."""

    def __init__(self) -> None:
        self.places: dict[str, tuple[str, str]] = {}
        for area in AREAS.get().values():
            if area.kind == AreaKind.COMMUNITY:
                for name in {area.label, area.name, area.name.removesuffix("社区")}:
                    self.places[fold_key(name)] = (area.code, "")
        self.communities = set(self.places.values())
        for unit in UNITS.get().values():
            if unit.active:
                self.places.setdefault(fold_key(unit.label), ("", unit.code))

    def find(self, texts: Iterable[str]) -> tuple[str, str] | None:
        """Return the first community or unit that texts name."""
        return next((self.places[key] for key in map(strip_label, texts) if key in self.places), None)


class _Matcher:
    """The names of measures and places, ready to be compared with headers."""

    def __init__(self, measures: Mapping[str, Measure]) -> None:
        self.measures = measures
        self.names = [
            (strip_label(name), measure, aspect)
            for measure in measures.values()
            for name, aspect in _list_names(measure)
        ]
        names = PlaceNames()
        self.places, self.communities = names.places, names.communities
        self.town_names = {
            fold_key(name)
            for area in AREAS.get().values()
            if area.kind == AreaKind.STREET
            for name in (area.label, area.name)
        }
        self.learned: dict[str, _Match] = {}
        self._best: dict[str, _Match | None] = {}

    def is_town(self, text: str) -> bool:
        """Return whether a header means the complete town: 全街道, 街道合计, or the town by its name."""
        plain = strip_label(text)
        return bool(_TOWN.fullmatch(plain)) or _TOTAL.sub("", plain) in self.town_names

    def find_places(self, grid: Grid) -> set[tuple[str, str]]:
        """Return the communities and units that a sheet names."""
        keys = {strip_label(cell.text) for cell in grid.cells.values() if cell.text}
        return {self.places[key] for key in keys if key in self.places}

    def learn(self, known: Iterable[KnownWords]) -> None:
        """Accept the words that people bound to figures; words bound to two figures are left out."""
        counts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        for words in known:
            texts = [text for part in words.label.split("｜")[1:] for text in part.split("·")]
            names = {core for text in texts if (core := self._read_core(text))}
            if len(names) == 1 and words.measure in self.measures:
                counts[names.pop()][words.measure, words.aspect] += 1
        for core, figures in counts.items():
            if len(figures) == 1:
                (key, aspect), _count = figures.most_common(1)[0]
                self.learned[core] = _Match(self.measures[key], Aspect(aspect), _LEARNED_SCORE)

    def _read_core(self, text: str) -> str:
        """Return the words of a header that can name a figure, "" for places, periods, units and the like."""
        bare = _strip_words(text)
        if strip_label(text) in self.places or _PLAIN.fullmatch(bare):
            return ""
        return _COUNT_WORDS.sub("", bare)

    def find(self, words: CellWords) -> tuple[BindingSpec, float] | None:
        """Return what the words of a cell ask for, with how well they fit; None where no measure fits."""
        texts = [*words.beside, *words.above]
        if not all(self._is_understood(text) for text in (*words.beside[:1], *words.above[:1])):
            return None
        area = unit = ""
        names = []
        for text in texts:
            place = self.places.get(strip_label(text))
            if place is not None and not (area or unit):
                area, unit = place
            elif place is None and not self.is_town(text):
                names.append(text)
        joined = fold_key("".join(texts))
        rule = next((rule for rule, pattern in _RULES if pattern.search(joined)), Rule.THIS)
        best = max(
            (match for text in names if (match := self._match(text)) is not None),
            key=lambda match: match.score,
            default=None,
        )
        if best is None:
            return None
        measure = best.measure
        is_missing = (area and "area" not in measure.splits) or (unit and "unit" not in measure.splits)
        if is_missing and measure.kind != MeasureKind.ENTERED:
            return None
        spec = BindingSpec(
            BindingKind.FIGURE,
            measure=measure.key,
            rule=rule,
            aspect=_read_aspect(joined, best),
            area=area,
            unit=unit,
        )
        return spec, best.score

    def _is_understood(self, text: str) -> bool:
        """Return whether a header names a figure, a place or a period: an unknown one makes the cell another thing."""
        bare = _strip_words(text)
        return (
            strip_label(text) in self.places
            or self.is_town(text)
            or bool(_PLAIN.fullmatch(bare))
            or self._match(text) is not None
        )

    def _match(self, text: str) -> _Match | None:
        if text not in self._best:
            headers = {strip_label(text), _strip_words(text)}
            scored = [
                _Match(measure, aspect, _compare(header, name) * _WEIGHTS.get(aspect, 1.0))
                for name, measure, aspect in self.names
                for header in headers
            ]
            scored += [
                _Match(measure, aspect, _compare(header, _fold_synonyms(name)) * weight)
                for name, measure, aspect in self.names
                for header in {_fold_synonyms(header) for header in headers} - headers
                if (weight := _SYNONYM_WEIGHT * _WEIGHTS.get(aspect, 1.0))
            ]
            if (learned := self.learned.get(self._read_core(text))) is not None:
                scored.append(learned)
            best = max(scored, key=lambda match: match.score, default=None)
            self._best[text] = best if best is not None and best.score >= LEAST else None
        return self._best[text]


def _list_names(measure: Measure) -> list[tuple[str, Aspect]]:
    """Return the names of a measure, and of the parts of a rate: 处置数 and 应处置 of 处置率."""
    names = [(name, Aspect.VALUE) for name in {measure.name, measure.name_en} if name]
    if measure.kind == MeasureKind.RATE:
        if measure.name.endswith("率"):
            names.append((measure.name.removesuffix("率") + "数", Aspect.NUMERATOR))
        if denominator := str(measure.spec.get("denominator_name", "")):
            names.append((denominator, Aspect.DENOMINATOR))
    return names


def _read_aspect(joined: str, match: _Match) -> Aspect:
    if match.aspect is not Aspect.VALUE:
        return match.aspect
    name = fold_key(match.measure.name)
    return next(
        (aspect for aspect, pattern in _ASPECTS if pattern.search(joined) and not pattern.search(name)),
        Aspect.VALUE,
    )


@lru_cache(maxsize=5000)
def _strip_words(text: str) -> str:
    """Return a header without the words that name its period or the part of the figure that it means."""
    plain = strip_label(text)
    bare = plain
    for _kind, pattern in (*_RULES, *_ASPECTS):
        bare = pattern.sub("", bare)
    for word in ("本期", "本月", "当月", "今年", "上年", "去年"):
        bare = bare.removeprefix(word)
    return bare


def _fold_synonyms(text: str) -> str:
    """Return a name in the words of the catalogue."""
    for pattern, word in _SYNONYMS:
        text = pattern.sub(word, text)
    return text


def _compare(text: str, name: str) -> float:
    if not text or not name:
        return 0.0
    if text == name:
        return 1.0
    cores = _COUNT_WORDS.sub("", text), _COUNT_WORDS.sub("", name)
    if cores[0] and cores[0] == cores[1]:
        return _SAME_COUNT
    short, long = sorted((text, name), key=len)
    rest = long.replace(short, "", 1) if short in long else "".join(set(short) ^ set(long))
    if _OTHER_FIGURE.search(rest):
        return 0.0
    if len(short) >= 3 and short in long:
        return 0.75 + 0.2 * len(short) / len(long)
    return SequenceMatcher(None, text, name, autojunk=False).ratio()


def _suggest_lists(grid: Grid, registers: Sequence[RegisterInfo]) -> list[Suggestion]:
    """Return a list for each row whose cells name the fields of a register, with empty rows below it."""
    suggestions: list[Suggestion] = []
    row = 1
    while row < min(grid.rows, MOST_SUGGESTED_ROWS):
        if sum(bool(grid.get(row, column).text) for column in range(1, grid.columns + 1)) < LEAST_COLUMNS:
            row += 1  # too few words for the head of a list
            continue
        last_row = _find_last_empty_row(grid, row)
        best: tuple[float, RegisterInfo, dict[str, str]] | None = None
        for info in registers if last_row > row else ():
            columns, score = _match_columns(grid, row, info)
            named = [field for field in columns.values() if field != "#"]
            is_list = len(named) >= LEAST_COLUMNS and any(field not in OWN_COLUMNS for field in named)
            value = score + (_TITLE_BONUS if _names_register(grid, row, info) else 0)
            if is_list and (best is None or value > best[0]):
                best = (value, info, columns)
        if best is None:
            row += 1
            continue
        _value, info, columns = best
        score = _match_columns(grid, row, info)[1]
        first_column = min(map(number_column, columns))
        spec = BindingSpec(BindingKind.LIST, register=info.key, columns=columns, last_row=last_row)
        headers = sum(1 for column in range(1, grid.columns + 1) if grid.get(row, column).text)
        ref = CellRef(grid.sheet, row + 1, first_column)
        suggestions.append(Suggestion(ref, spec, info.label, min(1.0, score / max(headers, 1))))
        row = last_row + 1
    return suggestions


def _names_register(grid: Grid, row: int, info: RegisterInfo) -> bool:
    """Return whether the sheet or a title above a row names a register."""
    above = [cell.text for (top, _column), cell in grid.cells.items() if top < row]
    return any(strip_label(info.label) in fold_key(text) for text in (grid.sheet, *above))


def _match_columns(grid: Grid, row: int, info: RegisterInfo) -> tuple[dict[str, str], float]:
    fields = {
        strip_label(field.label): field.key for field in info.definition.active_fields if not field.personal
    }
    own = {strip_label(str(label)): key for key, label in OWN_COLUMNS.items() if key != "#"}
    own |= {name: key for key, names in _OWN_NAMES.items() for name in names}
    code_name = strip_label(info.definition.code_name) if info.definition.code_name else ""
    columns: dict[str, str] = {}
    score = 0.0
    for column in range(1, grid.columns + 1):
        header = strip_label(grid.get(row, column).text)
        if not header or (row, column) in grid.covered:
            continue
        if header == "序号":
            columns[name_column(column)] = "#"
            score += 1
            continue
        names = {**own, **fields, **({code_name: "code"} if code_name else {})}
        name, value = max(((name, _compare(header, name)) for name in names), key=lambda pair: pair[1])
        if value >= LEAST and names[name] not in columns.values():
            columns[name_column(column)] = names[name]
            score += value
    return columns, score


def _find_last_empty_row(grid: Grid, header_row: int) -> int:
    """Return the last of the rows below a header that have no words but perhaps a number in front."""
    row = header_row
    while row < min(grid.rows, header_row + MOST_LIST_ROWS):
        cells = [grid.get(row + 1, column) for column in range(1, grid.columns + 1)]
        texts = [cell.text for cell in cells if cell.text and not cell.is_formula]
        numbering = len(texts) == 1 and texts[0].isdecimal()
        if (texts and not numbering) or any(cell.rows > 1 for cell in cells):
            break
        row += 1
    return row
