"""Check that the services of Open311 are categories of the pack."""

from django.utils.translation import gettext as _

from jiedao.api.pack.tables import OPEN311
from jiedao.cases.pack.tables import CATEGORIES
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack


def check_open311(pack: Pack, report: Report) -> None:
    """Check that each of `services` is a category, written KIND:CODE."""
    if not report.has_read(CATEGORIES):
        return
    known = [f"{row.get('kind')}:{row.get('code')}" for row in pack.rows(CATEGORIES)]
    for row in pack.rows(OPEN311, "open311"):
        for code in row.get("services", None) or []:
            if code not in known:
                message = _("services：没有类别 %(code)s") % {"code": code}
                report.dangling(row, "services", code, known, message)
