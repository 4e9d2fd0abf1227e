"""Requests of another system about a case that it filed: reminding, supervising, asking to void it."""

import uuid
from collections.abc import Mapping
from typing import Any, Literal

from django.db import transaction

from jiedao.cases.access import get_case, get_case_by_number
from jiedao.cases.models import Case, CaseMove
from jiedao.cases.moves.perform import perform
from jiedao.kernel.client_keys import make_taken_error, refuse_nil_uuid
from jiedao.orgs.actor import Actor

FollowUp = Literal["REMIND", "SUPERVISE", "ASK_WITHDRAWAL"]


@transaction.atomic
def follow_up(
    actor: Actor, number: str, code: FollowUp, *, client_uuid: uuid.UUID, data: Mapping[str, Any]
) -> tuple[Case, bool]:
    """Make a move that asks something of the office; return the case, and whether the move is new.

    A repetition with the same `client_uuid` changes nothing. Raise Stale where the key was used for another move, and
    what `perform` raises.
    """
    refuse_nil_uuid(client_uuid)
    case = get_case(actor, get_case_by_number(actor, number).pk, for_change=True)
    earlier = CaseMove.objects.filter(case=case, data__client_uuid=str(client_uuid)).first()
    if earlier is not None:
        if earlier.move != code or earlier.user_id != actor.user_id:
            raise make_taken_error()
        return case, False
    case = perform(actor, case.pk, code, data=data)
    entry = CaseMove.objects.filter(case=case, move=code).order_by("-id")[0]
    entry.data = {**entry.data, "client_uuid": str(client_uuid)}
    entry.save(update_fields=["data"])
    return case, True
