"""Who handled a case, and so may not check it: a person under any of their posts, a unit with all units below it."""

from django.db.models import Exists, OuterRef, Q

from jiedao.cases.models import Assignment, CaseMove
from jiedao.cases.moves.table import FLOW
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import build_person_filter
from jiedao.orgs.former_units import add_former_units
from jiedao.orgs.models import UnitKind
from jiedao.orgs.units import unit_info


def list_units_of_person(actor: Actor) -> list[int]:
    """Return the units that the person belongs to by any post, and the units above those.

    A contractor belongs to the department it works for. The office itself is above every unit, and is left out. What a
    unit did before it was renamed, merged or split counts for the units that took its place.
    """
    unit_ids: set[int] = set()
    for pk in {*actor.member_of, actor.unit_id}:
        unit = unit_info(pk)
        unit_ids |= {unit.id} if unit is not None else set()
        while unit is not None and (unit := unit_info(unit.parent_id)) is not None:
            if unit.kind != UnitKind.OFFICE:
                unit_ids.add(unit.id)
    return sorted(add_former_units(unit_ids))


def build_handled_filter(actor: Actor) -> Q:
    """Return the filter for cases that the actor, or a unit of theirs, handled or helped with, in any round.

    What a person did counts for the unit they did it for: a head who acts for a contractor is not independent of the
    result. A deputy and the person whom they represent count as one.
    """
    units = list_units_of_person(actor)
    parts = Assignment.objects.filter(case_id=OuterRef("pk"), outcome="DONE", unit_id__in=units)
    moves = CaseMove.objects.filter(
        Q(unit_id__in=units) | build_person_filter(actor.own_ids, actor.ties, "user_id", "at"),
        case_id=OuterRef("pk"),
        move__in=FLOW.list_handling_codes(),
    )
    is_handler = build_person_filter(actor.own_ids, actor.ties, "handler_id", "handled_at")
    return is_handler | Q(Exists(parts)) | Q(Exists(moves))
