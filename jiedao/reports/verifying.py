"""Compare the figures of this office with those of a report that was published before it used jiedao.

The published figures are a list, `id,value,unit,qualifier,period`; a measure names the ids that it stands for in the
column `figure` of a pack.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path

from django.utils.translation import gettext as _

from jiedao.indicators.compute import read_measures
from jiedao.indicators.figure import Figure
from jiedao.indicators.models import MeasureKind
from jiedao.indicators.parts import Part
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period, parse_period
from jiedao.reports.functions import ReportFunctions

NEEDED = ("id", "value", "qualifier", "period")
ROOM, ABOUT_ROOM = Decimal("0.1"), Decimal("0.05")  # how far 近 and 超, and 约, may be from the number


class Status(StrEnum):
    """How a published figure compares with the office's own."""

    REPRODUCED = "reproduced"  # from records
    ENTERED = "entered"  # equal, as a person or a document states it
    DIFFERS = "differs"  # another value, no value, or no measure


@dataclass(frozen=True)
class PublishedFigure:
    """A figure of the list."""

    id: str
    value: Decimal
    qualifier: str
    period: str


@dataclass(frozen=True)
class Verification:
    """A published figure with what this office computes; `figure` is None where no measure stands for it."""

    published: PublishedFigure
    status: Status
    value: Decimal | None = None
    figure: Figure | None = None
    note: str = ""

    @property
    def rows(self) -> int | None:
        """The number of records behind the value; None for what people entered."""
        return self.figure.rows if self.figure is not None and self.status is not Status.ENTERED else None


def read_published(path: Path) -> list[PublishedFigure]:
    """Return the figures of a CSV file; raise UserError for a file that cannot be read, with its line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise UserError(
            _("读不了“%(name)s”。") % {"name": path.name}, hint=_("请给出 UTF-8 的 CSV 文件。"), field="seed"
        ) from fault
    missing = [name for name in NEEDED if not rows or name not in rows[0]]
    if missing:
        raise UserError(
            _("“%(name)s”缺少列 %(columns)s。") % {"name": path.name, "columns": "、".join(missing)},
            hint=_("表头要有 id、value、qualifier、period。"),
            field="seed",
        )
    return [_read_row(path, line, row) for line, row in enumerate(rows, start=2)]


def _read_row(path: Path, line: int, row: dict[str, str]) -> PublishedFigure:
    try:
        value = Decimal(row["value"])
    except (InvalidOperation, TypeError):
        raise UserError(
            _("“%(name)s”第 %(line)s 行的数读不出来：%(text)s")
            % {"name": path.name, "line": line, "text": str(row["value"])[:20]},
            hint=_("请写成 12268 或 3.45。"),
            field="seed",
        ) from None
    return PublishedFigure(row["id"], value, row["qualifier"] or "exact", row["period"])


def verify_figures(published: Iterable[PublishedFigure], period: Period) -> list[Verification]:
    """Return each published figure compared with the office's own; `period` is that of figures that state none."""
    references = {
        reference["figure"]: (measure.key, reference)
        for measure in read_measures().values()
        for reference in measure.stands_for
    }
    functions = ReportFunctions(period)
    return [_verify(figure, references.get(figure.id), functions) for figure in published]


def _verify(
    published: PublishedFigure, reference: tuple[str, dict[str, str]] | None, functions: ReportFunctions
) -> Verification:
    if reference is None:
        return Verification(published, Status.DIFFERS, note=_("没有指标对应这个数"))
    key, columns = reference
    period = columns["period"] or published.period
    parse_period(period or functions.period.text)
    figure, part = functions.read_figure(key, period), Part(columns["part"])
    exact = functions.read_part(figure, part)
    if exact is None:
        return Verification(published, Status.DIFFERS, None, figure, figure.note or _("没有数据"))
    if not _is_equal(published, exact):
        return Verification(published, Status.DIFFERS, exact, figure, _("数值不同"))
    entered = part is not Part.TARGET and is_entered(figure)
    return Verification(published, Status.ENTERED if entered else Status.REPRODUCED, exact, figure)


def is_entered(figure: Figure) -> bool:
    """Return whether a figure, or one that its formula reads, is as people entered it."""
    return figure.measure.kind == MeasureKind.ENTERED or any(map(is_entered, figure.terms))


def _is_equal(published: PublishedFigure, exact: Decimal) -> bool:
    value, word = published.value, published.qualifier
    if word == "approx_below":
        return value * (1 - ROOM) <= exact < value
    if word == "above":
        return value < exact <= value * (1 + ROOM)
    if word == "approx":
        return abs(exact - value) <= value * ABOUT_ROOM
    return exact.quantize(Decimal(1).scaleb(value.as_tuple().exponent), ROUND_HALF_UP) == value  # type: ignore[arg-type]
