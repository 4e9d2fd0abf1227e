"""Planned inspections, as work that would wait for nobody once a post or a holder ends."""

from django.utils.translation import gettext_lazy as _

from jiedao.orgs.unattended import Gap, WorkKind
from jiedao.registers.models import Inspection, InspectionState


def _count_inspections(gap: Gap) -> int:
    return Inspection.objects.filter(gap.build_area_filter(), state=InspectionState.DUE).count()


KINDS = (
    WorkKind(
        "registers.inspections",
        _("待做的检查"),
        "registers.visit:make",
        _count_inspections,
    ),
)
