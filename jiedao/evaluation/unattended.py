"""Appeals, as work that would wait for nobody once a post or a holder ends."""

from django.utils.translation import gettext_lazy as _

from jiedao.evaluation.models import DECIDE, Appeal, AppealState
from jiedao.orgs.unattended import Gap, WorkKind


def _count_appeals(gap: Gap) -> int:
    return Appeal.objects.filter(state=AppealState.WAITING).count() if gap.everywhere else 0


KINDS = (WorkKind("evaluation.appeals", _("待裁定的申诉"), DECIDE, _count_appeals),)
