"""Suggest what fills the cells of a blank, from the words of its headers. A person confirms every suggestion."""

import re
from collections.abc import Mapping, Sequence
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

LEAST = 0.72  # how alike a header and a name must be
# Headers that name neither a figure nor a place, and change nothing.
_PLAIN = re.compile(
    "(?:数量|数值|数据|个数|件数|宗数|指标值|实际|实绩|完成数|完成情况|结果|合计|总计|小计|全街道|街道|本期|本月|当月|本季度|本年|今年)*"
)
LEAST_COLUMNS = 2  # headers of a register that make a row the head of a list
MOST_LIST_ROWS = 500
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
    (
        Fact.DATE,
        re.compile("填报日期|填表日期|报送日期|报出日期|报送时间|填报时间|截止日期|截至日期|制表日期"),
    ),
    (Fact.PERIOD, re.compile("所属时期|统计时间|报告期|统计时段|报表期别|填报期|所属期")),
    (Fact.DRAFTER, re.compile("填表人|填报人|制表人|经办人|联系人")),
    (Fact.CONFIRMER, re.compile("审核人|复核人|负责人|审批人|签发人")),
)


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
    grids: Sequence[Grid], measures: Mapping[str, Measure], registers: Sequence[RegisterInfo]
) -> list[Suggestion]:
    """Return a suggestion for each empty cell that has words, and for each cell that asks for a fact of the office."""
    matcher = _Matcher(measures)
    suggestions: list[Suggestion] = []
    for grid in grids:
        lists = _suggest_lists(grid, registers)
        taken = {(row, column) for item in lists for row, column in _list_cells(item)}
        suggestions += lists
        for row in range(1, grid.rows + 1):
            for column in range(1, grid.columns + 1):
                if (row, column) in grid.covered or (row, column) in taken:
                    continue
                suggestion = _suggest_cell(grid, row, column, matcher)
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


def _suggest_cell(grid: Grid, row: int, column: int, matcher: "_Matcher") -> Suggestion | None:
    cell = grid.get(row, column)
    if cell.is_formula:
        return None
    words = read_words(grid, row, column)
    is_beside = column > 1 and bool(grid.get(row, column - 1).text)  # the cell next to its words
    found = (
        _suggest_beside_words(grid, row, column) if cell.text else _suggest_empty(words, matcher, is_beside)
    )
    if found is None:
        return None
    spec, score = found
    return Suggestion(CellRef(grid.sheet, row, column), spec, words.heading, score)


def _suggest_beside_words(grid: Grid, row: int, column: int) -> tuple[BindingSpec, float] | None:
    """Return the fact for a cell such as 填报单位： that has no empty cell beside it: the fact follows its words."""
    cell = grid.get(row, column)
    fact = _match_fact(cell.text) if cell.text.rstrip().endswith(("：", ":")) else None
    right = column + cell.columns
    has_room = right <= grid.columns and not grid.get(row, right).text
    return None if fact is None or has_room else (BindingSpec(BindingKind.FACT, fact=fact), 1.0)


def _suggest_empty(
    words: CellWords, matcher: "_Matcher", is_beside: bool
) -> tuple[BindingSpec, float] | None:
    if not words.beside and not words.above:
        return None
    fact = _match_fact(words.beside[0]) if words.beside else None
    if fact is not None:
        return (BindingSpec(BindingKind.FACT, fact=fact), 1.0) if is_beside else None
    found = matcher.find(words)
    return found or ((BindingSpec(BindingKind.HAND), 0.0) if is_beside else None)


def _match_fact(text: str) -> Fact | None:
    plain = fold_key(text)
    if len(plain) > 16:
        return None
    return next((fact for fact, pattern in _FACTS if pattern.search(plain)), None)


