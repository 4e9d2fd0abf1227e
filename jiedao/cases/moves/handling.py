"""The work of the lead unit: accepting the case and reporting the result."""

from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.flow import WITH_UNIT, Stage, State, states
from jiedao.cases.moves.assignments import end_lead, refuse_while_helping, take_lead
from jiedao.cases.moves.fields import NOTE, FieldKind, MoveField
from jiedao.cases.moves.proof import PHOTOS_AFTER, PHOTOS_BEFORE
from jiedao.cases.moves.step import Move, Party, Step
from jiedao.orgs.people import find_holders


def take(step: Step) -> None:
    """Begin to work on the case; the clock runs on."""
    step.changes["handler_id"] = step.actor.user_id
    take_lead(step)


def handle(step: Step) -> None:
    """Report the result with its proof, which also takes a case that nobody took; helpers must have finished before."""
    refuse_while_helping(step)
    if step.case.state == State.DISPATCHED:
        take_lead(step)
    due_at = step.case.handle_due_at
    on_time = due_at is None or step.judged_at <= due_at
    step.text = step.data["result"]
    step.changes.update(
        handled_at=step.now, handled_on_time=on_time, handler_id=step.actor.user_id or step.case.handler_id
    )
    end_lead(step, "DONE", on_time=on_time, result=step.text)
    step.notify(find_holders("cases.case:check", step.area_path), notices.TO_CHECK)


MOVES = (
    Move(
        code="TAKE",
        label=gettext_lazy("接单"),
        sources=states(State.DISPATCHED),
        target=State.HANDLING,
        permission="cases.case:take",
        party=Party.LEAD,
        fields=(NOTE,),
        icon="user-check",
        tone="primary",
        key="t",
        effect=take,
    ),
    Move(
        code="HANDLE",
        label=gettext_lazy("处置完成"),
        sources=WITH_UNIT,
        target=State.HANDLED,
        permission="cases.case:handle",
        party=Party.LEAD,
        fields=(
            MoveField("result", FieldKind.TEXT, gettext_lazy("处置结果")),
            PHOTOS_BEFORE,
            PHOTOS_AFTER,
        ),
        stops=(Stage.HANDLE,),
        starts=Stage.CHECK,
        handles=True,
        icon="tools",
        tone="primary",
        entry_tone="good",
        key="h",
        effect=handle,
    ),
)
