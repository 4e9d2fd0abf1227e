"""Ending a case that the office which it came from has answered itself, as a later file of that office states."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.deadlines import compute_stage_deadline
from jiedao.cases.flow import Stage, State, states
from jiedao.cases.moves.fields import FieldKind, MoveField
from jiedao.cases.moves.replying import give_reply
from jiedao.cases.moves.step import Move, Step, is_never_offered
from jiedao.kernel.errors import UserError


def end_answered(step: Step) -> None:
    """Close the case at the time of the file, with the same times as a matter that comes in answered (ADR 0011)."""
    case, ended_at = step.case, _read_time(step)
    if step.data.get("reply"):
        give_reply(step, step.data["reply"])
        step.changes["replied_at"] = ended_at
    due_at = case.close_due_at
    if due_at is None:
        start = case.filed_at or case.reported_at
        due_at = compute_stage_deadline(Stage.CLOSE, case.category_id, case.area_path, start).due_at
    on_time = ended_at <= due_at
    step.changes.update(
        dict.fromkeys(("handled_at", "closed_at", "ended_at"), ended_at),
        close_due_at=due_at,
        handle_due_at=due_at,
        handled_on_time=on_time,
        closed_on_time=on_time,
    )
    step.facts["ended_at"] = ended_at.isoformat()


def _read_time(step: Step) -> datetime:
    """Return the time of the answer, not before the report and not after now."""
    try:
        at = datetime.fromisoformat(step.data["at"])
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UserError(_("答复时间不对。"), hint=_("请写成带时区的时间。"), field="at")
    return min(max(at, step.case.reported_at), step.now)


MOVES = (
    Move(
        code="END_ANSWERED",
        label=gettext_lazy("来件方已答复，办结"),
        sources=states(State.REPORTED, State.TO_VERIFY, State.FILED),
        target=State.DONE,
        permission="exchange.messages:import",
        fields=(
            MoveField("reply", FieldKind.TEXT, gettext_lazy("答复内容"), required=False),
            MoveField("at", FieldKind.TEXT, gettext_lazy("答复时间")),
        ),
        stops=tuple(Stage.values),
        icon="archive",
        entry_tone="good",
        aside=True,
        possible=is_never_offered,
        effect=end_answered,
    ),
)
