"""Which moves an actor may make on a case now."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from jiedao.cases.answering import find_responsible
from jiedao.cases.handled import build_handled_filter
from jiedao.cases.models import Assignment, Case, Role
from jiedao.cases.moves.assignments import find_open_help
from jiedao.cases.moves.proposals import build_proposal_filter
from jiedao.cases.moves.step import Move, Party
from jiedao.cases.moves.table import FLOW
from jiedao.orgs.actor import Actor


@dataclass(frozen=True)
class Involvement:
    """What a caller has read of a case already; a value of None is read when a move needs it.

    Attributes:
        helping: the units that help and have not finished.
        has_handled: whether the actor or a unit of theirs handled it.
        has_proposed: whether the actor made the proposal that it waits with.
    """

    helping: Collection[int] | None = None
    has_handled: bool | None = None
    has_proposed: bool | None = None


UNREAD = Involvement()


def read_involvements(actor: Actor, case_ids: Iterable[int]) -> dict[int, Involvement]:
    """Return what the moves need of many cases, with three statements for all of them."""
    ids = list(case_ids)
    helping: dict[int, set[int]] = {pk: set() for pk in ids}
    parts = Assignment.objects.filter(case_id__in=ids, role=Role.HELPER, ended_at__isnull=True)
    for pk, unit_id in parts.values_list("case_id", "unit_id"):
        helping[pk].add(unit_id)
    cases = Case.objects.filter(pk__in=ids)
    handled = set(cases.filter(build_handled_filter(actor)).values_list("pk", flat=True))
    proposed = set(cases.filter(build_proposal_filter(actor)).values_list("pk", flat=True))
    return {pk: Involvement(helping[pk], pk in handled, pk in proposed) for pk in ids}


def explain_not_party(actor: Actor, case: Case, move: Move, read: Involvement = UNREAD) -> str:
    """Return why the actor is not the party that makes this move; "" when they are."""
    if actor.is_system or move.party is Party.ANYONE:
        return ""
    if move.party is Party.TURN:
        responsible, _posts = find_responsible(case, case.previous_state or case.state)
        return "" if actor.user_id in responsible else _("由现在办理的单位或岗位答复。")
    if move.party in {Party.OTHER, Party.CONFIRMER}:
        return _explain_not_independent(actor, case, move, read)
    return _explain_not_in_unit(actor, case, move, read.helping)


def _explain_not_in_unit(actor: Actor, case: Case, move: Move, helping: Collection[int] | None) -> str:
    """Return why the actor is no member of the unit that makes the move; "" when they are."""
    leads = case.lead_unit_id in actor.unit_ids
    if move.party is Party.LEAD and not leads:
        return _("这一步由主办单位的人来做。")
    if move.party is Party.STEER and not leads and not actor.can("cases.case:dispatch"):
        return _("这一步由主办单位的人或派遣员来做。")
    if move.party is Party.HELPER:
        if helping is None:
            helping = list(find_open_help(case).values_list("unit_id", flat=True))
        if not set(actor.unit_ids).intersection(helping):
            return _("这一步由协办单位的人来做，而您的单位没有未完成的协办。")
    return ""


def _explain_not_independent(actor: Actor, case: Case, move: Move, read: Involvement) -> str:
    def holds(known: bool | None, build_filter: Callable[[Actor], Q]) -> bool:
        return known if known is not None else Case.objects.filter(build_filter(actor), pk=case.pk).exists()

    if move.party is Party.CONFIRMER and holds(read.has_proposed, build_proposal_filter):
        return _("提出不再办理的人不能自己确认。")
    if holds(read.has_handled, build_handled_filter):
        return _("处置的人和单位不能自己核查。")
    return ""


def list_allowed_moves(
    actor: Actor, case: Case, read: Involvement = UNREAD, *, among: Collection[str] | None = None
) -> list[Move]:
    """Return the moves that the actor may make on the case now, in table order.

    Args:
        read: what the caller has read of the case.
        among: the codes of the moves that the caller asks about; None for all.
    """
    return [
        move
        for move in FLOW.from_state(case.state)
        if (among is None or move.code in among)
        and actor.can(move.permission)
        and move.possible(case)
        and not explain_not_party(actor, case, move, read)
    ]
