"""Periodic jobs for registers: plan rounds, mark missed inspections, update grades that depend on the day."""

import logging
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entries
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.jobs import periodic
from jiedao.notices.actions import notify
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Scope
from jiedao.orgs.people import (
    find_holders,
    find_holders_in_units,
    find_posts_in_units,
    find_posts_with_right,
    find_superiors,
)
from jiedao.registers import notices
from jiedao.registers.actions.grading import regrade_due
from jiedao.registers.actions.planning import plan_next, plan_rounds
from jiedao.registers.actions.rechecks import lock_findings, plan_further_rechecks
from jiedao.registers.catalogue import active_registers, register_by_id
from jiedao.registers.models import Inspection, InspectionState

RIGHT = "registers.visit:make"
logger = logging.getLogger(__name__)


# Not atomic, here and below: one transaction for a complete register would block every other writer on SQLite.
@periodic("registers.plan_rounds", every=timedelta(hours=6), atomic=False)
def plan_all_rounds() -> int:
    """Plan the next round of every record that has none; return how many inspections were planned."""
    day = clock.today()
    return sum(plan_rounds(info, day) for info in active_registers() if info.definition.checklists)


@dataclass(frozen=True)
class _Group:
    """The area or unit whose inspections are due, in one register. Each group gets one notice."""

    register_id: int
    area_path: str
    unit_id: int | None


@periodic("registers.miss_visits", every=timedelta(hours=1), atomic=False)
def mark_missed_inspections() -> int:
    """Mark inspections whose last day has passed as missed, notify people once, and plan what follows.

    The people responsible for the grid or in the unit are notified, and their superiors: one notice for each group.
    After a missed round the next round is planned. After a missed recheck another one is planned, unless the item was
    inspected in the meantime.

    Returns:
        The number of missed inspections.
    """
    today = clock.today()
    late_inspections = Inspection.objects.filter(state=InspectionState.DUE, due_date__lt=today)
    groups = late_inspections.order_by("register_id", "area_path", "unit_id").distinct()
    find_people = lru_cache(maxsize=None)(_find_people)
    return sum(
        _miss_group(_Group(*row), today, find_people(row[1], row[2]))
        for row in list(groups.values_list("register_id", "area_path", "unit_id"))
    )


@transaction.atomic
def _miss_group(group: _Group, today: date, user_ids: tuple[int, ...]) -> int:
    """Mark the late inspections of one group as missed and return how many."""
    is_late = Q(
        register_id=group.register_id,
        area_path=group.area_path,
        unit_id=group.unit_id,
        state=InspectionState.DUE,
        due_date__lt=today,
    )
    findings = lock_findings(is_late)
    inspections = list(Inspection.objects.select_for_update(no_key=True).filter(is_late).order_by("pk"))
    info = register_by_id(group.register_id)
    if not inspections or info is None:
        return 0
    Inspection.objects.filter(pk__in=[inspection.pk for inspection in inspections]).update(
        state=InspectionState.MISSED, version=F("version") + 1
    )
    for inspection in inspections:
        inspection.state = InspectionState.MISSED.value
    worker = make_system_actor(_("系统"))
    plan_next(info, inspections, today)
    missed_finding_ids = {inspection.finding_id for inspection in inspections}
    plan_further_rechecks(
        worker, info, [finding for finding in findings if finding.pk in missed_finding_ids], today
    )
    record_entries(
        [
            {
                "actor": worker,
                "action": "registers.visit:miss",
                "obj_type": "registers.visit",
                "obj_id": inspection.pk,
                "after": {"record_id": inspection.record_id, "due_date": inspection.due_date.isoformat()},
            }
            for inspection in inspections
        ]
    )
    notify(
        user_ids=user_ids,
        kind=notices.MISSED,
        object_id=group.register_id,
        object_name=info.label,
        key=f"missed:{group.register_id}:{group.area_path}:{group.unit_id or ''}:{today.isoformat()}",
        data={"count": len(inspections), "area_path": group.area_path, "record": inspections[0].record.name},
    )
    return len(inspections)


def _find_people(area_path: str, unit_id: int | None) -> tuple[int, ...]:
    """Return the ids of the users who inspect for the area or unit, and of their superiors."""
    units = [unit_id] if unit_id is not None else []
    people, posts = find_holders_in_units(units, RIGHT), find_posts_in_units(units, RIGHT)
    if area_path:
        people += find_holders(RIGHT, area_path, Scope.AREA)
        posts += find_posts_with_right(RIGHT, area_path, Scope.AREA)
    return tuple(sorted({*people, *find_superiors(posts, 1)}))


# Not atomic: each register has a transaction of its own, so that no writer waits for all of them.
@periodic("registers.regrade", every=timedelta(hours=6), atomic=False)
def regrade_all() -> int:
    """End overrides whose last day is over, and apply rules that count days; return how many records changed.

    A register with a rule that cannot be used is logged and left as it is.
    """
    changed = 0
    for info in active_registers():
        try:
            changed += regrade_due(make_system_actor(), info) if info.definition.grades else 0
        except Stale:
            raise
        except UserError as fault:
            logger.error("register %s is not graded: %s", info.key, fault)
    return changed
