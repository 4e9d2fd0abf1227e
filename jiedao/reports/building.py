"""Build a report: from its text, a period and a place to a document."""

from django.utils.translation import override

from jiedao.indicators.figure import TOWN, Place
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period
from jiedao.reports.document import Document
from jiedao.reports.functions import ReportFunctions
from jiedao.reports.templating import build_blocks

LANGUAGE = "zh-hans"  # reports are in Chinese, also on a page in English


def build_document(text: str, period: Period, place: Place = TOWN) -> Document:
    """Return the document of a report's text; raise UserError for a text that cannot be built."""
    try:
        with override(LANGUAGE):
            return _build(text, period, place)
    except UserError:
        # Again in the reader's language, so that the message is in it.
        return _build(text, period, place)


def _build(text: str, period: Period, place: Place) -> Document:
    functions = ReportFunctions(period, place)
    blocks = build_blocks(text, functions.list_functions(), functions.marks)
    return Document(tuple(blocks), tuple(functions.figures), tuple(functions.notes))
