"""Suspending a case until a review date, and resuming it."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.deadlines import compute_review_time
from jiedao.cases.flow import State, states
from jiedao.cases.models import ReasonKind
from jiedao.cases.moves.clocks import pause_clocks, resume_clocks
from jiedao.cases.moves.fields import EXPLANATION, NOTE, FieldKind, MoveField
from jiedao.cases.moves.following import notify_next, notify_units
from jiedao.cases.moves.step import Move, Step
from jiedao.cases.moves.wording import format_reason
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError


def suspend(step: Step) -> None:
    """Suspend the case until a review date; its clocks pause until it is resumed."""
    review_date = step.data["review_date"]
    today = step.now.astimezone(clock.TOWN_TZ).date()
    if not today < review_date <= today + timedelta(days=366):
        raise UserError(
            _("复核日期要在明天到一年之内。"), hint=_("到期未恢复的会提醒。"), field="review_date"
        )
    step.text = f"{format_reason(step)}：{step.data['note']}"
    step.changes.update(
        previous_state=step.case.state,
        review_date=review_date,
        due_at=compute_review_time(review_date),
        due_provisional=False,
    )
    pause_clocks(step)
    notify_units(step, notices.SUSPENDED)


def resume(step: Step) -> None:
    """Continue where the case was suspended; the clocks run on with the time they had left."""
    step.to_state = step.case.previous_state or State.FILED.value
    step.changes.update(previous_state="", review_date=None, due_at=None)
    resume_clocks(step)
    notify_next(step, notices.RESUMED)


MOVES = (
    Move(
        code="SUSPEND",
        label=gettext_lazy("挂账"),
        sources=states(State.FILED, State.DISPATCHED, State.HANDLING),
        target=State.SUSPENDED,
        permission="cases.case:suspend",
        fields=(
            MoveField("reason", FieldKind.REASON, gettext_lazy("挂账原因")),
            MoveField("review_date", FieldKind.DATE, gettext_lazy("复核日期")),
            EXPLANATION,
        ),
        reason_kind=ReasonKind.SUSPEND,
        icon="clock-pause",
        entry_tone="hold",
        aside=True,
        effect=suspend,
    ),
    Move(
        code="RESUME",
        label=gettext_lazy("恢复办理"),
        sources=states(State.SUSPENDED),
        target=None,
        permission="cases.case:resume",
        fields=(NOTE,),
        icon="clock-play",
        tone="primary",
        effect=resume,
    ),
)
