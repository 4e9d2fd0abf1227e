"""After the closing: the return visit to the reporter, and reopening the case."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.flow import Stage, State, states
from jiedao.cases.models import ReturnVisit
from jiedao.cases.moves.assignments import give_back_to_lead
from jiedao.cases.moves.fields import EXPLANATION, FieldKind, MoveField
from jiedao.cases.moves.replying import find_merged_reporters
from jiedao.cases.moves.step import Move, Step
from jiedao.kernel.errors import UserError
from jiedao.kernel.policies import get_policy
from jiedao.orgs.people import find_holders
from jiedao.orgs.units import unit_info


def visit(step: Step) -> None:
    """Record one attempt to call the reporter back.

    A reporter who was reached states whether the matter is solved and how satisfied they are. One who was not is called
    again, as often as the pack allows.
    """
    reached = bool(step.data.get("reached"))
    if reached and step.data.get("satisfaction") is None:
        raise UserError(_("请填写满意度。"), hint=_("反映人给 1 到 5 分。"), field="satisfaction")
    solved = bool(step.data.get("solved")) if reached else None
    satisfaction = step.data.get("satisfaction") if reached else None
    answers = {"reached": reached, "solved": solved, "satisfaction": satisfaction}
    step.facts.update(answers)
    step.after.append(
        lambda: ReturnVisit.objects.create(
            case=step.case, at=step.now, by_id=step.actor.user_id, note=step.text, **answers
        )
    )
    if not reached and not _is_last_attempt(step):
        step.starts = Stage.VISIT.value
        return
    if reached:
        step.changes.update(visited_at=step.now, solved=solved, satisfaction=satisfaction)
    if reached and step.data.get("redo"):
        _start_again(step)
        return
    step.to_state = State.DONE.value
    step.changes["ended_at"] = step.now


def _is_last_attempt(step: Step) -> bool:
    """Return whether the pack allows no further attempt since the case was last closed."""
    since = step.case.closed_at or step.case.reported_at
    attempts = ReturnVisit.objects.filter(case=step.case, at__gte=since).count() + 1
    return attempts >= int(get_policy("visit_attempts"))


def reopen(step: Step) -> None:
    """Work on a closed case again; it goes to the unit that handled it."""
    days = int(get_policy("reopen_days"))
    closed_at = step.case.closed_at
    if closed_at is not None and step.now - closed_at > timedelta(days=days):
        raise UserError(
            _("结案已超过 %(days)d 天，不能重新办理。") % {"days": days},
            hint=_("请登记为新案件，并在内容中写明原编号。"),
        )
    _start_again(step)


def _start_again(step: Step) -> None:
    undone = (
        "closed_at",
        "closed_on_time",
        "ended_at",
        "handled_at",
        "handled_on_time",
        "checked_at",
        "replied_at",
    )
    step.changes.update(dict.fromkeys(undone), reopens=step.case.reopens + 1)
    step.after.append(lambda: find_merged_reporters(step.case).update(replied_at=None))
    step.starts_whole = True
    unit = unit_info(step.case.lead_unit_id)
    if unit is None or not unit.active:
        step.to_state, step.starts = State.FILED.value, Stage.DISPATCH.value
        step.changes.update(lead_unit_id=None, handler_id=None, handle_due_at=None)
        dispatchers = find_holders("cases.case:dispatch", step.area_path)
        step.notify(dispatchers, notices.REOPENED_TO_DISPATCH)
        return
    step.to_state, step.starts = State.DISPATCHED.value, Stage.HANDLE.value
    step.changes["dispatched_at"] = step.now
    give_back_to_lead(step, notices.REOPENED)


MOVES = (
    Move(
        code="VISIT",
        label=gettext_lazy("回访"),
        sources=states(State.CLOSED),
        target=None,
        permission="cases.case:visit",
        fields=(
            MoveField("reached", FieldKind.BOOL, gettext_lazy("联系上了"), required=False),
            MoveField("solved", FieldKind.BOOL, gettext_lazy("反映人认为已解决"), required=False),
            MoveField("satisfaction", FieldKind.SCORE, gettext_lazy("满意度（1-5）"), required=False),
            MoveField("note", FieldKind.TEXT, gettext_lazy("反映人的话"), required=False),
            MoveField("redo", FieldKind.BOOL, gettext_lazy("责任在我，重新办理"), required=False),
        ),
        stops=(Stage.VISIT,),
        icon="phone-call",
        tone="primary",
        entry_tone="good",
        key="i",
        effect=visit,
    ),
    Move(
        code="REOPEN",
        label=gettext_lazy("重新办理"),
        sources=states(State.CLOSED, State.DONE),
        target=None,
        permission="cases.case:reopen",
        fields=(EXPLANATION,),
        stops=(Stage.VISIT,),
        icon="refresh",
        tone="danger",
        entry_tone="warn",
        key="o",
        effect=reopen,
    ),
)
