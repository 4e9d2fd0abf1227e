"""Which moves an actor may make on a case now."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from jiedao.cases.answering import find_responsible
from jiedao.cases.handled import build_handled_filter
from jiedao.cases.models import Case
from jiedao.cases.moves.assignments import find_open_help
from jiedao.cases.moves.proposals import proposed_by
from jiedao.cases.moves.step import Move, Party
from jiedao.cases.moves.table import FLOW
from jiedao.orgs.actor import Actor


def explain_not_party(actor: Actor, case: Case, move: Move, helping: Collection[int] | None = None) -> str:
    """Return why the actor is not the party that makes this move; "" when they are.

    Args:
        helping: the units that help and have not finished, where the caller has read them; None reads them.
    """
    if actor.is_system or move.party is Party.ANYONE:
        return ""
    if move.party is Party.TURN:
        responsible, _posts = find_responsible(case, case.previous_state or case.state)
        return "" if actor.user_id in responsible else _("由现在办理的单位或岗位答复。")
    if move.party in {Party.OTHER, Party.CONFIRMER}:
        return _explain_not_independent(actor, case, move)
    return _explain_not_in_unit(actor, case, move, helping)


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


def _explain_not_independent(actor: Actor, case: Case, move: Move) -> str:
    if move.party is Party.CONFIRMER and proposed_by(actor, case):
        return _("提出不再办理的人不能自己确认。")
    if Case.objects.filter(build_handled_filter(actor), pk=case.pk).exists():
        return _("处置的人和单位不能自己核查。")
    return ""


def list_allowed_moves(actor: Actor, case: Case, helping: Collection[int] | None = None) -> list[Move]:
    """Return the moves that the actor may make on the case now, in table order; see `explain_not_party`."""
    return [
        move
        for move in FLOW.from_state(case.state)
        if actor.can(move.permission)
        and move.possible(case)
        and not explain_not_party(actor, case, move, helping)
    ]