class _Matcher:
    """The names of measures and places, ready to be compared with headers."""

    def __init__(self, measures: Mapping[str, Measure]) -> None:
        self.names = [
            (strip_label(name), measure)
            for measure in measures.values()
            for name in {measure.name, measure.name_en}
            if name
        ]
        self.places: dict[str, tuple[str, str]] = {}
        for area in AREAS.get().values():
            if area.kind == AreaKind.COMMUNITY:
                for name in {area.label, area.name, area.name.removesuffix("社区")}:
                    self.places[fold_key(name)] = (area.code, "")
        for unit in UNITS.get().values():
            if unit.active:
                self.places.setdefault(fold_key(unit.label), ("", unit.code))
        self._best: dict[str, tuple[Measure, float] | None] = {}

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
            elif place is None:
                names.append(text)
        joined = fold_key("".join(texts))
        rule = next((rule for rule, pattern in _RULES if pattern.search(joined)), Rule.THIS)
        best = max(
            (found for text in names if (found := self._match(text)) is not None),
            key=lambda found: found[1],
            default=None,
        )
        if best is None:
            return None
        measure, score = best
        aspect = next(
            (
                aspect
                for aspect, pattern in _ASPECTS
                if pattern.search(joined) and not pattern.search(fold_key(measure.name))
            ),
            Aspect.VALUE,
        )
        is_missing = (area and "area" not in measure.splits) or (unit and "unit" not in measure.splits)
        if is_missing and measure.kind != MeasureKind.ENTERED:
            return None
        spec = BindingSpec(
            BindingKind.FIGURE, measure=measure.key, rule=rule, aspect=aspect, area=area, unit=unit
        )
        return spec, score

    def _is_understood(self, text: str) -> bool:
        """Return whether a header names a figure, a place or a period: an unknown one makes the cell another thing."""
        bare = _strip_words(text)
        return (
            strip_label(text) in self.places or bool(_PLAIN.fullmatch(bare)) or self._match(text) is not None
        )

    def _match(self, text: str) -> tuple[Measure, float] | None:
        if text not in self._best:
            headers = {strip_label(text), _strip_words(text)}
            scored = [(_compare(header, name), measure) for name, measure in self.names for header in headers]
            score, measure = max(scored, key=lambda pair: pair[0], default=(0.0, None))
            self._best[text] = (measure, score) if measure is not None and score >= LEAST else None
        return self._best[text]


@lru_cache(maxsize=5000)
def _strip_words(text: str) -> str:
    """Return a header without the words that name its period or what of the figure it asks for."""
    plain = strip_label(text)
    bare = plain
    for _kind, pattern in (*_RULES, *_ASPECTS):
        bare = pattern.sub("", bare)
    for word in ("本期", "本月", "当月", "今年", "上年", "去年"):
        bare = bare.removeprefix(word)
    return bare


def _compare(text: str, name: str) -> float:
    if not text or not name:
        return 0.0
    if text == name:
        return 1.0
    short, long = sorted((text, name), key=len)
    if len(short) >= 3 and short in long:
        return 0.75 + 0.2 * len(short) / len(long)
    return SequenceMatcher(None, text, name, autojunk=False).ratio()


def _suggest_lists(grid: Grid, registers: Sequence[RegisterInfo]) -> list[Suggestion]:
    """Return a list for each row whose cells name the fields of a register, with empty rows below it."""
    suggestions: list[Suggestion] = []
    row = 1
    while row < grid.rows:
        last_row = _find_last_empty_row(grid, row)
        best: tuple[float, RegisterInfo, dict[str, str]] | None = None
        for info in registers if last_row > row else ():
            columns, score = _match_columns(grid, row, info)
            named = [field for field in columns.values() if field != "#"]
            is_list = len(named) >= LEAST_COLUMNS and any(field not in OWN_COLUMNS for field in named)
            if is_list and (best is None or score > best[0]):
                best = (score, info, columns)
        if best is None:
            row += 1
            continue
        score, info, columns = best
        first_column = min(map(number_column, columns))
        spec = BindingSpec(BindingKind.LIST, register=info.key, columns=columns, last_row=last_row)
        headers = sum(1 for column in range(1, grid.columns + 1) if grid.get(row, column).text)
        ref = CellRef(grid.sheet, row + 1, first_column)
        suggestions.append(Suggestion(ref, spec, info.label, min(1.0, score / max(headers, 1))))
        row = last_row + 1
    return suggestions


def _match_columns(grid: Grid, row: int, info: RegisterInfo) -> tuple[dict[str, str], float]:
    fields = {
        strip_label(field.label): field.key for field in info.definition.active_fields if not field.personal
    }
    own = {strip_label(str(label)): key for key, label in OWN_COLUMNS.items() if key != "#"}
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
