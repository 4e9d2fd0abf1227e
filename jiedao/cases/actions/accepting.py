"""Accepting a case and dispatching it by the duty list in one step: the one key of the dispatcher's desk."""

from typing import Any

from django.db import transaction

from jiedao.cases import catalogue
from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.cases.moves.dispatching import has_staff
from jiedao.cases.moves.perform import perform
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info


def accept_and_dispatch(
    actor: Actor, case_id: int, *, version: int | None = None, data: dict[str, Any] | None = None
) -> Case:
    """Accept the case and, where it is filed at once and the duty list names a unit, dispatch it to that unit too.

    Both moves are made or none. A category that is verified first, a case without a duty line or with a unit in which
    nobody works today, or an actor without the right to dispatch ends with the acceptance. Raise what `perform` raises.
    """
    with transaction.atomic():
        case = perform(actor, case_id, "ACCEPT", version=version, data=data)
        if case.state != State.FILED or not actor.can("cases.case:dispatch"):
            return case
        duty = catalogue.find_duty(case.category_id, case.area_path)
        unit = unit_info(duty.lead_unit_id) if duty else None
        if duty is None or unit is None or not unit.active or not has_staff(unit.id):
            return case
        helpers = [pk for pk in duty.helper_ids if (helper := unit_info(pk)) is not None and helper.active]
        data = {"unit": unit.id, "helpers": helpers}
        return perform(actor, case_id, "DISPATCH", version=case.version, data=data)
