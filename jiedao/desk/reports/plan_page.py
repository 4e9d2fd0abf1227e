"""What the pages show of a plan: what each sentence became, and the promises that it may be about."""

from collections.abc import Iterable, Sequence
from typing import Any

from jiedao.desk.links import get_promise_url
from jiedao.orgs.actor import Actor
from jiedao.reports.models import PlanDecision, PlanKind
from jiedao.reports.planning.selectors import PlanLine, PlanView, find_offers
from jiedao.reports.planning.states import PromiseState, StateCode, read_states

TONES = {
    StateCode.LATE: "bad",
    StateCode.RUNNING: "info",
    StateCode.DONE: "good",
    StateCode.WITHDRAWN: "neutral",
    StateCode.HIDDEN: "neutral",
}


def describe_plan(actor: Actor, plan: PlanView) -> dict[str, Any]:
    """Return the sentences of a plan with what they became."""
    decisions = [row for line in plan.lines for row in line.decisions] + list(plan.removed)
    described = {row["decision"].pk: row for row in describe_decisions(actor, decisions)}
    return {
        "lines": [
            {
                "line": line,
                "decisions": [described[row.pk] for row in line.decisions],
                "may_repeat": _may_repeat(line),
            }
            for line in plan.lines
        ],
        "removed": [described[row.pk] for row in plan.removed],
        "open_count": plan.open_count,
        "promise_count": plan.promise_count,
    }


def _may_repeat(line: PlanLine) -> bool:
    """Return whether a further promise can be made of a sentence that has become one."""
    return bool(line.decisions) and all(row.kind != PlanKind.NONE for row in line.decisions)


def describe_decisions(actor: Actor, decisions: Sequence[PlanDecision]) -> list[dict[str, Any]]:
    """Return decisions with the state and the address of their promises, as far as the actor may see them."""
    states = read_states(actor, [row for row in decisions if row.kind != PlanKind.NONE])
    return [describe_decision(row, states.get(row.pk)) for row in decisions]


def describe_decision(decision: PlanDecision, state: PromiseState | None) -> dict[str, Any]:
    """Return a decision as pages show it; the name and the address are hidden with the state."""
    is_visible = state is not None and state.code is not StateCode.HIDDEN
    promise = decision.promise if is_visible else None
    return {
        "decision": decision,
        "kind": decision.get_kind_display(),
        "state": state,
        "tone": TONES[state.code] if state is not None else "neutral",
        "name": promise.label if promise is not None else "",
        "url": get_promise_url(promise) if promise is not None else "",
    }


def describe_offers(actor: Actor, line: PlanLine) -> list[dict[str, Any]]:
    """Return the promises that the sentence may be about and is not linked to yet."""
    linked = _list_linked(line.decisions)
    return [
        {
            "offer": offer,
            "label": offer.object.label,
            "unit": offer.object.unit.label,
            "url": get_promise_url(offer.object),
        }
        for offer in find_offers(actor, line.sentence)
        if (offer.kind, offer.object.pk) not in linked
    ]


def _list_linked(decisions: Iterable[PlanDecision]) -> set[tuple[str, int | None]]:
    return {(row.kind, row.project_id or row.campaign_id or row.pledge_id) for row in decisions}
