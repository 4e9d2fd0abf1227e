"""Build a report: from its text, a period and a place to a document."""

from jiedao.indicators.figure import TOWN, Place
from jiedao.kernel.periods import Period
from jiedao.reports.document import Document
from jiedao.reports.functions import ReportFunctions
from jiedao.reports.templating import build_blocks


def build_document(text: str, period: Period, place: Place = TOWN) -> Document:
    """Return the document of a report's text; raise UserError for a text that cannot be built."""
    functions = ReportFunctions(period, place)
    blocks = build_blocks(text, functions.list_functions(), functions.marks)
    return Document(tuple(blocks), tuple(functions.figures), tuple(functions.notes))
