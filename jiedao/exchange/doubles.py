"""Messages of a file that are cases already under another source: the file was imported through another channel.

Numbers are kept apart by source, so the same number may well be another matter. A row counts as a double only where
its time is that of the case too.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Value
from django.db.models.functions import StrIndex, Substr
from django.utils.translation import gettext as _

from jiedao.cases.models import Case, Channel
from jiedao.cases.source_keys import fold_source_key
from jiedao.exchange.dates import TOLERANCE
from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.rows import join_words

MAX_SOURCES = (
    50  # the ones with most cases; a system that writes a source of its own for each case has no doubles
)
MAX_EXAMPLES = 5


@dataclass(frozen=True)
class Double:
    """A row and the case that it is already."""

    row: int
    number: str
    case: str
    source: str
    channel: str

    def __str__(self) -> str:
        values = {"row": self.row, "number": self.number, "case": self.case}
        return _("第 %(row)d 行 %(number)s 是案件 %(case)s") % values


@dataclass
class Doubles:
    """The doubles of a file: how many, by source, and the first ones."""

    count: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    examples: list[Double] = field(default_factory=list)

    def add(self, double: Double) -> None:
        """Count a double."""
        self.count += 1
        self.sources[double.source] = self.sources.get(double.source, 0) + 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(double)

    def as_json(self) -> dict[str, Any]:
        """Return the doubles as the command prints them."""
        return {
            "count": self.count,
            "sources": self.sources,
            "examples": [asdict(double) for double in self.examples],
        }

    def describe(self) -> str:
        """Return how many there are, and under which sources, in one sentence."""
        labels = {code.lower(): str(label) for code, label in Channel.choices}
        names = join_words([labels.get(name, name) for name in self.sources])
        values = {"count": self.count, "names": names}
        return _("%(count)d 行的编号和时间，与从“%(names)s”来的案件相同：再导入就成了两件。") % values

    def suggest(self) -> str:
        """Return what to do: the channel under which the file was imported before, or the option that allows it."""
        channels = sorted(
            {double.channel for double in self.examples if double.channel.lower() == double.source}
        )
        if channels:
            text = _(
                "同一批来件请用来源 %(codes)s 导入；真的不是同一件事，再选“允许重复”（命令加 --allow-doubles）。"
            )
            return text % {"codes": join_words(channels)}
        return _("同一批来件请用原来的对照导入；真的不是同一件事，再选“允许重复”（命令加 --allow-doubles）。")


class DoublesError(UserError):
    """Messages of the file are cases already, from another source; nothing was imported."""

    def __init__(self, doubles: Doubles) -> None:
        examples = "; ".join(str(double) for double in doubles.examples)
        hint = f"{examples}. {doubles.suggest()}"
        super().__init__(doubles.describe(), hint=hint, field="channel")
        self.doubles = doubles


def list_other_sources(source: str) -> list[str]:
    """Return the other sources that cases came from, those with most cases first."""
    own = fold_source_key(f"{source}:").removesuffix(":")
    keyed = Case.objects.filter(source_key__contains=":")
    prefixes = (
        keyed.annotate(prefix=Substr("source_key", 1, StrIndex("source_key", Value(":"))))
        .order_by()
        .values_list("prefix")
        .annotate(cases=Count("id"))
        .order_by("-cases", "prefix")
    )
    names = [prefix.removesuffix(":") for prefix, _count in prefixes[: MAX_SOURCES + 1]]
    return [name for name in names if name and name != own]


class DoubleFinder:
    """Finds doubles among the messages of a file that are not cases from its own source."""

    def __init__(self, source: str) -> None:
        self.source, self.others, self.doubles = source, list_other_sources(source), Doubles()

    def count(self, rows: Mapping[str, tuple[int, datetime]]) -> None:
        """Count the doubles among rows: the number of the row and its time by the number of the message."""
        if not self.others or not rows:
            return
        own = self._find_keys(self.source, rows)
        rest = {number: row for number, row in rows.items() if number not in own}
        for other in self.others if rest else ():
            for number, (case, at, channel) in self._find_keys(other, rest).items():
                row, reported_at = rest[number]
                if abs(at - reported_at) <= TOLERANCE:
                    self.doubles.add(Double(row, number, case, other, channel))
                    del rest[number]

    @staticmethod
    def _find_keys(
        source: str, rows: Mapping[str, tuple[int, datetime]]
    ) -> dict[str, tuple[str, datetime, str]]:
        """Return number, time and channel of the cases from a source, by the number of the message."""
        keys = {fold_source_key(f"{source}:{number}"): number for number in rows}
        cases = Case.objects.filter(source_key__in=list(keys))
        columns = cases.values_list("source_key", "number", "reported_at", "channel")
        return {keys[key or ""]: (number, at, channel) for key, number, at, channel in columns}
