"""A figure: a value of a measure with everything that a reader needs to trust it or to doubt it."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.indicators.models import Measure, MeasureKind, Status
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.periods import Period
from jiedao.kernel.wordings import Wording


@dataclass(frozen=True)
class Place:
    """What a figure is of: the town, one community or unit, or another part of a split.

    Attributes:
        split, part: the split and the key of a category or channel, and of the rows that are in no community or unit.
    """

    area_code: str = ""
    area_path: str = ""
    unit_code: str = ""
    label: str = ""
    split: str = ""
    part: str = ""

    @property
    def key(self) -> str:
        """The key by which targets and entries are stored: "", "area:440307014001" or "unit:CG"."""
        if self.split:
            return f"{self.split}:{self.part}"
        if self.area_code:
            return f"area:{self.area_code}"
        return f"unit:{self.unit_code}" if self.unit_code else ""


TOWN = Place()
PEER = "peer"


def make_peer(name: str) -> Place:
    """Return another sub-district or district, whose figures are imported to rank the town among its peers."""
    return Place(label=name, split=PEER, part=name)


@dataclass(frozen=True)
class RowsPart:
    """One of the specs that make up a side of a figure: its amount, the weight by which it counts, and its rows.

    `label` names the rows in the reader's language, such as the register; "" where the source has no name for them.
    """

    amount: Decimal
    weight: Decimal
    rows: int
    link: RowsLink
    label: str = ""


@dataclass(frozen=True)
class Figure:
    """One value. It is computed in one place only, so that dashboard, export, API, form and report agree.

    Attributes:
        value: exact, in the measure's unit, a rate in per cent; None where there is no data, which is not 0.
        numerator, denominator: of a rate, in the units of their sources.
        rows: the number of rows that were counted; None where none can be.
        link: the list of exactly these rows; None for entered figures and formulas, and where `parts` have lists.
        parts, denominator_parts: the terms of a side that several specs make up, each with its own list.
        denominator_rows: the number of rows that the denominator of a rate counts.
        source: the document of an entered figure.
        note: why there is no value, "" where there is one.
        missing: the note as it can be stored and worded again for another reader.
    """

    measure: Measure
    period: Period
    place: Place
    as_of: datetime
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    denominator_name: str = ""
    rows: int | None = None
    link: RowsLink | None = None
    denominator_rows: int | None = None
    denominator_link: RowsLink | None = None
    parts: tuple["RowsPart", ...] = ()
    denominator_parts: tuple["RowsPart", ...] = ()
    status: Status = Status.ACTUAL
    scope_words: str = ""
    source: str = ""
    growth: Decimal | None = None
    rank: int | None = None
    rank_field: str = ""
    rank_of: int | None = None
    note: str = ""
    terms: tuple["Figure", ...] = ()
    missing: Wording | None = None

    def explain(self, code: str, **params: Any) -> "Figure":
        """Return the figure with the reason why it has no value."""
        missing = Wording(code, params)
        return replace(self, note=str(missing), missing=missing)

    @property
    def rounded(self) -> Decimal | None:
        """The value with the measure's decimals, half up; None where there is no data."""
        if self.value is None:
            return None
        return self.value.quantize(Decimal(1).scaleb(-self.measure.digits), ROUND_HALF_UP)

    @property
    def text(self) -> str:
        """The value as a page prints it, without its unit; a dash where there is no data."""
        return "—" if self.rounded is None else f"{self.rounded:,f}"

    @property
    def how(self) -> str:
        """How the value was made, in the reader's language."""
        if self.measure.kind == MeasureKind.ENTERED:
            return _("填报，来源：%(source)s") % {"source": self.source} if self.source else _("尚未填报")
        if self.measure.kind == MeasureKind.RATE:
            words = {"numerator": _format(self.numerator), "denominator": _format(self.denominator)}
            return _("%(numerator)s ÷ %(denominator)s") % words
        if self.measure.kind == MeasureKind.DURATION:
            share = f"{float(self.measure.spec.get('quantile', 0.5)) * 100:g}"
            words = {"rows": f"{self.rows or 0:,}", "share": share}
            text = _("%(rows)s 件案件时长的 %(share)s%% 分位数") % words
            spec = self.measure.spec.get("spec", {})
            parts = [text]
            parts += [_("只计工作时间")] if spec.get("hours") == "working" else []
            parts += [_("不含挂账时间")] if spec.get("without_pauses") else [_("含挂账时间")]
            return _("，").join(parts)
        if self.measure.kind == MeasureKind.FORMULA:
            return self._describe_formula()
        return _("由 %(rows)s 条记录得出") % {"rows": f"{self.rows or 0:,}"}

    def _describe_formula(self) -> str:
        """Return the formula with the names of its measures, and their values."""
        terms_by_key = {term.measure.key: term for term in self.terms}
        names = {
            name: terms_by_key[key] for name, key in self.measure.spec["terms"].items() if key in terms_by_key
        }
        formula = re.sub(
            r"[A-Za-z_]\w*",
            lambda match: names[match[0]].measure.label if match[0] in names else match[0],
            str(self.measure.spec["formula"]),
        )
        values = (f"{term.measure.label} = {term.text}" for term in names.values())
        return formula + _("，其中 ") + _("，").join(values)


def _format(number: Decimal | None) -> str:
    return "—" if number is None else f"{number.normalize():,f}"
