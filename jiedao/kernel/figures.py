"""The protocol by which a room states what it counts, to rooms that may not import it.

A spec describes one figure as plain JSON, as in a pack. Its key `source` names the source that a room has registered;
the other keys are those of the source:

```python
spec = {"source": "register", "register": "illegal_stock", "sum": "area_removed", "date": "removed_on"}
faults = figures.check(spec, splits=("area", "month"))
reading = figures.read(spec, period=period, splits=("area", "month"))  # reading.total, reading.by("area")
link = figures.list_rows(spec, period=period, where={"area": path})  # the list of exactly the rows behind a cell
```

A spec reads either a flow (what happened in the period) or a state (as it is at the end of the period's last day). The
source decides which of the two.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from jiedao.kernel import periods
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period
from jiedao.kernel.phrasing import list_choices, list_names, name_unknown
from jiedao.kernel.snapshots import read_once

if TYPE_CHECKING:
    from jiedao.kernel.packs.faults import Report
    from jiedao.kernel.packs.pack import Pack

Spec = Mapping[str, Any]
HALF = 500  # the quantile of the median, in thousandths
Key = tuple[str, ...]

# Splits that sources share. A source may have further ones of its own, such as the grade of a record.
AREA = "area"  # the path of a community
UNIT = "unit"  # the code of a unit
CATEGORY = "category"  # the key of a 大类, such as "MATTER:01"
CHANNEL = "channel"  # the code of a channel
MONTH = "month"  # such as "2020-06"
NONE = ""  # the key of rows that have no value of a split


@dataclass(frozen=True)
class Cell:
    """The amount of a spec for one combination of the splits.

    Attributes:
        key: one key for each split of the reading, in their order.
        amount: in the source's own unit.
        rows: the number of rows behind the amount, which equals the number that the list shows.
    """

    key: Key
    amount: Decimal
    rows: int


@dataclass(frozen=True)
class Reading:
    """The amounts of a spec by the requested splits; cells without rows are left out.

    The total is the sum of the cells. Where a row may count in several cells (a case that was with two units), the
    source also returns the total as `whole`, in which each row counts once.
    """

    splits: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    whole: Cell | None = None

    @cached_property
    def total(self) -> Decimal:
        """The amount of all rows."""
        if self.whole is not None:
            return self.whole.amount
        return sum((cell.amount for cell in self.cells), Decimal(0))

    @cached_property
    def rows(self) -> int:
        """The number of all rows."""
        return self.whole.rows if self.whole is not None else sum(cell.rows for cell in self.cells)

    def by(self, split: str) -> dict[str, Decimal]:
        """Return the amount by each key of a split, added up over the other splits.

        Raise ValueError where rows count in several cells, so that adding up would count them twice.
        """
        if self.whole is not None and len(self.splits) > 1:
            raise ValueError(f"cells of {self.splits} overlap: read {split!r} alone")
        position = self.splits.index(split)
        amounts: dict[str, Decimal] = {}
        for cell in self.cells:
            key = cell.key[position]
            amounts[key] = amounts.get(key, Decimal(0)) + cell.amount
        return amounts

    def divide_by(self, factor: Decimal) -> "Reading":
        """Return the reading in a larger unit, which equals `factor` of the source's own unit."""

        def convert(cell: Cell) -> Cell:
            return Cell(cell.key, cell.amount / factor, cell.rows)

        whole = convert(self.whole) if self.whole is not None else None
        return Reading(self.splits, tuple(convert(cell) for cell in self.cells), whole)


@dataclass(frozen=True)
class Rate:
    """The specs of a rate. The denominator counts all rows that the numerator counts, and others."""

    numerator: Spec
    denominator: Spec


@dataclass(frozen=True)
class RateReading:
    """The numerator and the denominator of a rate, read by the same splits."""

    numerator: Reading
    denominator: Reading

    @property
    def share(self) -> Decimal | None:
        """The rate over all rows, from 0 to 1; None where the denominator is 0."""
        return _divide(self.numerator.total, self.denominator.total)

    @cached_property
    def shares(self) -> dict[Key, Decimal | None]:
        """The rate of each cell that has a denominator or a numerator."""
        above = {cell.key: cell.amount for cell in self.numerator.cells}
        below = {cell.key: cell.amount for cell in self.denominator.cells}
        return {
            key: _divide(above.get(key, Decimal(0)), below.get(key, Decimal(0)))
            for key in dict.fromkeys([*below, *above])
        }


