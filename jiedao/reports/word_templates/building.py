"""Build the Word file of a report in an office's own template."""

from datetime import date

from django.utils.translation import override

from jiedao.indicators.figure import TOWN, Place
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period
from jiedao.reports.building import LANGUAGE
from jiedao.reports.document import Document
from jiedao.reports.functions import ReportFunctions, write_day
from jiedao.reports.models import Report
from jiedao.reports.selectors import find_signature, read_report
from jiedao.reports.signed import SignedFunctions
from jiedao.reports.word_templates.filling import fill_template


def build_word(content: bytes, report: Report) -> bytes:
    """Return the .docx file of a report in a template: with the signed figures, or those of now for a draft.

    Raise UserError where the template cannot be filled; the message names the paragraph.
    """
    signature, document = find_signature(report), read_report(report)
    if signature is None:
        return build_draft(content, document, report.period, report.place)
    signed_day = signature.signed_at.astimezone(clock.TOWN_TZ).date()
    functions = SignedFunctions(report.period, report.place, document)
    return _fill(content, functions, document, signed_day)


def build_draft(content: bytes, document: Document, period: Period, place: Place = TOWN) -> bytes:
    """Return the .docx file of a document in a template, with figures as they are now."""
    return _fill(content, ReportFunctions(period, place), document, clock.today())


def _fill(content: bytes, functions: ReportFunctions, document: Document, day: date) -> bytes:
    marks = functions.marks
    try:
        with override(LANGUAGE):
            return fill_template(content, functions, document, write_day(day))
    except UserError:
        # Again in the reader's language, so that the message is in it.
        marks.items.clear()
        return fill_template(content, functions, document, write_day(day))
