"""The figures of a publication: each number links to its definition, and to its rows where these are open data.

A published figure never changes, but records do. The list behind a figure therefore states the published value with
its day beside the value of now.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from jiedao.indicators.compute import compute_figure, read_measures
from jiedao.indicators.figure import Figure
from jiedao.indicators.parts import Part
from jiedao.indicators.wordings import label_rank_field
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.publishing.models import Publication
from jiedao.publishing.open_data.definition import OpenSet, list_open_sets
from jiedao.publishing.open_data.narrowing import find_rows_query
from jiedao.publishing.selectors.publications import get_published, read_body
from jiedao.reports.changes import format_difference
from jiedao.reports.document import Document

Key = tuple[str, str, str]
FIGURE = "figure"  # the parameter of an address that names a published figure
LONGEST_NAME = 24


@dataclass(frozen=True)
class FigureLine:
    """A figure of a publication.

    Attributes:
        anchor: the id of its line on the page.
        number: its place among the figures of the publication, from 1.
        rows_set: the data set with the rows behind it, None where these are not open.
        rows_query: what narrows the data set to these rows.
    """

    figure: Figure
    number: int
    rows_set: OpenSet | None
    rows_query: dict[str, str]

    @property
    def anchor(self) -> str:
        """The id of its line on the page."""
        return f"figure-{self.number}"

    @property
    def rank_words(self) -> str:
        """The rank of a figure that has no value, with its field; "" for any other figure."""
        if self.figure.value is not None or self.figure.rank is None:
            return ""
        field = label_rank_field(self.figure.rank_field)
        words = _("%(field)s第 %(rank)d 位") if field else _("第 %(rank)d 位")
        return words % {"field": field, "rank": self.figure.rank}

    @property
    def rows_label(self) -> str:
        """The name of the data set, "" where the rows are not open."""
        return self.rows_set.row.label if self.rows_set is not None else ""

    def build_rows_url(self, publication: Publication) -> str:
        """Return the address of the rows behind it, which names the figure; "" where the rows are not open."""
        if self.rows_set is None:
            return ""
        query = urlencode(self.rows_query | {FIGURE: f"{publication.pk}-{self.number}"})
        return f"{reverse('portal:data_set', args=[self.rows_set.row.key])}?{query}"


@dataclass(frozen=True)
class PublishedFigure:
    """A figure of a publication beside the records of now.

    Attributes:
        present: the same figure computed now; None where its measure is no longer there.
    """

    publication: Publication
    line: FigureLine
    present: Figure | None

    @property
    def signed(self) -> Figure:
        """The figure as the publication states it."""
        return self.line.figure

    @property
    def has_changed(self) -> bool:
        """Return whether the value of now is another one, as the page prints it."""
        return self.present is not None and self.present.text != self.signed.text

    @property
    def difference_text(self) -> str:
        """The value of now less the published one, with its sign; "" where one of them is unknown."""
        present = self.present.value if self.present is not None else None
        return format_difference(self.signed.measure, Part.VALUE, self.signed.value, present)

    def compare_rows(self, count: int) -> int:
        """Return how many rows a list has more than the published figure counted; 0 where it counted none."""
        return count - self.signed.rows if self.signed.rows is not None else 0


def find_published_figure(name: str, data_set: OpenSet, query: dict[str, str]) -> PublishedFigure | None:
    """Return the figure that an address names, None unless the rows of the address are those of the figure.

    Args:
        name: the number of the publication and that of the figure in it, such as "12-3".
        query: what narrows the data set.
    """
    publication_id, _dash, number = name.partition("-")
    if not (publication_id.isdecimal() and number.isdecimal() and len(name) <= LONGEST_NAME):
        return None
    try:
        publication = get_published(int(publication_id))
    except NotFoundError:
        return None
    if not publication.is_public:
        return None
    for line in list_figure_lines(read_body(publication)).values():
        is_same_set = line.rows_set is not None and line.rows_set.row.key == data_set.row.key
        if line.number == int(number) and is_same_set and line.rows_query == query:
            return PublishedFigure(publication, line, _compute_present(line.figure))
    return None


def _compute_present(figure: Figure) -> Figure | None:
    try:
        measure = read_measures([figure.measure.key])[figure.measure.key]
    except UserError:
        return None
    return compute_figure(measure, figure.period, figure.place)


def list_figure_lines(document: Document) -> dict[Key, FigureLine]:
    """Return each figure of a document once, in the order of the text, by its key."""
    data_sets = list_open_sets()
    lines: dict[Key, FigureLine] = {}
    for figure in _list_figures(document):
        key = make_key(figure)
        if key in lines:
            continue
        day = figure.as_of.astimezone(clock.TOWN_TZ).date()
        data_set, query = find_rows_query(data_sets, figure.link, day) or (None, {})
        lines[key] = FigureLine(figure, len(lines) + 1, data_set, query)
    return lines


def _list_figures(document: Document) -> Iterable[Figure]:
    return (run.figure for run in document.runs if run.figure is not None)


def make_key(figure: Figure) -> Key:
    """Return what identifies a figure in a document: measure, period and place."""
    return figure.measure.key, figure.period.text, figure.place.key
