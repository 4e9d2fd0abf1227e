"""Build the Word file of a report in an office's own template."""

from django.utils.translation import override

from jiedao.indicators.figure import TOWN, Place
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period
from jiedao.reports.building import LANGUAGE
from jiedao.reports.document import Document
from jiedao.reports.finishing import make_draft_mark, make_imprint
from jiedao.reports.functions import ReportFunctions, write_day
from jiedao.reports.models import Report, Signature
from jiedao.reports.selectors import find_drafter, find_signature, read_report
from jiedao.reports.signed import SignedFunctions
from jiedao.reports.word_templates.filling import Paper, fill_template


def build_word(content: bytes, report: Report) -> bytes:
    """Return the .docx file of a report in a template: with the signed figures, or those of now for a draft.

    Raise UserError where the template cannot be filled; the message names the paragraph.
    """
    signature, document = find_signature(report), read_report(report)
    if signature is None:
        mark = "" if report.imported_from else make_draft_mark()
        return build_draft(content, document, report.period, report.place, mark=mark)
    functions = SignedFunctions(report.period, report.place, document)
    return _fill(content, functions, document, _describe_signature(signature))


def build_draft(
    content: bytes, document: Document, period: Period, place: Place = TOWN, *, mark: str = ""
) -> bytes:
    """Return the .docx file of a document in a template, with figures as they are now.

    Args:
        mark: a line at the top of every page.
    """
    with override(LANGUAGE):
        paper = Paper(write_day(clock.today()), header=mark)
    return _fill(content, ReportFunctions(period, place), document, paper)


def _describe_signature(signature: Signature) -> Paper:
    with override(LANGUAGE):
        day = write_day(signature.signed_at.astimezone(clock.TOWN_TZ).date())
    drafter = find_drafter(signature.report, signature.version)
    imprint = make_imprint(signature)
    return Paper(
        date=day,
        drafter=drafter.full_name if drafter is not None else "",
        signer=signature.signed_by.full_name,
        digest=signature.digest,
        footer="\u3000\u3000".join((*imprint.lines, imprint.digest)),
    )


def _fill(content: bytes, functions: ReportFunctions, document: Document, paper: Paper) -> bytes:
    marks = functions.marks
    try:
        with override(LANGUAGE):
            return fill_template(content, functions, document, paper)
    except UserError:
        # Again in the reader's language, so that the message is in it.
        marks.items.clear()
        return fill_template(content, functions, document, paper)
