"""Fill a form: compute what its bindings ask for, and write the file. Nothing is stored here."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.indicators.comparison import Comparison, compare_figures
from jiedao.indicators.compute import compute_places, find_place, read_measures
from jiedao.indicators.figure import Figure, Place
from jiedao.indicators.models import VIEW as VIEW_FIGURES
from jiedao.indicators.models import Measure
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.periods import Period
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import UnitKind
from jiedao.orgs.units import UNITS, unit_info
from jiedao.places.selectors import find_town_area
from jiedao.reports.forms.blank import (
    Blank,
    CellRef,
    Grid,
    ListBlock,
    Value,
    move_row,
    parse_ref,
)
from jiedao.reports.forms.definition import Aspect, BindingSpec, Fact, apply_rule, read_spec
from jiedao.reports.forms.labels import read_words
from jiedao.reports.forms.listing import read_list_rows
from jiedao.reports.forms.models import BindingKind, FormBinding
from jiedao.reports.forms.moved import find_moved, make_moved_error
from jiedao.reports.forms.spaces import Days, fill_room, find_room
from jiedao.reports.wording import convert_unit, format_plain

_DIGITS_OF_RATES = 1


@dataclass(frozen=True)
class ListRow:
    """A record of a list: its id, by which it is found again in the next filling, and its values as texts.

    `numbers` holds the columns whose texts are numbers.
    """

    id: int
    texts: list[str]
    numbers: list[int] = field(default_factory=list)

    @property
    def values(self) -> list[Value]:
        """The values as they are written."""
        return [
            Decimal(text) if column in self.numbers and text else text
            for column, text in enumerate(self.texts)
        ]


@dataclass(frozen=True)
class FilledCell:
    """A cell of a filling, with everything that a reader needs to trust it. It is stored as JSON.

    Attributes:
        cell: the cell of the blank; `at`: the same cell in the file, below rows that lists have added.
        heading: the words of the cell.
        text: what is written, "" for nothing; a number where `is_number`.
        period, place: of a figure, in their written forms.
        how, meaning, note, source: how a figure was made, or why there is none.
        link, below_link: the lists of the rows of a figure and of its denominator: {"kind", "args", "query"}.
        by, by_id, entered_at, why: who wrote a cell by hand, when, and on what ground.
        columns, rows, last_row: of a list.
    """

    cell: str
    at: str
    kind: str
    heading: str = ""
    text: str = ""
    is_number: bool = False
    spec: dict[str, Any] = field(default_factory=dict)
    period: str = ""
    place: str = ""
    place_label: str = ""
    measure_label: str = ""
    unit_label: str = ""
    how: str = ""
    meaning: str = ""
    note: str = ""
    source: str = ""
    as_of: str = ""
    link: dict[str, Any] | None = None
    below_link: dict[str, Any] | None = None
    by: str = ""
    by_id: int | None = None
    entered_at: str = ""
    why: str = ""
    rows: list[ListRow] = field(default_factory=list)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "FilledCell":
        """Return the cell of stored JSON."""
        return cls(**{**data, "rows": [ListRow(**row) for row in data.get("rows", ())]})

    def as_json(self) -> dict[str, Any]:
        """Return the cell as it is stored, without what is empty."""
        values = asdict(self)
        return {name: value for name, value in values.items() if value not in ("", None, [], {}, False)}

    @property
    def ref(self) -> CellRef:
        """The cell of the blank."""
        return parse_ref(self.cell)

    @property
    def value(self) -> Value:
        """What is written; None leaves the blank as it is."""
        if not self.text:
            return None
        return Decimal(self.text) if self.is_number else self.text


@dataclass(frozen=True)
class Filling:
    """What fills a form.

    Attributes:
        filled: cells that filled themselves; the cells of a list count each. The confirmer's name is one of them: it is
            written when the form is confirmed.
        by_hand: cells that a person has filled.
        empty: bound cells without a value.
    """

    cells: list[FilledCell]

    @property
    def counts(self) -> tuple[int, int, int]:
        """The numbers of cells (filled, by_hand, empty)."""
        filled = by_hand = empty = 0
        for cell in self.cells:
            if cell.kind == BindingKind.LIST:
                filled += sum(len(row.texts) for row in cell.rows)
                empty += not cell.rows
            elif not cell.text and cell.spec.get("fact") != Fact.CONFIRMER:
                empty += 1
            elif cell.kind == BindingKind.HAND:
                by_hand += 1
            else:
                filled += 1
        return filled, by_hand, empty


def compute_filling(
    *,
    blank: Blank,
    bindings: Iterable[FormBinding],
    period: Period,
    place: Place,
    as_of: date,
    actor: Actor,
    earlier: Mapping[str, FilledCell] | None = None,
) -> Filling:
    """Compute the cells that the bindings of a form describe.

    Args:
        as_of: the day up to which figures count; records of lists are those of this day.
        actor: who fills, whose registers may be listed and who must have the right to figures. Figures are those of the
            complete place, whoever fills.
        earlier: the cells of this filling so far, whose texts by hand are preserved.

    Raises:
        NotAllowed: a cell asks for a figure or a list that is not the actor's to see.
        UserError: cells have moved since they were bound, a measure or register no longer exists, or the period has
            not begun.
    """
    bindings = list(bindings)
    if not bindings:
        raise UserError(_("这张表还没有绑定单元格。"), hint=_("请先在“绑定”页选择每格填什么。"))
    if as_of < period.first:
        raise UserError(
            _("截至日期早于时段的开始。"), hint=_("请改截至日期，或选较早的时段。"), field="as_of"
        )
    if moved := find_moved(blank.grids, bindings):
        raise make_moved_error(moved)
    specs = {binding.cell: read_spec(binding.kind, binding.spec) for binding in bindings}
    if any(spec.kind is BindingKind.FIGURE for spec in specs.values()) and not actor.can(VIEW_FIGURES):
        raise NotAllowed(
            _("这张表要填指标数据，您的岗位不能查看指标。"), hint=_("请由能看指标的同事来填这张表。")
        )
    figures = _compute_figures(specs, period, place, as_of)

    def fill_cell(binding: FormBinding) -> FilledCell:
        spec, ref = specs[binding.cell], parse_ref(binding.cell)
        grid = blank.get_grid(ref.sheet)
        words = read_words(grid, ref.row, ref.column) if grid is not None else None
        heading, own = (words.heading, words.own) if words is not None else ("", "")
        cell = FilledCell(binding.cell, binding.cell, binding.kind, heading=heading, spec=spec.as_json())
        if spec.kind is BindingKind.FIGURE:
            return figures[binding.cell].describe(cell)
        if spec.kind is BindingKind.LIST:
            return replace(cell, rows=_read_rows(actor, spec, place, as_of))
        if spec.kind is BindingKind.FACT:
            return replace(cell, text=_write_fact_into(own, spec.fact, period, place, as_of, actor))
        before = (earlier or {}).get(binding.cell)
        if before is not None and before.kind == BindingKind.HAND:
            return replace(before, at=cell.at, heading=cell.heading)
        return cell

    return Filling(place_cells([fill_cell(binding) for binding in bindings]))


def place_cells(cells: Sequence[FilledCell]) -> list[FilledCell]:
    """Return the cells with their places in the file, in the order of the file."""
    lists = build_list_blocks(cells)
    placed = []
    for cell in cells:
        ref = cell.ref
        placed.append(replace(cell, at=ref._replace(row=move_row(ref.row, lists, ref.sheet)).text))
    return sorted(placed, key=lambda cell: cell.ref)


def build_list_blocks(cells: Iterable[FilledCell]) -> list[ListBlock]:
    """Return the rows of lists, ready to be written."""
    blocks = []
    for cell in cells:
        if cell.kind == BindingKind.LIST:
            spec, ref = read_spec(cell.kind, cell.spec), cell.ref
            columns = tuple(parse_ref(f"{ref.sheet}!{letters}{ref.row}").column for letters in spec.columns)
            rows = [row.values for row in cell.rows]
            blocks.append(ListBlock(ref.sheet, ref.row, max(spec.last_row, ref.row), columns, rows))
    return blocks


def write_file(blank: Blank, cells: Iterable[FilledCell]) -> bytes:
    """Return the file of a filling."""
    cells = list(cells)
    values = {cell.ref: cell.value for cell in cells if cell.kind != BindingKind.LIST}
    percents = {cell.ref for cell in cells if cell.is_number and cell.unit_label == "%"}
    return blank.write(values, build_list_blocks(cells), percents)


# -- figures -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _FigureValue:
    """A figure with the number that a cell shows of it."""

    figure: Figure | None
    value: Decimal | None
    unit: str
    note: str = ""

    def describe(self, cell: FilledCell) -> FilledCell:
        """Return the cell with the figure in it."""
        figure = self.figure
        if figure is None:
            return replace(cell, note=self.note)
        return replace(
            cell,
            text="" if self.value is None else f"{self.value:f}",
            is_number=self.value is not None,
            period=figure.period.text,
            place=figure.place.key,
            place_label=figure.place.label,
            measure_label=figure.measure.label,
            unit_label=self.unit,
            how=figure.how,
            meaning=figure.measure.meaning_label,
            note=self.note or figure.note,
            source=figure.source,
            as_of=figure.as_of.isoformat(),
            link=_write_link(figure.link),
            below_link=_write_link(figure.denominator_link),
        )


def _write_link(link: RowsLink | None) -> dict[str, Any] | None:
    if link is None:
        return None
    return {"kind": link.kind, "args": list(link.args), "query": [list(pair) for pair in link.query]}


def _compute_figures(
    specs: Mapping[str, BindingSpec], period: Period, place: Place, as_of: date
) -> dict[str, _FigureValue]:
    """Return the figure of each cell: one computation for each period, however many cells there are."""
    wanted = {cell: spec for cell, spec in specs.items() if spec.kind is BindingKind.FIGURE}
    measures = read_measures({spec.measure for spec in wanted.values()}) if wanted else {}
    places: dict[tuple[str, str], Place] = {("", ""): place}
    groups: dict[Period, dict[str, BindingSpec]] = defaultdict(dict)
    values: dict[str, _FigureValue] = {}
    for cell, spec in wanted.items():
        key = (spec.area, spec.unit)
        if key not in places:
            places[key] = find_place(*key)
        own = apply_rule(spec.rule, period, as_of)
        if own is None:
            values[cell] = _FigureValue(None, None, "", _("这个时段太早，没有数据"))
        else:
            groups[own][cell] = spec
    for own, cells in groups.items():
        keys = list(dict.fromkeys(spec.measure for spec in cells.values()))
        own_places = list(
            {
                places[spec.area, spec.unit].key: places[spec.area, spec.unit] for spec in cells.values()
            }.values()
        )
        figures = compute_places([measures[key] for key in keys], own, own_places)
        compared = _compare(cells.values(), measures, own, places)
        for cell, spec in cells.items():
            key = (spec.measure, places[spec.area, spec.unit].key)
            values[cell] = _read_aspect(spec, figures[key], compared.get(key))
    return values


def _compare(
    specs: Iterable[BindingSpec],
    measures: Mapping[str, Measure],
    period: Period,
    places: Mapping[tuple[str, str], Place],
) -> dict[tuple[str, str], Comparison]:
    """Return the comparisons of the figures of which a cell shows growth, target or completion."""
    compared: dict[tuple[str, str], Comparison] = {}
    by_place: dict[tuple[str, str], set[str]] = defaultdict(set)
    for spec in specs:
        if spec.aspect in {Aspect.GROWTH, Aspect.TARGET, Aspect.COMPLETION}:
            by_place[spec.area, spec.unit].add(spec.measure)
    for key, names in by_place.items():
        place = places[key]
        results = compare_figures([measures[name] for name in sorted(names)], period, place)
        compared |= {(name, place.key): comparison for name, comparison in results.items()}
    return compared


def _read_aspect(spec: BindingSpec, figure: Figure, comparison: Any) -> _FigureValue:
    measure = figure.measure
    if spec.aspect is Aspect.VALUE:
        if figure.value is None or not spec.as_unit:
            return _FigureValue(figure, figure.rounded, measure.unit_text)
        converted = convert_unit(figure.value, measure.unit_label, spec.as_unit)
        return _FigureValue(figure, _round(converted, max(measure.digits, 2)), spec.as_unit)
    if spec.aspect is Aspect.RANK:
        rank = Decimal(figure.rank) if figure.rank is not None else None
        return _FigureValue(figure, rank, "", "" if rank is not None else _("没有位次"))
    if spec.aspect in {Aspect.NUMERATOR, Aspect.DENOMINATOR}:
        part = figure.numerator if spec.aspect is Aspect.NUMERATOR else figure.denominator
        note = "" if part is not None else _("不是比率")
        return _FigureValue(figure, None if part is None else _round(part, 4), "", note)
    return _read_comparison(spec.aspect, figure, comparison)


def _read_comparison(aspect: Aspect, figure: Figure, comparison: Comparison) -> _FigureValue:
    """Return growth, target or completion of a figure."""
    if aspect is Aspect.GROWTH:
        growth = figure.growth
        if growth is None and comparison.year_before is not None:
            growth = comparison.year_before.percent
        note = "" if growth is not None else _("没有可比的上年同期数")
        return _FigureValue(figure, None if growth is None else _round(growth, _DIGITS_OF_RATES), "%", note)
    progress = comparison.progress
    if progress is None:
        return _FigureValue(figure, None, "", _("没有目标"))
    if aspect is Aspect.TARGET:
        target = _round(progress.target.value, figure.measure.digits)
        return _FigureValue(figure, target, figure.measure.unit_text)
    completion = progress.completion
    note = "" if completion is not None else figure.note
    return _FigureValue(
        figure, None if completion is None else _round(completion, _DIGITS_OF_RATES), "%", note
    )


def _round(value: Decimal, digits: int) -> Decimal:
    return Decimal(format_plain(value, digits))


# -- facts and lists ---------------------------------------------------------------------------------------------


def _write_fact_into(  # noqa: PLR0917 (what a fact may need)
    own: str, fact: Fact, period: Period, place: Place, as_of: date, actor: Actor
) -> str:
    """Return the words of a cell with a fact: in the blank that they leave for a period or day, or else after them."""
    if find_room(own):
        day = {Fact.DATE: as_of, Fact.FILLED_ON: clock.today()}.get(fact)
        if day is not None:
            return fill_room(own, Days(day, day), day)
        if fact is Fact.PERIOD:
            return fill_room(own, Days(period.first, period.last), as_of)
    text = _write_fact(fact, period, place, as_of, actor)
    return f"{own}{text}" if text else ""


def _write_fact(fact: Fact, period: Period, place: Place, as_of: date, actor: Actor) -> str:
    if fact is Fact.OFFICE:
        return find_office_name()
    if fact is Fact.UNIT:
        unit = unit_info(actor.unit_id) if actor.unit_id is not None else None
        return unit.label if unit is not None else find_office_name()
    if fact is Fact.PLACE:
        return place.label or find_town_name()
    if fact is Fact.PERIOD:
        return period.label
    if fact in {Fact.DATE, Fact.FILLED_ON}:
        day = as_of if fact is Fact.DATE else clock.today()
        return f"{day.year}年{day.month}月{day.day}日"
    return actor.user_name if fact is Fact.DRAFTER else ""


def find_town_name() -> str:
    """Return the name of the sub-district."""
    area = find_town_area()
    return area.label if area is not None else ""


def find_office_name() -> str:
    """Return the name of the office that fills forms: its own unit, or else the sub-district's name."""
    offices = [unit for unit in UNITS.get().values() if unit.active and unit.kind == UnitKind.OFFICE]
    return offices[0].label if len(offices) == 1 else find_town_name()


def _read_rows(actor: Actor, spec: BindingSpec, place: Place, as_of: date) -> list[ListRow]:
    rows = read_list_rows(actor, spec, place, as_of)
    return [ListRow(record_id, *_split_values(values)) for record_id, values in rows]


def _split_values(values: Sequence[Value]) -> tuple[list[str], list[int]]:
    texts = [
        "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
        for value in values
    ]
    numbers = [column for column, value in enumerate(values) if isinstance(value, Decimal | int)]
    return texts, numbers


def describe_place(grids: Sequence[Grid], cell: str) -> str:
    """Return the words of a cell for a reader, "" where the blank has no such cell."""
    ref = parse_ref(cell)
    grid = next((grid for grid in grids if grid.sheet == ref.sheet), None)
    return read_words(grid, ref.row, ref.column).heading if grid is not None and grid.has(ref) else ""
