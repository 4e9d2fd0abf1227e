"""Closing a case."""

from django.utils.translation import gettext_lazy

from jiedao.cases import catalogue, notices
from jiedao.cases.flow import Stage, State, states
from jiedao.cases.moves.fields import NOTE, FieldKind, MoveField, Need
from jiedao.cases.moves.replying import give_reply, has_reporter_to_answer, is_unanswered
from jiedao.cases.moves.step import Move, Step
from jiedao.orgs.people import find_holders


def close(step: Step) -> None:
    """Close the case; a reporter must have had a reply, and is called back where the category requires it."""
    case, reply = step.case, step.data.get("reply")
    if reply:
        step.facts.update({"note": step.text} if step.text else {})
        give_reply(step, reply)
    on_time = case.close_due_at is None or step.now <= case.close_due_at
    step.changes.update(closed_at=step.now, closed_on_time=on_time)
    category = catalogue.category_info(step.category_id)
    if has_reporter_to_answer(case) and (category is None or category.visit_required):
        step.to_state, step.starts = State.CLOSED.value, Stage.VISIT.value
        step.notify(find_holders("cases.case:visit", step.area_path), notices.TO_VISIT)
    else:
        step.to_state = State.DONE.value
        step.changes["ended_at"] = step.now


MOVES = (
    Move(
        code="CLOSE",
        label=gettext_lazy("结案"),
        sources=states(State.CHECKED),
        target=None,
        permission="cases.case:close",
        fields=(
            MoveField(
                "reply",
                FieldKind.TEXT,
                gettext_lazy("答复反映人"),
                need_on=lambda case: Need.REQUIRED if is_unanswered(case) else Need.OPTIONAL,
                help=gettext_lazy("有反映人而处置之后还没有答复的，必须填写"),
            ),
            NOTE,
        ),
        stops=(Stage.FINISH, Stage.CLOSE),
        icon="archive",
        tone="primary",
        entry_tone="good",
        key="c",
        effect=close,
    ),
)
