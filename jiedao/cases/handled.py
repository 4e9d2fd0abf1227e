"""Who handled a case, and so does not check it: a person under any of their posts, a unit with all below it."""

from django.db.models import Exists, OuterRef, Q

from jiedao.cases.models import Assignment, CaseMove
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import UnitKind
from jiedao.orgs.units import unit_info

HANDLING = ("HANDLE", "HELPED", "SELF_HANDLE")


def units_of(actor: Actor) -> list[int]:
    """Return the units that the person belongs to by any post, and the units above those.

    A contractor belongs to the department it works for. The office itself is above everybody and left out.
    """
    found: set[int] = set()
    for pk in {*actor.member_of, actor.unit_id}:
        unit = unit_info(pk)
        found |= {unit.id} if unit is not None else set()
        while unit is not None and (unit := unit_info(unit.parent_id)) is not None:
            if unit.kind != UnitKind.OFFICE:
                found.add(unit.id)
    return sorted(found)


def handled_by(actor: Actor) -> Q:
    """Return the condition of the cases that the actor handled or helped with, in any round, or a unit of theirs.

    What a person did counts for the unit they did it as: a head who acts for a contractor is no stranger to the result.
    """
    units = units_of(actor)
    done = Assignment.objects.filter(case_id=OuterRef("pk"), outcome="DONE", unit_id__in=units)
    moved = CaseMove.objects.filter(
        Q(unit_id__in=units) | Q(user_id__isnull=False, user_id=actor.user_id),
        case_id=OuterRef("pk"),
        move__in=HANDLING,
    )
    return Q(handler_id__isnull=False, handler_id=actor.user_id) | Q(Exists(done)) | Q(Exists(moved))
