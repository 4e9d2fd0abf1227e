"""How one room reads amounts of another that it may not import: a table of sources.

A spec is plain JSON of a pack. Its `source` names who answers it; the rest is that source's own:

```python
spec = {"source": "register", "register": "illegal_stock", "sum": "area_removed", "date": "removed_on"}
faults = feeds.check(spec)
reading = feeds.read(spec, until=day)  # reading.total, reading.by_area, reading.by_month
```
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol, TypeVar

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack

Spec = Mapping[str, Any]
K = TypeVar("K")


@dataclass(frozen=True)
class Cell:
    """What one community did in one month.

    Attributes:
        area_path: path of the community, "" where the rows lie in none.  month: its first day.
        amount: in the feed's own unit.  rows: how many stand behind it.
    """

    area_path: str
    month: date
    amount: Decimal
    rows: int


@dataclass(frozen=True)
class Reading:
    """Amounts of a feed by community and month; every total is the sum of cells, so that they add up as shown."""

    cells: tuple[Cell, ...] = ()

    @cached_property
    def total(self) -> Decimal:
        """The whole amount."""
        return sum((cell.amount for cell in self.cells), Decimal(0))

    @cached_property
    def rows(self) -> int:
        """How many rows stand behind the whole amount."""
        return sum(cell.rows for cell in self.cells)

    @cached_property
    def by_area(self) -> dict[str, Decimal]:
        """Amount by path of community."""
        return self._by(lambda cell: cell.area_path)

    @cached_property
    def by_month(self) -> dict[date, Decimal]:
        """Amount by first day of month."""
        return self._by(lambda cell: cell.month)

    def _by(self, key: Callable[[Cell], K]) -> dict[K, Decimal]:
        found: dict[K, Decimal] = {}
        for cell in self.cells:
            found[key(cell)] = found.get(key(cell), Decimal(0)) + cell.amount
        return found


@dataclass(frozen=True)
class Address:
    """A page that lists the rows behind an amount: url name, its arguments, and the query."""

    url_name: str
    args: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """A room that answers specs. What it reads is the whole town: a figure is the same whoever looks at it."""

    def check(self, spec: Spec) -> list[str]:
        """Return everything that is wrong with a spec, in English, as a pack is checked."""

    def check_declared(self, spec: Spec, pack: Pack, report: Report) -> list[str]:
        """Return the same by what the pack declares, which is not applied yet; no query.

        Empty, too, where what the spec reads has faults of its own in the report: those are corrected first.
        """

    def read(self, spec: Spec, *, until: date, since: date | None) -> Reading:
        """Return what happened up to `until`, and after `since` where it is given; never anything later."""

    def address(self, spec: Spec, *, until: date, since: date | None, area_path: str) -> Address:
        """Return where the rows behind an amount are listed, to those who may see them."""


SOURCES: dict[str, Source] = {}


def register_source(name: str, source: Source) -> None:
    """Let a room answer the specs that name it. Called from its AppConfig.ready."""
    SOURCES[name] = source


def sources() -> list[str]:
    """Return the names of all sources."""
    return sorted(SOURCES)


def check(spec: Any) -> list[str]:
    """Return everything that is wrong with a spec, empty when it can be read."""
    if not isinstance(spec, Mapping):
        return ["a feed is a table with a source"]
    source = SOURCES.get(str(spec.get("source")))
    if source is None:
        return [f"no source {spec.get('source')!r}; known: {', '.join(sources())}"]
    return source.check(spec)


def check_declared(spec: Any, pack: Pack, report: Report) -> list[str]:
    """Return everything that is wrong with a spec by what the pack that states it declares."""
    name = spec.get("source") if isinstance(spec, Mapping) else None
    if not isinstance(name, str) or name not in SOURCES:
        return [f"it is a table with source = {' or '.join(json.dumps(source) for source in sources())}"]
    return SOURCES[name].check_declared(spec, pack, report)


def read(spec: Spec, *, until: date, since: date | None = None) -> Reading:
    """Return what a feed gives from after `since` to the end of `until`; raise UserError where it cannot be read."""
    return _source(spec).read(spec, until=until, since=since)


def address(spec: Spec, *, until: date, since: date | None = None, area_path: str = "") -> Address:
    """Return the page that lists the rows behind an amount."""
    return _source(spec).address(spec, until=until, since=since, area_path=area_path)


def _source(spec: Spec) -> Source:
    faults = check(spec)
    if faults:
        raise UserError(
            _("数据来源已不可用：%(why)s") % {"why": "; ".join(faults)},
            hint=_("请更正数据包中的 feed，再应用一次。"),
        )
    return SOURCES[str(spec["source"])]
