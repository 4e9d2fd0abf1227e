"""Following up a case that somebody else works on: supervising, reminding, commenting."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.answering import find_responsible, list_working_units
from jiedao.cases.flow import OPEN, State
from jiedao.cases.moves.assignments import HANDLE_RIGHT
from jiedao.cases.moves.fields import EXPLANATION, NOTE
from jiedao.cases.moves.step import Move, Step, change_nothing
from jiedao.cases.moves.wording import describe
from jiedao.notices.models import Tone
from jiedao.orgs.people import holders_in_units, superiors


def notify_units(step: Step, event: str, tone: Tone = Tone.INFO) -> None:
    """Notify the units that work on the case."""
    handlers = holders_in_units(list_working_units(step.case), HANDLE_RIGHT)
    step.notify(handlers, describe(event, step.case, step.text), tone)


def notify_next(step: Step, event: str) -> None:
    """Notify those whose turn it is after the move."""
    users, _posts = find_responsible(step.case, step.to_state)
    step.notify(users, describe(event, step.case, step.text), Tone.WARN)


def _press(step: Step, event: str, tone: Tone, rungs: int = 0) -> None:
    """Notify those whose turn it is now, and the posts that many rungs above theirs."""
    users, posts = find_responsible(step.case, step.case.previous_state or step.case.state)
    above = superiors(posts, rungs) if rungs else []
    step.notify(users + above, describe(event, step.case, step.text), tone)


def supervise(step: Step) -> None:
    """Put the case under supervision 督办 and notify those whose turn it is and their leaders."""
    step.changes["supervised"] = True
    _press(step, _("督办"), Tone.ALARM, rungs=1)


def remind(step: Step) -> None:
    """Remind those whose turn it is 催办; the reminders are counted."""
    step.changes["reminders"] = step.case.reminders + 1
    _press(step, _("催办"), Tone.WARN)


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
