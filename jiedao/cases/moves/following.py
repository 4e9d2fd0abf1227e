"""Following up a case that another user works on: supervising, reminding, commenting."""

from typing import Any

from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.answering import find_responsible, list_working_units
from jiedao.cases.flow import OPEN, State
from jiedao.cases.moves.assignments import HANDLE_RIGHT
from jiedao.cases.moves.fields import EXPLANATION, NOTE
from jiedao.cases.moves.step import Move, Step, change_nothing
from jiedao.notices.kinds import NoticeKind
from jiedao.orgs.people import find_holders_in_units, find_superiors

MAX_NOTE = 300  # characters of a note that a notice repeats; the timeline has all of it


def notify_units(step: Step, kind: NoticeKind, **data: Any) -> None:
    """Notify the units that work on the case."""
    handlers = find_holders_in_units(list_working_units(step.case), HANDLE_RIGHT)
    step.notify(handlers, kind, note=step.text[:MAX_NOTE], **data)


def notify_next(step: Step, kind: NoticeKind) -> None:
    """Notify those whose turn it is after the move."""
    users, _posts = find_responsible(step.case, step.to_state)
    step.notify(users, kind, note=step.text[:MAX_NOTE])


def _notify_responsible(step: Step, kind: NoticeKind, rungs: int = 0) -> None:
    """Notify those whose turn it is now, and the posts up to `rungs` above theirs."""
    users, posts = find_responsible(step.case, step.case.previous_state or step.case.state)
    above = find_superiors(posts, rungs) if rungs else []
    step.notify(users + above, kind, note=step.text[:MAX_NOTE])


def supervise(step: Step) -> None:
    """Put the case under supervision 督办 and notify those whose turn it is and their leaders."""
    step.changes["supervised"] = True
    _notify_responsible(step, notices.SUPERVISED, rungs=1)


def remind(step: Step) -> None:
    """Remind those whose turn it is 催办; the reminders are counted."""
    step.changes["reminders"] = step.case.reminders + 1
    _notify_responsible(step, notices.REMINDED)


MOVES = (
    Move(
        code="SUPERVISE",
        label=gettext_lazy("督办"),
        sources=OPEN - {State.REPORTED.value},
        target=None,
        permission="cases.case:supervise",
        fields=(EXPLANATION,),
        icon="urgent",
        tone="danger",
        entry_tone="bad",
        aside=True,
        effect=supervise,
    ),
    Move(
        code="REMIND",
        label=gettext_lazy("催办"),
        sources=OPEN - {State.SUSPENDED.value},
        target=None,
        permission="cases.case:remind",
        fields=(NOTE,),
        icon="bell",
        entry_tone="warn",
        aside=True,
        effect=remind,
    ),
    Move(
        code="COMMENT",
        label=gettext_lazy("备注"),
        sources=frozenset(State.values),
        target=None,
        permission="cases.case:comment",
        fields=(EXPLANATION,),
        icon="note",
        key="n",
        aside=True,
        effect=change_nothing,
    ),
)
