"""What the worker does for registers: rounds planned, missed inspections told of."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_many
from jiedao.kernel import clock
from jiedao.kernel.jobs import periodic
from jiedao.notices.actions import notify
from jiedao.orgs.actor import system
from jiedao.orgs.models import Scope
from jiedao.orgs.people import holders_in_units, holders_of, posts_in_units, posts_of, superiors
from jiedao.registers import notices
from jiedao.registers.actions.grading import regrade_due
from jiedao.registers.actions.planning import plan_next, plan_rounds
from jiedao.registers.actions.rechecks import hold_findings, plan_again
from jiedao.registers.catalogue import register_by_id, registers
from jiedao.registers.models_inspections import Visit, VisitState

RIGHT = "registers.visit:make"


# Not atomic, here and below: a transaction over a whole register would keep every other writer of SQLite waiting.
@periodic("registers.plan_rounds", every=timedelta(hours=6), atomic=False)
def plan_all_rounds() -> int:
    """Plan the next round of every record that has none; return how many inspections were planned."""
    day = clock.today()
    return sum(plan_rounds(info, day) for info in registers() if info.definition.checklists)


@dataclass(frozen=True)
class _Round:
    """Whose inspections they are: one notice each."""

    register_id: int
    area_path: str
    unit_id: int | None


@periodic("registers.miss_visits", every=timedelta(hours=1), atomic=False)
def miss_visits() -> int:
    """Make what was not inspected by its last day missed, tell of it once and plan what follows; return how many.

    The people over the grid or in the unit hear of it, and those above them: one notice for each grid and register.
    After a missed round comes the next; after a missed recheck another, unless the item was looked at meanwhile.
    """
    today = clock.today()
    late = Visit.objects.filter(state=VisitState.DUE, due_date__lt=today)
    rounds = late.order_by("register_id", "area_path", "unit_id").distinct()
    told = lru_cache(maxsize=None)(_told)
    return sum(
        _miss(_Round(*row), today, told(row[1], row[2]))
        for row in list(rounds.values_list("register_id", "area_path", "unit_id"))
    )


@transaction.atomic
def _miss(of: _Round, today: date, told: tuple[int, ...]) -> int:
    """Mark the late inspections of one grid or unit as missed, each once."""
    late = Q(
        register_id=of.register_id, area_path=of.area_path, unit_id=of.unit_id,
        state=VisitState.DUE, due_date__lt=today,
    )  # fmt: skip
    findings = hold_findings(late)
    visits = list(Visit.objects.select_for_update(no_key=True).filter(late).order_by("pk"))
    info = register_by_id(of.register_id)
    if not visits or info is None:
        return 0
    Visit.objects.filter(pk__in=[visit.pk for visit in visits]).update(
        state=VisitState.MISSED, version=F("version") + 1
    )
    for visit in visits:
        visit.state = VisitState.MISSED.value
    worker = system(_("系统"))
    plan_next(info, visits, today)
    missed = {visit.finding_id for visit in visits}
    plan_again(worker, info, [finding for finding in findings if finding.pk in missed], today)
    record_many(
        [
            {
                "actor": worker, "action": "registers.visit:miss", "obj_type": "registers.visit", "obj_id": visit.pk,
                "after": {"record_id": visit.record_id, "due_date": visit.due_date.isoformat()},
            }
            for visit in visits
        ]
    )  # fmt: skip
    notify(
        user_ids=told,
        kind=notices.MISSED,
        object_id=of.register_id,
        object_name=info.label,
        key=f"missed:{of.register_id}:{of.area_path}:{of.unit_id or ''}:{today.isoformat()}",
        data={"count": len(visits), "area_path": of.area_path, "record": visits[0].record.name},
    )
    return len(visits)


def _told(area_path: str, unit_id: int | None) -> tuple[int, ...]:
    """Return the people whose inspections they are and those above them."""
    units = [unit_id] if unit_id is not None else []
    people, posts = holders_in_units(units, RIGHT), posts_in_units(units, RIGHT)
    if area_path:
        people += holders_of(RIGHT, area_path, Scope.AREA)
        posts += posts_of(RIGHT, area_path, Scope.AREA)
    return tuple(sorted({*people, *superiors(posts, 1)}))


# Not atomic: each register is a transaction of its own, so that no writer waits for all of them.
@periodic("registers.regrade", every=timedelta(hours=6), atomic=False)
def regrade_all() -> int:
    """End hand-set grades whose last day is over and grade by rules that count days; return how many changed."""
    return sum(regrade_due(system(), info) for info in registers() if info.definition.grades)
