"""The figures of a publication: each number links to its definition, and to its rows where these are open data."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from jiedao.indicators.figure import Figure
from jiedao.publishing.open_data.definition import list_open_sets
from jiedao.publishing.open_data.narrowing import find_rows_query
from jiedao.reports.document import Document

Key = tuple[str, str, str]


@dataclass(frozen=True)
class FigureLine:
    """A figure of a publication.

    Attributes:
        anchor: the id of its line on the page.
        rows_url: the list of the rows behind it, "" where these are not open.
        rows_label: the name of the data set.
    """

    figure: Figure
    anchor: str
    rows_url: str
    rows_label: str


def list_figure_lines(document: Document) -> dict[Key, FigureLine]:
    """Return each figure of a document once, in the order of the text, by its key."""
    data_sets = list_open_sets()
    lines: dict[Key, FigureLine] = {}
    for figure in _list_figures(document):
        key = make_key(figure)
        if key in lines:
            continue
        match = find_rows_query(data_sets, figure.link)
        url = label = ""
        if match is not None:
            data_set, query = match
            url = reverse("portal:data_set", args=[data_set.row.key]) + (f"?{query}" if query else "")
            label = data_set.row.label
        lines[key] = FigureLine(figure, f"figure-{len(lines) + 1}", url, label)
    return lines


def _list_figures(document: Document) -> Iterable[Figure]:
    return (run.figure for run in document.runs if run.figure is not None)


def make_key(figure: Figure) -> Key:
    """Return what identifies a figure in a document: measure, period and place."""
    return figure.measure.key, figure.period.text, figure.place.key
