"""What a report has on paper besides its text: the mark of a draft, or the sender and the day of the signature."""

from dataclasses import replace

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from jiedao.reports.building import LANGUAGE
from jiedao.reports.document import Closing, Document, Imprint
from jiedao.reports.forms.filling import find_office_name
from jiedao.reports.functions import write_day
from jiedao.reports.models import Report, Signature
from jiedao.reports.selectors import find_drafter, find_signature


def finish_document(report: Report, document: Document) -> Document:
    """Return the document of a report as it is printed.

    A draft has 草稿 at the top of each page. A signed report ends with the office and the day of the signature; its
    imprint names who drafted and signed it, and the digest. A report that was written elsewhere has its own ending.
    """
    if report.imported_from:
        return document
    signature = find_signature(report)
    with override(LANGUAGE):
        if signature is None:
            return replace(document, header=make_draft_mark())
        day = write_day(timezone.localtime(signature.signed_at).date())
        closing = Closing((find_office_name(), day))
        return replace(document, blocks=(*document.blocks, closing, make_imprint(signature)))


def make_draft_mark() -> str:
    """Return the mark of a draft, in the language in which reports are written."""
    with override(LANGUAGE):
        return _("草稿")


def make_imprint(signature: Signature) -> Imprint:
    """Return who drafted and signed, when, and the digest, in the language in which reports are written."""
    with override(LANGUAGE):
        drafter = find_drafter(signature.report, signature.version)
        signed_at = timezone.localtime(signature.signed_at)
        people = _("签发：%(signer)s") % {"signer": signature.signed_by.full_name}
        if drafter is not None:
            people = _("起草：%(drafter)s") % {"drafter": drafter.full_name} + "\u3000\u3000" + people
        time = f"{write_day(signed_at.date())} {signed_at:%H:%M}"
        digest = _("校验值 %(digest)s") % {"digest": signature.digest}
        return Imprint((f"{people}\u3000\u3000{time}",), digest)
