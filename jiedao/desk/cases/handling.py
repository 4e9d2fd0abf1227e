"""The handling of a case, as its page and its work order show it: steps, clocks, parts of units and demands."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import OPEN, VISITING, Stage, State
from jiedao.cases.models import PUBLIC_CHANNELS, Assignment, Case, CaseMove, Clock, Demand
from jiedao.cases.moves.work_time import choose_judged_time, read_work_time
from jiedao.cases.selectors.detail import CaseDetail
from jiedao.cases.sources import compute_source_warning, is_stricter, name_source
from jiedao.desk.cases.facts import format_time
from jiedao.desk.cases.timeline import get_move_label
from jiedao.kernel import clock
from jiedao.orgs.units import unit_info, unit_label
from jiedao.pages.choices import translate_person_label

OUTCOME_TONES = {
    "DONE": "good",
    "RETURNED": "warn",
    "REDISPATCHED": "neutral",
    "WITHDRAWN": "neutral",
    "SUCCEEDED": "neutral",
}


def build_steps(case: Case, moves: Sequence[CaseMove] = ()) -> list[dict[str, Any]]:
    """Return the steps of handling the case, each marked as done, current or still to do.

    Verifying on site is a step of the cases that were, are or will be verified.
    """
    verified_at = next((row.at for row in moves if row.move == "VERIFY"), None)
    rows: list[tuple[str, Any, frozenset[str]]] = [(_("受理"), case.accepted_at, frozenset({"REPORTED"}))]
    if verified_at is not None or _awaits_verification(case):
        rows.append((_("核实"), verified_at, frozenset({"TO_VERIFY"})))
    rows += [
        (_("派遣"), case.dispatched_at if case.lead_unit_id else None, frozenset({"FILED"})),
        (_("处置"), case.handled_at, frozenset({"DISPATCHED", "HANDLING"})),
        (_("核查"), case.checked_at, frozenset({"HANDLED"})),
        (_("结案"), case.closed_at, frozenset({"CHECKED"})),
    ]
    # A closed case without a reporter is visited for the reporters of the cases merged into it.
    if case.has_reporter or case.state in VISITING:
        rows.append((_("回访"), case.visited_at, VISITING))
    state = case.previous_state if case.state in {State.SUSPENDED, State.MERGED} else case.state
    steps = []
    for label, at, states in rows:
        mark = "now" if state in states else "done" if at is not None or state == State.DONE else "todo"
        steps.append(
            {"label": label, "state": mark, "note": f"{format_time(at)}" if at and mark == "done" else ""}
        )
    return steps


def _awaits_verification(case: Case) -> bool:
    if State.TO_VERIFY in {case.state, case.previous_state}:
        return True
    category = catalogue.category_info(case.category_id)
    is_public = case.channel in PUBLIC_CHANNELS
    return case.state == State.REPORTED and is_public and category is not None and category.verify_first


def list_clocks(detail: CaseDetail) -> list[dict[str, Any]]:
    """Return the clocks of the case in the order of the stages, those of one stage oldest first."""
    stages = list(Stage.values)
    rows = [row for row in detail.clocks if row.assignment_id is None]
    rows.sort(key=lambda row: (stages.index(row.stage), row.pk))
    judged = read_judged_times(detail.moves)
    clocks = [_describe_clock(row, detail.assignments, judged) for row in rows]
    return [*_describe_source_limit(detail), *clocks]


def _describe_source_limit(detail: CaseDetail) -> list[dict[str, Any]]:
    """Describe the deadline of the office that sent the case, with a mark where it is stricter than ours."""
    source, case = detail.source, detail.case
    if source is None or source.due_at is None:
        return []
    return [
        {
            "label": name_source(case.channel),
            "stricter": case.state in OPEN and case.close_due_at is not None and is_stricter(source, case),
            "due_at": source.due_at,
            "warn_at": compute_source_warning(case.reported_at, source.due_at),
            "done_at": case.closed_at or case.ended_at,
            "given_up": "",
            "paused": False,
            "provisional": False,
        }
    ]


def read_judged_times(moves: Sequence[CaseMove]) -> dict[datetime, datetime]:
    """Return by the receipt of a move when its work was done, where that decides whether it was in time."""
    times = {row.at: work_at for row in moves if (work_at := read_work_time(row.data)) is not None}
    return {at: choose_judged_time(work_at, at) for at, work_at in times.items()}


def _describe_clock(
    stage_clock: Clock, parts: Sequence[Assignment], judged: Mapping[datetime, datetime]
) -> dict[str, Any]:
    """Describe a clock; that of a unit that gave the case away ended without the work being done."""
    ended = next(
        (row for row in parts if row.role == "LEAD" and row.ended_at == stage_clock.stopped_at), None
    )
    is_handling, stopped_at = stage_clock.stage == Stage.HANDLE, stage_clock.stopped_at
    given_up = is_handling and ended is not None and ended.outcome not in {"", "DONE"}
    return {
        "label": Stage(stage_clock.stage).label,
        "due_at": stage_clock.due_at,
        "warn_at": stage_clock.warn_at,
        "done_at": judged.get(stopped_at, stopped_at) if stopped_at and is_handling else stopped_at,
        "given_up": _describe_outcome(ended) if given_up else "",
        "limit_text": _("期限 %(due)s") % {"due": format_time(stage_clock.due_at)},
        "paused": stage_clock.paused_at is not None,
        "provisional": stage_clock.provisional,
    }


def describe_demand(demand: Demand) -> dict[str, Any]:
    """Describe what was asked and answered; it is late once its day is over without an answer."""
    late = demand.answered_at is None and demand.answer_date < clock.today()
    if demand.answered_at is not None:
        state, tone = _("已答复"), "good"
    else:
        state, tone = (_("逾期未答复"), "bad") if late else (_("待答复"), "warn")
    return {
        "title": get_move_label(demand.move),
        "has_letter": demand.move == "SUPERVISE",
        "query": f"demand={demand.pk}",
        "text": demand.text,
        "asked_by": translate_person_label(demand.asked_label),
        "day": demand.answer_date,
        "state": state,
        "tone": tone,
        "answer": demand.answer,
        "answered_by": translate_person_label(demand.answered_label),
        "answered_at": demand.answered_at,
    }


def describe_assignment(assignment: Any, judged: Mapping[datetime, datetime]) -> dict[str, Any]:
    """Describe the part of a unit: its role, deadline and outcome; `judged` are those of `read_judged_times`."""
    unit = unit_info(assignment.unit_id)
    return {
        "unit": unit_label(assignment.unit_id, assignment.ended_at),
        "phone": unit.duty_phone if unit is not None else "",
        "role": assignment.get_role_display(),
        "round": assignment.round,
        "open": assignment.ended_at is None,
        "due_at": assignment.due_at,
        "taken_at": assignment.taken_at,
        "ended_at": assignment.ended_at,
        "done_at": judged.get(assignment.done_at, assignment.done_at),
        "outcome": _describe_outcome(assignment),
        "tone": OUTCOME_TONES.get(assignment.outcome, "info"),
        "result": assignment.result,
    }


def _describe_outcome(assignment: Any) -> str:
    if assignment.ended_at is None:
        return _("已接单") if assignment.taken_at else _("未接单")
    labels = {
        "DONE": _("已完成"),
        "RETURNED": _("退回"),
        "REDISPATCHED": _("改派"),
        "WITHDRAWN": _("撤回"),
        "SUCCEEDED": _("由新单位承接"),
    }
    return labels.get(assignment.outcome, "")
