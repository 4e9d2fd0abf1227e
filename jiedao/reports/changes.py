"""What has changed since a report was signed: each printed figure against the same figure as it is now."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.indicators.comparison import is_in_percent
from jiedao.indicators.figure import Figure
from jiedao.indicators.models import Measure
from jiedao.indicators.parts import Part
from jiedao.kernel.errors import UserError
from jiedao.reports.document import Run
from jiedao.reports.freezing import thaw
from jiedao.reports.functions import ReportFunctions
from jiedao.reports.models import Signature
from jiedao.reports.wording import format_plain

PART_LABELS = {
    Part.GROWTH: gettext_lazy("同比"),
    Part.CHANGE: gettext_lazy("较上期"),
    Part.YEAR_CHANGE: gettext_lazy("较上年同期"),
    Part.RANK: gettext_lazy("位次"),
    Part.TARGET: gettext_lazy("目标"),
    Part.COMPLETION: gettext_lazy("完成率"),
}
PLACES = 2  # decimals of percentages that are compared


@dataclass(frozen=True)
class FigureChange:
    """A figure whose value has changed since the report was signed.

    Attributes:
        printed: the words of the signed report.
        before, now: the exact part; None where there was or is no data.
        note: why there is no value now.
    """

    measure: Measure
    signed: Figure
    current: Figure | None
    part: Part
    printed: str
    before: Decimal | None
    now: Decimal | None
    note: str = ""

    @property
    def before_text(self) -> str:
        """The signed value as the page prints it."""
        return format_part(self.measure, self.part, self.before)

    @property
    def now_text(self) -> str:
        """The present value as the page prints it."""
        return format_part(self.measure, self.part, self.now)

    @property
    def difference_text(self) -> str:
        """The difference with its sign, "" where one of the two is unknown."""
        return format_difference(self.measure, self.part, self.before, self.now)

    @property
    def part_label(self) -> str:
        """What is printed of the figure, "" for its value."""
        return str(PART_LABELS.get(self.part, ""))


def find_changes(signature: Signature) -> list[FigureChange]:
    """Return the figures that differ from those that were signed, in the order of the text, each once."""
    report = signature.report
    functions = ReportFunctions(report.period, report.place)
    changes, compared = [], set()
    for run in thaw(signature.content).runs:
        if run.figure is None:
            continue
        key = (run.figure.measure.key, run.figure.period.text, run.figure.place.key, run.part)
        if key in compared:
            continue
        compared.add(key)
        change = _compare(run, run.figure, functions)
        if change is not None:
            changes.append(change)
    return changes


def _compare(run: Run, signed: Figure, functions: ReportFunctions) -> FigureChange | None:
    measure, place = signed.measure, signed.place
    try:
        current = functions.read_figure(measure.key, signed.period.text, place.area_code, place.unit_code)
        now = functions.read_part(current, run.part)
    except UserError as fault:  # the measure or the place is no longer there
        return FigureChange(measure, signed, None, run.part, run.text, run.exact, None, str(fault.message))
    if _round(measure, run.part, now) == _round(measure, run.part, run.exact):
        return None
    note = current.note or _("没有数据") if now is None else ""
    return FigureChange(measure, signed, current, run.part, run.text, run.exact, now, note)


def format_difference(measure: Measure, part: Part, before: Decimal | None, now: Decimal | None) -> str:
    """Return the difference of two values of a part with its sign, "" where one of them is unknown."""
    # Of the rounded values, so that a reader who subtracts gets the same.
    rounded_before, rounded_now = _round(measure, part, before), _round(measure, part, now)
    if rounded_before is None or rounded_now is None:
        return ""
    sign, size = "+" if rounded_now > rounded_before else "-", abs(rounded_now - rounded_before)
    if _is_percent(measure, part):
        return _("%(size)s 个百分点") % {"size": f"{sign}{format_plain(size, PLACES)}"}
    return f"{sign}{format_part(measure, part, size)}"


def _is_percent(measure: Measure, part: Part) -> bool:
    if part in {Part.VALUE, Part.TARGET}:
        return is_in_percent(measure)
    return part is not Part.RANK


def _get_digits(measure: Measure, part: Part) -> int:
    if part in {Part.VALUE, Part.TARGET}:
        return int(measure.digits)
    return 0 if part is Part.RANK else PLACES


def _round(measure: Measure, part: Part, number: Decimal | None) -> Decimal | None:
    return None if number is None else Decimal(format_plain(number, _get_digits(measure, part)))


def format_part(measure: Measure, part: Part, number: Decimal | None) -> str:
    """Return a part of a figure as pages print it, "—" for no data."""
    if number is None:
        return "—"
    unit = measure.unit_text if part in {Part.VALUE, Part.TARGET} else "" if part is Part.RANK else "%"
    gap = "" if unit in {"", "%"} else " "
    return f"{format_plain(number, _get_digits(measure, part))}{gap}{unit}"