def _divide(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    return numerator / denominator if denominator else None


@dataclass(frozen=True)
class DurationCell:
    """A quantile of the durations of one cell, in hours; None where there are no rows."""

    key: Key
    hours: Decimal | None
    rows: int


@dataclass(frozen=True)
class DurationReading:
    """A quantile of durations: over all rows, and by each key of a split. The cells do not add up."""

    whole: DurationCell
    cells: tuple[DurationCell, ...] = ()


@dataclass(frozen=True)
class RowsLink:
    """A list of rows as data; the desk or the API turns it into an address.

    Attributes:
        kind: the list's name, such as "registers.record".
        args: what the list belongs to, such as the key of a register.
        query: the filters of the list, as pairs because a name may occur more than once.
    """

    kind: str
    args: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()


class Source(Protocol):
    """A room that answers specs. The functions of this module check specs and splits before they call it.

    A `viewer` is an actor (`orgs.actor.Actor`), and only rows in the actor's scope are counted. None counts the
    complete town, so that a published figure is the same for every reader.
    """

    def check(self, spec: Spec) -> list[str]:
        """Return everything that is wrong with a spec, as a pack is checked."""

    def splits(self, spec: Spec) -> frozenset[str]:
        """Return the splits in which a correct spec can be read."""

    def read(
        self, specs: Sequence[Spec], *, period: Period, splits: tuple[str, ...], viewer: Any
    ) -> list[Reading]:
        """Return a reading for each spec, in as few statements as the source can."""

    def list_rows(self, spec: Spec, *, period: Period, where: Mapping[str, str]) -> RowsLink:
        """Return the list of the rows that `read` counts in the cells with these keys; `where` never holds a month."""


@runtime_checkable
class DeclaredSource(Protocol):
    """A source whose specs name what a pack declares, so that a pack can be checked before it is applied."""

    def check_declared(self, spec: Spec, pack: "Pack", report: "Report") -> list[str]:
        """Return everything that is wrong with a spec, judged by what the pack declares and without a query.

        Return nothing when the report already has faults of what the spec reads: those must be corrected first.
        """


@runtime_checkable
class MeasureSource(Protocol):
    """A source that checks the specs of measures, flows and states alike, against a pack that is not applied yet."""

    def check_in_pack(self, spec: Spec, pack: "Pack", report: "Report", splits: tuple[str, ...]) -> list[str]:
        """Return everything that is wrong with a spec, without a query."""


@runtime_checkable
class DurationSource(Protocol):
    """A source of durations between two moments of a row, of which quantiles are read."""

    def check_duration(self, spec: Spec) -> list[str]:
        """Return everything that is wrong with the spec of a duration."""

    def check_duration_in_pack(
        self, spec: Spec, pack: "Pack", report: "Report", splits: tuple[str, ...]
    ) -> list[str]:
        """Return everything that is wrong with the spec of a duration of a pack, without a query."""

    def read_duration(
        self, spec: Spec, quantile: int, *, period: Period, split: str, viewer: Any
    ) -> DurationReading:
        """Return the quantile of a correct spec; `quantile` is in thousandths, `split` "" or one that it has."""

    def list_duration_rows(self, spec: Spec, *, period: Period, where: Mapping[str, str]) -> RowsLink:
        """Return the list of exactly the rows whose durations are read."""


@dataclass(frozen=True)
class Difference:
    """A stored amount that differs from a recount of its rows.

    Attributes:
        period: the day or month that is stored, as written in addresses.
        measure: what is counted.
        split, key: the cell; both "" for the total.
    """

    period: str
    measure: str
    split: str
    key: str
    stored: int
    counted: int


@runtime_checkable
class StoredSource(Protocol):
    """A source that stores its amounts by day or month. Its `read` returns what counting the rows would return."""

    def update_stored(self) -> int:
        """Bring the stored amounts up to date; return how many days were counted."""

    def describe_stored(self) -> dict[str, Any]:
        """Return the fill state: first and last stored day, when it was updated, how many changes wait."""

    def find_differences(self) -> Iterable[Difference]:
        """Return every stored amount that differs from a recount."""


def list_stored_sources() -> dict[str, StoredSource]:
    """Return the sources that store their amounts, by name."""
    sources = {name: load_source() for name, load_source in sorted(SOURCES.items())}
    return {name: source for name, source in sources.items() if isinstance(source, StoredSource)}


@runtime_checkable
class ExcludingSource(Protocol):
    """A source that can leave single rows out of a reading, such as a case that was struck from an evaluation."""

    def exclude(self, spec: Spec, rows: Sequence[str]) -> Spec:
        """Return the spec that reads and lists the same without the rows, named as the source names them."""


@runtime_checkable
class NamingSource(Protocol):
    """A source that names the rows of a spec, so that a reader can distinguish the lists behind one figure."""

    def name_rows(self, spec: Spec) -> tuple[str, str]:
        """Return the name of the list in the reader's language, and the words for its filters, "" for none."""


@runtime_checkable
class KeyNamingSource(Protocol):
    """A source that lists the keys of a split of its own, such as the categories of cases."""

    def name_keys(self, spec: Spec, split: str) -> Mapping[str, str]:
        """Return the label of each key in the order of the town; the key "" is that of rows in none."""


@runtime_checkable
class UnitSource(Protocol):
    """A source of amounts with a unit, such as the sum of a field in 平方米."""

    def read_unit_in_pack(self, spec: Spec, pack: "Pack") -> str:
        """Return the unit of the amounts of a correct spec of a pack, "" where rows are counted."""


@runtime_checkable
class PresentSource(Protocol):
    """A source of which some specs judge their rows as they are now, so that what they were is not known."""

    def reads_present(self, spec: Spec) -> bool:
        """Return whether the state of rows on an earlier day cannot be read, such as that of open findings."""


@runtime_checkable
class MonthSource(Protocol):
    """A source of which some specs, read by month, state of every month what a reading of the month alone states."""

    def reads_by_month(self, spec: Spec) -> bool:
        """Return whether the cells by month of a longer period equal the readings of its months."""


@runtime_checkable
class BeginningSource(Protocol):
    """A source that knows since when its rows are in the system: that nothing was counted before is no data, not 0."""

    def find_beginning(self, spec: Spec) -> date | None:
        """Return the first day of which the source knows anything, in the complete town; None where it has no rows.

        A row counts by its own dates, which may lie before its import: a history that was imported is a past too.
        What a spec filters by does not matter: once a register has records, none of one grade is 0.
        """


SOURCES: dict[str, Callable[[], Source]] = {}  # by name, as functions that load them


def register_source(name: str, path: str) -> None:
    """Let a room answer the specs that name the source. Called from its AppConfig.ready.

    `path` is the class, such as "jiedao.cases.figures.CaseSource". It is imported when a figure is first read, because
    the selectors that it needs would make every command start later.
    """

    @cache
    def load_source() -> Source:
        source: Source = import_string(path)()
        return source

    SOURCES[name] = load_source


def list_source_names() -> list[str]:
    """Return the names of all sources."""
    return sorted(SOURCES)


def check(spec: Any, splits: Iterable[str] = ()) -> list[str]:
    """Return everything that is wrong with reading a spec by the splits; empty when it can be read."""
    if not isinstance(spec, Mapping):
        return [_("数据来源应是写有 source 的表")]
    load_source = SOURCES.get(str(spec.get("source")))
    if load_source is None:
        return [name_unknown("source", spec.get("source"), list_source_names())]
    source, wanted = load_source(), tuple(splits)
    # Spec and reading, and later the link to the rows, are checked one after the other: in a snapshot once.
    return read_once(
        ("figures.check", repr(spec), wanted),
        lambda: source.check(spec) or check_splits(wanted, source.splits(spec)),
    )


def check_declared(spec: Any, pack: "Pack", report: "Report") -> list[str]:
    """Return everything that is wrong with a spec of a pack, judged by what this pack declares."""
    sources = {name: load_source() for name, load_source in SOURCES.items()}
    declared = {name: source for name, source in sources.items() if isinstance(source, DeclaredSource)}
    name = spec.get("source") if isinstance(spec, Mapping) else None
    if not isinstance(name, str) or name not in declared:
        choices = list_choices(sorted(declared))
        return [_("应是表，写 source = %(choices)s") % {"choices": choices}]
    return declared[name].check_declared(spec, pack, report)


def check_in_pack(spec: Any, pack: "Pack", report: "Report", splits: Iterable[str] = ()) -> list[str]:
    """Return everything that is wrong with a spec of a measure, as far as the pack alone can show it.

    A source that reads what packs declare is asked by its `check_declared`; of the others only the name is checked
    here, and the rest when the figure is computed.
    """
    if not isinstance(spec, Mapping):
        return [_("数据来源应是写有 source 的表")]
    load_source = SOURCES.get(str(spec.get("source")))
    if load_source is None:
        return [name_unknown("source", spec.get("source"), list_source_names())]
    source = load_source()
    if isinstance(source, MeasureSource):
        return source.check_in_pack(spec, pack, report, tuple(splits))
    return []


def check_duration(spec: Any) -> list[str]:
    """Return everything that is wrong with the spec of a duration; empty when it can be read."""
    source = _find_duration_source(spec)
    return source if isinstance(source, list) else source.check_duration(spec)


def check_duration_in_pack(
    spec: Any, pack: "Pack", report: "Report", splits: Iterable[str] = ()
) -> list[str]:
    """Return everything that is wrong with the spec of a duration of a pack."""
    source = _find_duration_source(spec)
    if isinstance(source, list):
        return source
    return source.check_duration_in_pack(spec, pack, report, tuple(splits))


def _find_duration_source(spec: Any) -> DurationSource | list[str]:
    """Return the source of a spec, or the faults why there is none."""
    if not isinstance(spec, Mapping):
        return [_("时长的来源应是写有 source 的表")]
    sources = {name: load_source() for name, load_source in SOURCES.items()}
    able = {name: source for name, source in sources.items() if isinstance(source, DurationSource)}
    name = str(spec.get("source"))
    words = {"name": spec.get("source"), "known": list_names(sorted(able))}
    return able.get(name) or [_("%(name)s 没有时长；可以写：%(known)s") % words]


def read_duration(
    spec: Spec, quantile: int, *, period: Period, split: str = "", viewer: Any = None
) -> DurationReading:
    """Return a quantile of the durations of a spec, in hours; it is counted from the rows at each call.

    Args:
        quantile: in thousandths; `HALF` is the median. Between two rows it is interpolated.
        split: "" or a split of the source.

    Raises:
        UserError: the spec cannot be read.
    """
    faults, source = check_duration(spec), _find_duration_source(spec)
    if faults or isinstance(source, list):
        raise _make_unreadable_error(faults)
    return source.read_duration(spec, quantile, period=period, split=split, viewer=viewer)


def list_duration_rows(spec: Spec, *, period: Period, where: Mapping[str, str] | None = None) -> RowsLink:
    """Return the list of exactly the rows whose durations `read_duration` reads."""
    source = _find_duration_source(spec)
    if isinstance(source, list):
        raise _make_unreadable_error(source)
    return source.list_duration_rows(spec, period=period, where=dict(where or {}))


def check_splits(splits: Iterable[str], supported: frozenset[str]) -> list[str]:
    """Return a fault for each split in which a spec cannot be read."""
    known = list_names(sorted(supported))
    message = _("不能按 %(split)s 分组；可以写：%(known)s") if known else _("这个来源不能分组：%(split)s")
    return [message % {"split": split, "known": known} for split in splits if split not in supported]


def check_keys(spec: Spec, known: Iterable[str]) -> list[str]:
    """Return a fault for each key of a spec that its source does not know; `source` is always known."""
    names = {"source", *known}
    message = _("来源 %(source)s 没有 %(key)s 这一项；可以写：%(known)s")
    words = {"source": spec["source"], "known": list_names(sorted(names))}
    return [message % {**words, "key": key} for key in sorted(set(spec) - names)]


def read(spec: Spec, *, period: Period, splits: Sequence[str] = (), viewer: Any = None) -> Reading:
    """Return the amounts of a spec in a period by the splits.

    Args:
        viewer: the actor whose scope limits what is counted; None counts the complete town.

    Raises:
        UserError: the spec cannot be read, or not by these splits.
    """
    return read_many([spec], period=period, splits=splits, viewer=viewer)[0]


def read_many(
    specs: Sequence[Spec], *, period: Period, splits: Sequence[str] = (), viewer: Any = None
) -> list[Reading]:
    """Return a reading for each spec; a source answers all of its specs together. See `read`."""
    positions: dict[str, list[int]] = {}
    for position, spec in enumerate(specs):
        _require_readable(spec, splits)
        positions.setdefault(str(spec["source"]), []).append(position)
    readings: dict[int, Reading] = {}
    for name, own_positions in positions.items():
        own_specs = [specs[position] for position in own_positions]
        answers = SOURCES[name]().read(own_specs, period=period, splits=tuple(splits), viewer=viewer)
        readings.update(zip(own_positions, answers, strict=True))
    return [readings[position] for position in range(len(specs))]


def read_rate(rate: Rate, *, period: Period, splits: Sequence[str] = (), viewer: Any = None) -> RateReading:
    """Return numerator and denominator of a rate; see `read`."""
    specs = [rate.numerator, rate.denominator]
    return RateReading(*read_many(specs, period=period, splits=splits, viewer=viewer))


def list_rows(spec: Spec, *, period: Period, where: Mapping[str, str] | None = None) -> RowsLink:
    """Return the list that shows exactly the rows which `read` counts, to those who may see them.

    Args:
        where: the key of the cell for each split; None lists all rows of the reading.

    Raises:
        UserError: the spec cannot be read, or not by the splits of `where`.
    """
    keys = dict(where or {})
    _require_readable(spec, keys)
    if MONTH in keys:
        period = narrow_to_month(period, keys.pop(MONTH))
    return SOURCES[str(spec["source"])]().list_rows(spec, period=period, where=keys)


def name_rows(specs: Sequence[Spec]) -> list[str]:
    """Return a name for the rows of each spec: that of its list, or of its filters where several read one list.

    A name is "" where the source names no rows.
    """
    names = []
    for spec in specs:
        source = SOURCES[str(spec["source"])]()
        names.append(source.name_rows(spec) if isinstance(source, NamingSource) else ("", ""))
    lists = [name for name, _filters in names]
    return [filters if lists.count(name) > 1 and filters else name for name, filters in names]


def name_keys(spec: Spec, split: str) -> Mapping[str, str]:
    """Return the label of each key of a split by its source; nothing where the source does not list them."""
    source = SOURCES[str(spec["source"])]()
    return source.name_keys(spec, split) if isinstance(source, KeyNamingSource) else {}


def read_unit_in_pack(spec: Spec, pack: "Pack") -> str:
    """Return the unit of the amounts of a correct spec, "" where rows are counted."""
    load_source = SOURCES.get(str(spec.get("source")))
    source = load_source() if load_source is not None else None
    return source.read_unit_in_pack(spec, pack) if isinstance(source, UnitSource) else ""


def reads_present(spec: Spec) -> bool:
    """Return whether a spec judges its rows as they are now, whatever the period."""
    load_source = SOURCES.get(str(spec.get("source")))
    source = load_source() if load_source is not None else None
    return source.reads_present(spec) if isinstance(source, PresentSource) else False


def reads_by_month(spec: Spec) -> bool:
    """Return whether a correct spec can be read for several months at once, see `MonthSource`."""
    if check(spec, (MONTH,)):
        return False
    source = SOURCES[str(spec["source"])]()
    return isinstance(source, MonthSource) and source.reads_by_month(spec)


def find_beginning(spec: Spec) -> date | None:
    """Return the first day of which the source of a spec knows anything, None where it has no rows.

    It is read once for all periods that see one state of the database. Of a source that does not know it, every day
    counts as known.
    """
    load_source = SOURCES.get(str(spec.get("source")))
    source = load_source() if load_source is not None else None
    find = source.find_beginning if isinstance(source, BeginningSource) else None
    return periods.FIRST if find is None else read_once(("figures.beginning", repr(spec)), lambda: find(spec))


def exclude_rows(spec: Spec, rows: Mapping[str, Sequence[str]]) -> Spec:
    """Return the spec without the rows that are excluded from its source; `rows` holds their names by source."""
    name = str(spec.get("source"))
    excluded = rows.get(name)
    if not excluded or name not in SOURCES:
        return spec
    source = SOURCES[name]()
    return source.exclude(spec, excluded) if isinstance(source, ExcludingSource) else spec


_by_present_places: ContextVar[bool] = ContextVar("jiedao_present_places", default=False)


@contextmanager
def count_by_present_places(wanted: bool = True) -> Iterator[None]:
    """Let sources that know successions count past areas and units for those that alone took their place.

    Without it a figure counts for the places of then, so that figures of past periods never change.
    """
    token = _by_present_places.set(wanted)
    try:
        yield
    finally:
        _by_present_places.reset(token)


def is_by_present_places() -> bool:
    """Return whether figures are read by the places of now."""
    return _by_present_places.get()


def format_month_key(day: date) -> str:
    """Return the key of the month that holds the day."""
    return f"{day:%Y-%m}"


def narrow_to_month(period: Period, key: str) -> Period:
    """Return the part of a period that lies in a month."""
    month = periods.parse_period(key)
    return periods.build_period(max(period.first, month.first), min(period.last, month.last))


def _require_readable(spec: Spec, splits: Iterable[str]) -> None:
    faults = check(spec, splits)
    if faults:
        raise _make_unreadable_error(faults)


def _make_unreadable_error(faults: Iterable[str]) -> UserError:
    return UserError(
        _("数据来源已不可用：%(why)s") % {"why": _("；").join(faults)},
        hint=_("请更正数据包中的 feed，再应用一次。"),
    )
