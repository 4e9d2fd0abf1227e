"""The check of the result by a user who did not handle the case."""

from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.flow import Stage, State, states
from jiedao.cases.moves.assignments import give_back_to_lead
from jiedao.cases.moves.fields import EXPLANATION
from jiedao.cases.moves.proof import CHECK_PHOTOS, CHECK_WORDS, FAULT_PHOTOS
from jiedao.cases.moves.step import Move, Party, Step
from jiedao.orgs.people import find_holders


def pass_check(step: Step) -> None:
    """Confirm the result; the case can be closed."""
    step.changes["checked_at"] = step.now
    step.notify(find_holders("cases.case:close", step.area_path), notices.TO_CLOSE)


def send_back(step: Step) -> None:
    """Send the case back to the unit that handled it: counted, in a new round with a new clock."""
    step.changes.update(reworks=step.case.reworks + 1, handled_at=None, handled_on_time=None, checked_at=None)
    give_back_to_lead(step, notices.REWORK)


MOVES = (
    Move(
        code="CHECK_PASS",
        label=gettext_lazy("核查通过"),
        sources=states(State.HANDLED),
        target=State.CHECKED,
        permission="cases.case:check",
        party=Party.OTHER,
        fields=(CHECK_WORDS, CHECK_PHOTOS),
        stops=(Stage.CHECK,),
        starts=Stage.FINISH,
        icon="clipboard-check",
        tone="good",
        entry_tone="good",
        key="p",
        effect=pass_check,
    ),
    Move(
        code="REWORK",
        label=gettext_lazy("核查不通过，返工"),
        sources=states(State.HANDLED, State.CHECKED),
        target=State.HANDLING,
        permission="cases.case:check",
        party=Party.OTHER,
        fields=(EXPLANATION, FAULT_PHOTOS),
        stops=(Stage.CHECK, Stage.FINISH),
        starts=Stage.HANDLE,
        icon="repeat",
        tone="danger",
        entry_tone="bad",
        key="f",
        effect=send_back,
    ),
)
