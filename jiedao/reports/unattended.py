"""Forms to fill in and reports to sign, as work that would wait for nobody once a post or a holder ends."""

from django.utils.translation import gettext_lazy as _

from jiedao.orgs.unattended import Gap, WorkKind
from jiedao.reports.forms.models import FILL, Form
from jiedao.reports.models import SIGN, Report, Signature


def _count_forms(gap: Gap) -> int:
    return Form.objects.filter(unit__in=[gap.unit_id], active=True).count()


def _count_reports(gap: Gap) -> int:
    if not gap.everywhere:
        return 0
    signed = Signature.objects.filter(withdrawn_at__isnull=True).values("report_id")
    return Report.objects.filter(imported_from="").exclude(pk__in=signed).count()


KINDS = (
    WorkKind("reports.forms", _("承办的报表"), FILL, _count_forms, by_unit=True),
    WorkKind("reports.sign", _("待签发的报告"), SIGN, _count_reports),
)
