"""The open cases of units in which nobody would be left to handle them."""

from dataclasses import dataclass

from jiedao.cases.flow import WITH_UNIT
from jiedao.cases.models import Assignment, Case
from jiedao.cases.moves.assignments import HANDLE_RIGHT
from jiedao.cases.selectors.lists import COLUMNS, CaseRow
from jiedao.kernel import clock
from jiedao.orgs.models import Holding
from jiedao.orgs.units import UnitInfo, unit_info


@dataclass(frozen=True)
class LeftBehind:
    """A unit without anybody who may handle its cases: the cases that it leads and those that it helps with."""

    unit: UnitInfo
    holdings: list[Holding]
    led: list[CaseRow]
    helped: list[CaseRow]


def find_left_behind(user_id: int, holding_id: int | None = None) -> list[LeftBehind]:
    """Return the units with open cases in which the user is the last who may handle them.

    Args:
        holding_id: look at one of the user's posts; None looks at all of them, as before an account is deactivated.
    """
    in_force = Holding.objects.on(clock.today()).own().select_related("post").prefetch_related("areas")
    handling = [row for row in in_force.order_by("id") if HANDLE_RIGHT in row.post.permissions]
    leaving = [row for row in handling if row.user_id == user_id and holding_id in {None, row.pk}]
    staying = {row.post.unit_id for row in handling if row not in leaving}
    units = []
    for unit_id in sorted({row.post.unit_id for row in leaving} - staying):
        unit = unit_info(unit_id)
        led, helped = _read_open_cases(unit_id)
        if unit is not None and (led or helped):
            holdings = [row for row in leaving if row.post.unit_id == unit_id]
            units.append(LeftBehind(unit, holdings, led, helped))
    return units


def _read_open_cases(unit_id: int) -> tuple[list[CaseRow], list[CaseRow]]:
    """Return the cases that the unit leads, and those that it helps with, by urgency."""
    open_cases = Case.objects.filter(state__in=sorted(WITH_UNIT)).order_by("due_at", "id")
    helping = Assignment.objects.filter(unit_id=unit_id, role="HELPER", ended_at__isnull=True)
    led = open_cases.filter(lead_unit_id=unit_id).values_list(*COLUMNS)
    helped = open_cases.filter(pk__in=helping.values("case_id")).values_list(*COLUMNS)
    return [CaseRow(*row) for row in led], [CaseRow(*row) for row in helped]


def list_own_cases(user_id: int, holding_id: int | None = None) -> list[CaseRow]:
    """Return the open cases that the user handles, by urgency: in the unit of one of their posts, or in all."""
    cases = Case.objects.filter(handler_id=user_id, state__in=sorted(WITH_UNIT)).order_by("due_at", "id")
    if holding_id is not None:
        cases = cases.filter(lead_unit__posts__holdings=holding_id)
    return [CaseRow(*row) for row in cases.values_list(*COLUMNS)]
