"""What a report has on paper besides its text: the mark of a draft, or the sender and the day of the signature."""

from dataclasses import replace

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from jiedao.reports.building import LANGUAGE
from jiedao.reports.document import Closing, Document
from jiedao.reports.forms.filling import find_office_name
from jiedao.reports.functions import write_day
from jiedao.reports.models import Report
from jiedao.reports.selectors import find_signature


def finish_document(report: Report, document: Document) -> Document:
    """Return the document of a report as it is printed.

    A draft has 草稿 at the top of each page. A signed report ends with the office and the day of the signature; the
    digest and the person who signed are shown on the page of the report, not on paper. A report that was written
    elsewhere has its own ending.
    """
    if report.imported_from:
        return document
    signature = find_signature(report)
    with override(LANGUAGE):
        if signature is None:
            return replace(document, header=_("草稿"))
        day = write_day(timezone.localtime(signature.signed_at).date())
        return replace(document, blocks=(*document.blocks, Closing((find_office_name(), day))))
