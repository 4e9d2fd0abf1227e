"""Accepting a case and dispatching it by the duty list in one go: the dispatcher's one key."""

from typing import Any

from django.db import transaction

from jiedao.cases import catalogue
from jiedao.cases.actions.engine import perform
from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info


def accept_and_dispatch(
    actor: Actor, case_id: int, *, version: int | None = None, data: dict[str, Any] | None = None
) -> Case:
    """Accept the case and, where it is filed at once and the duty list names a unit, dispatch it there too.

    Both moves or none. A category that is verified first, a case without a duty line, or an actor without the right
    to dispatch ends with the acceptance. Raises what `engine.perform` raises.
    """
    with transaction.atomic():
        case = perform(actor, case_id, "ACCEPT", version=version, data=data)
        duty = catalogue.duty_for(case.category_id, case.area_path)
        unit = unit_info(duty.lead_unit_id) if duty else None
        ready = case.state == State.FILED and actor.can("cases.case:dispatch")
        if not ready or duty is None or unit is None or not unit.active:
            return case
        active = [pk for pk in duty.helper_ids if (one := unit_info(pk)) is not None and one.active]
        given = {"unit": unit.id, "helpers": active}
        return perform(actor, case_id, "DISPATCH", version=case.version, data=given)
