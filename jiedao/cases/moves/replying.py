"""The answer to the reporter, which the reporters of merged cases receive too."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.flow import State, states
from jiedao.cases.models import Case, CaseMove
from jiedao.cases.moves.fields import FieldKind, MoveField
from jiedao.cases.moves.step import Move, Step
from jiedao.kernel.errors import UserError


def find_merged_reporters(case: Case) -> QuerySet[Case]:
    """Return the cases merged into this one whose reporters wait for the same answer."""
    return Case.objects.filter(merged_into=case, state=State.MERGED, has_reporter=True)


def has_reporter_to_answer(case: Case) -> bool:
    """Return whether the case, or one merged into it, has a reporter."""
    return bool(case.has_reporter) or find_merged_reporters(case).exists()


def is_unanswered(case: Case) -> bool:
    """Return whether a reporter, also of a merged case, has had no reply since the matter was handled."""

    def is_waiting(replied_at: datetime | None) -> bool:
        return replied_at is None or (case.handled_at is not None and replied_at < case.handled_at)

    if case.has_reporter and is_waiting(case.replied_at):
        return True
    return any(
        is_waiting(replied_at)
        for replied_at in find_merged_reporters(case).values_list("replied_at", flat=True)
    )


def give_reply(step: Step, text: str) -> None:
    """Make the text of the move the answer that the reporter reads, and answer the merged reporters with it."""
    step.text, step.public = text, True
    step.changes["replied_at"] = step.now

    def answer_merged() -> None:
        merged = find_merged_reporters(step.case)
        entries = [
            CaseMove(
                case_id=pk,
                move="REPLY",
                at=step.now,
                from_state=State.MERGED,
                to_state=State.MERGED,
                text=text,
                actor_label=step.actor.label,
                user_id=step.actor.user_id,
                unit_id=step.actor.unit_id,
                public=True,
                data={"with": step.case.number},
            )
            for pk in merged.values_list("id", flat=True)
        ]
        CaseMove.objects.bulk_create(entries)
        merged.update(replied_at=step.now)

    step.after.append(answer_merged)


def reply(step: Step) -> None:
    """Answer the reporter."""
    if not has_reporter_to_answer(step.case):
        raise UserError(_("这件案件没有反映人，无从答复。"), hint=_("内部说明请写备注。"), field="reply")
    give_reply(step, step.data["reply"])


MOVES = (
    Move(
        code="REPLY",
        label=gettext_lazy("答复反映人"),
        sources=states(
            State.TO_VERIFY,
            State.FILED,
            State.DISPATCHED,
            State.HANDLING,
            State.HANDLED,
            State.CHECKED,
            State.SUSPENDED,
            State.CLOSED,
        ),
        target=None,
        permission="cases.case:reply",
        fields=(MoveField("reply", FieldKind.TEXT, gettext_lazy("答复内容")),),
        icon="message",
        key="r",
        aside=True,
        possible=has_reporter_to_answer,
        effect=reply,
    ),
)
