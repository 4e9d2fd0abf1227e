"""One source of figures: how every room answers what it counts, to rooms that may not import it.

A spec is plain JSON of a pack. Its `source` names the room's source; the other keys belong to that source:

```python
spec = {"source": "register", "register": "illegal_stock", "sum": "area_removed", "date": "removed_on"}
faults = figures.check(spec, splits=("area", "month"))
reading = figures.read(spec, period=period, splits=("area", "month"))  # reading.total, reading.by("area")
link = figures.list_rows(spec, period=period, where={"area": path})  # the list of exactly the rows behind a cell
```

A period gives either a flow (what happened in it) or, for a spec that reads a state, the state at the end of its last
day. Which of the two a spec reads is the source's own rule.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

from django.utils.translation import gettext as _

from jiedao.kernel import periods
from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.periods import Period

Spec = Mapping[str, Any]
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
    """What a spec amounts to for one combination of the splits.

    Attributes:
        key: one key for each split of the reading, in their order.
        amount: in the source's own unit.
        rows: how many rows are behind the amount: as many as the list shows.
    """

    key: Key
    amount: Decimal
    rows: int


@dataclass(frozen=True)
class Reading:
    """The amounts of a spec by the requested splits; cells without rows are left out.

    Totals are sums of cells. Only where a row may count in several cells (a case that was with two units) does the
    source give the total as `whole`, in which each row counts once.
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

    def divided(self, factor: Decimal) -> "Reading":
        """Return the reading in another unit, of which `factor` of its own unit make one."""

        def convert(cell: Cell) -> Cell:
            return Cell(cell.key, cell.amount / factor, cell.rows)

        whole = convert(self.whole) if self.whole is not None else None
        return Reading(self.splits, tuple(convert(cell) for cell in self.cells), whole)


@dataclass(frozen=True)
class Rate:
    """A rate as the specs of its numerator and its denominator, which contains the numerator."""

    numerator: Spec
    denominator: Spec


@dataclass(frozen=True)
class RateReading:
    """Numerator and denominator of a rate by the same splits."""

    numerator: Reading
    denominator: Reading

    @property
    def share(self) -> Decimal | None:
        """The rate over all rows, 1 for the whole; None where the denominator is 0."""
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
class RowsLink:
    """A list of rows as data; a face turns it into an address.

    Attributes:
        kind: the list's name, such as "registers.record".
        args: what the list belongs to, such as the key of a register.
        query: what the list is narrowed to, as pairs because a name may repeat.
    """

    kind: str
    args: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()


class Source(Protocol):
    """A room that answers specs. The functions of this module check specs and splits before they call it.

    A `viewer` is an actor (`orgs.actor.Actor`) whose scope narrows what is counted; None counts the whole town, so that
    a published figure is the same for every reader.
    """

    def check(self, spec: Spec) -> list[str]:
        """Return everything that is wrong with a spec, in English, as a pack is checked."""

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

    def check_declared(self, spec: Spec, pack: Pack, report: Report) -> list[str]:
        """Return everything that is wrong with a spec, according to what the pack declares and without a query.

        Return nothing if what the spec reads has faults of its own in the report: those must be corrected first.
        """


SOURCES: dict[str, Source] = {}


def register_source(name: str, source: Source) -> None:
    """Let a room answer the specs that name the source. Called from its AppConfig.ready."""
    SOURCES[name] = source


def source_names() -> list[str]:
    """Return the names of all sources."""
    return sorted(SOURCES)


def check(spec: Any, splits: Iterable[str] = ()) -> list[str]:
    """Return everything that is wrong with reading a spec by the splits, in English; empty when it can be read."""
    if not isinstance(spec, Mapping):
        return ["a figure is a table with a source"]
    source = SOURCES.get(str(spec.get("source")))
    if source is None:
        return [f"no source {spec.get('source')!r}; known: {', '.join(source_names())}"]
    return source.check(spec) or check_splits(splits, source.splits(spec))


def check_declared(spec: Any, pack: Pack, report: Report) -> list[str]:
    """Return everything that is wrong with a spec that a pack contains, according to what this pack declares."""
    declared = {name: source for name, source in SOURCES.items() if isinstance(source, DeclaredSource)}
    name = spec.get("source") if isinstance(spec, Mapping) else None
    if not isinstance(name, str) or name not in declared:
        return [f"it is a table with source = {' or '.join(json.dumps(name) for name in sorted(declared))}"]
    return declared[name].check_declared(spec, pack, report)


def check_splits(splits: Iterable[str], supported: frozenset[str]) -> list[str]:
    """Return a fault for each split in which a spec cannot be read."""
    known = f"known: {', '.join(sorted(supported))}" if supported else "it has none"
    return [f"no split by {split!r}; {known}" for split in splits if split not in supported]


def check_keys(spec: Spec, known: Iterable[str]) -> list[str]:
    """Return a fault for each key of a spec that its source does not know; `source` is always known."""
    names = {"source", *known}
    return [
        f"{spec['source']!r} has no {key!r}; known: {', '.join(sorted(names))}"
        for key in sorted(set(spec) - names)
    ]


def read(spec: Spec, *, period: Period, splits: Sequence[str] = (), viewer: Any = None) -> Reading:
    """Return the amounts of a spec in a period by the splits.

    Args:
        viewer: the actor within whose scope is counted, None for the whole town.

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
        _need(spec, splits)
        positions.setdefault(str(spec["source"]), []).append(position)
    readings: dict[int, Reading] = {}
    for name, chosen in positions.items():
        own = [specs[position] for position in chosen]
        answers = SOURCES[name].read(own, period=period, splits=tuple(splits), viewer=viewer)
        readings.update(zip(chosen, answers, strict=True))
    return [readings[position] for position in range(len(specs))]


def read_rate(rate: Rate, *, period: Period, splits: Sequence[str] = (), viewer: Any = None) -> RateReading:
    """Return numerator and denominator of a rate; see `read`."""
    specs = [rate.numerator, rate.denominator]
    return RateReading(*read_many(specs, period=period, splits=splits, viewer=viewer))


def list_rows(spec: Spec, *, period: Period, where: Mapping[str, str] | None = None) -> RowsLink:
    """Return the list that shows exactly the rows which `read` counts, to those who may see them.

    Args:
        where: split -> key of a cell; without it all rows of the reading.

    Raises:
        UserError: the spec cannot be read, or not by the splits of `where`.
    """
    keys = dict(where or {})
    _need(spec, keys)
    if MONTH in keys:
        period = narrow_to_month(period, keys.pop(MONTH))
    return SOURCES[str(spec["source"])].list_rows(spec, period=period, where=keys)


def month_key(day: date) -> str:
    """Return the key of the month that holds the day."""
    return f"{day:%Y-%m}"


def narrow_to_month(period: Period, key: str) -> Period:
    """Return the part of a period that lies in a month."""
    month = periods.parse_period(key)
    return periods.build_period(max(period.first, month.first), min(period.last, month.last))


def _need(spec: Spec, splits: Iterable[str]) -> None:
    faults = check(spec, splits)
    if faults:
        raise UserError(
            _("数据来源已不可用：%(why)s") % {"why": "; ".join(faults)},
            hint=_("请更正数据包中的 feed，再应用一次。"),
        )
