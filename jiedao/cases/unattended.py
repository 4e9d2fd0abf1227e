"""The open work on cases, by the right that does it: what would wait for nobody once a post or a holder ends."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.cases.flow import WITH_UNIT, State
from jiedao.cases.models import Assignment, Case, ExtensionRequest, Role
from jiedao.kernel import clock
from jiedao.orgs.unattended import Gap, WorkKind


def _in_state(state: State, label: Any, right: str) -> WorkKind:
    """Return the cases in a state, on which users who cover their area make the next step."""
    return WorkKind(
        code=f"cases.{state.value}",
        label=label,
        right=f"cases.case:{right}",
        count=lambda gap: Case.objects.filter(gap.build_area_filter(), state=state).count(),
    )


def _with_unit(state: State, label: Any, right: str) -> WorkKind:
    """Return the cases in a state that the lead unit itself has to work on."""
    return WorkKind(
        code=f"cases.{state.value}",
        label=label,
        right=f"cases.case:{right}",
        count=lambda gap: Case.objects.filter(lead_unit=gap.unit_id, state=state).count(),
        by_unit=True,
    )


def _count_help(gap: Gap) -> int:
    rows = Assignment.objects.filter(unit=gap.unit_id, role=Role.HELPER, ended_at__isnull=True)
    return rows.filter(case__state__in=sorted(WITH_UNIT)).count()


def _count_requests(gap: Gap) -> int:
    cases = Case.objects.filter(gap.build_area_filter(), state__in=sorted(WITH_UNIT))
    return ExtensionRequest.objects.filter(decided_at__isnull=True, case__in=cases).count()


def _count_reviews(gap: Gap) -> int:
    due = Q(state=State.SUSPENDED, review_date__lte=clock.today())
    return Case.objects.filter(gap.build_area_filter() & due).count()


KINDS = (
    _in_state(State.REPORTED, _("待受理的案件"), "accept"),
    _in_state(State.TO_VERIFY, _("待核实的案件"), "verify"),
    _in_state(State.FILED, _("待派遣的案件"), "dispatch"),
    _with_unit(State.DISPATCHED, _("待接单的案件"), "take"),
    _with_unit(State.HANDLING, _("处置中的案件"), "handle"),
    WorkKind("cases.help", _("待协办的案件"), "cases.case:handle", _count_help, by_unit=True),
    _in_state(State.HANDLED, _("待核查的案件"), "check"),
    _in_state(State.CHECKED, _("待结案的案件"), "close"),
    _in_state(State.CLOSED, _("待回访的案件"), "visit"),
    _in_state(State.TO_CONFIRM, _("不满意待确认的案件"), "confirm_visit"),
    WorkKind("cases.extension", _("待答复的延期申请"), "cases.case:decide_extension", _count_requests),
    WorkKind("cases.review", _("挂账到期待复核的案件"), "cases.case:resume", _count_reviews),
)
