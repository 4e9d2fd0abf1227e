"""The functions of a signed report: they print what was signed, and refuse what was not."""

from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.indicators.figure import Figure, Place
from jiedao.indicators.parts import Part
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period, parse_period
from jiedao.reports.document import Document
from jiedao.reports.functions import NO_DATA, ReportFunctions

_Key = tuple[str, str, str]  # measure, period, place


class SignedFunctions(ReportFunctions):
    """The functions of a report that is signed; a figure that its text does not have was not signed."""

    def __init__(self, period: Period, place: Place, document: Document) -> None:
        super().__init__(period, place)
        self._signed: dict[_Key, Figure] = {}
        self._parts: dict[tuple[_Key, Part], Decimal | None] = {}
        self._words: dict[tuple[_Key, Part], str] = {}
        for run in document.runs:
            if run.figure is not None:
                self._signed[_make_key(run.figure)] = run.figure
                self._parts[_make_key(run.figure), run.part] = run.exact
                self._words[_make_key(run.figure), run.part] = run.text

    def read_figure(self, key: str, period: str = "", area: str = "", unit: str = "") -> Figure:
        """Return a figure as it was signed; raise UserError for one that was not."""
        own = parse_period(period) if period else self.period
        place = self._find_place(area, unit)
        figure = self._signed.get((key, own.text, place.key))
        if figure is None:
            raise _make_error(key)
        return figure

    def read_part(self, figure: Figure, part: Part) -> Decimal | None:
        """Return a part of a figure as it was signed; raise UserError for one that was not."""
        key = (_make_key(figure), part)
        if key in self._parts:
            return self._parts[key]
        if part is Part.VALUE:
            return figure.value
        if part is Part.GROWTH and figure.growth is not None:
            return figure.growth
        raise _make_error(figure.measure.label)

    def has_data(
        self, key: str, *, part: str = "value", period: str = "", area: str = "", unit: str = ""
    ) -> bool:
        """Return whether a figure was signed and had data."""
        own = parse_period(period) if period else self.period
        place = self._find_place(area, unit)
        figure = self._signed.get((key, own.text, place.key))
        if figure is None:
            return False
        return self._parts.get((_make_key(figure), Part(part)), figure.value) is not None

    def _word_change_from_zero(self, figure: Figure, part: Part) -> str:
        return self._words.get((_make_key(figure), part), "").replace(NO_DATA, "")

    def write_table(self, *keys: str, by: str = "", caption: str = "") -> str:
        """Refuse a table: it would have other figures than the signed ones."""
        raise _make_error("、".join(map(str, keys)))

    def write_chart(self, key: str, *, by: str = "month", caption: str = "") -> str:
        """Refuse a chart, for the same reason."""
        raise _make_error(key)

    def write_map(self, key: str, *, by: str = "area", style: str = "shades", caption: str = "") -> str:
        """Refuse a map, for the same reason."""
        raise _make_error(key)


def _make_key(figure: Figure) -> _Key:
    return figure.measure.key, figure.period.text, figure.place.key


def _make_error(words: str) -> UserError:
    return UserError(
        _("“%(words)s”不在已签发的报告里。") % {"words": str(words)[:60]},
        hint=_("已签发的报告只用签发时的数。请先把它写进报告正文再签发，或在签发前用这个模板。"),
    )
