"""What a user has just done on a case, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from jiedao.cases.flow import State, get_state_label
from jiedao.cases.models import Case, CaseMove
from jiedao.desk.cases.next_matter import NextMatter, find_next_matter
from jiedao.desk.cases.timeline import get_move_label
from jiedao.kernel.addresses import make_address
from jiedao.orgs.actor import Actor

# What an intake did, in the address of its outcome: it reported the matter, or the same form had reported it before.
REPORT, REPORTED_BEFORE = "REPORT", "REPORTED_BEFORE"


@dataclass(frozen=True)
class Outcome:
    """What the user has just done on the case, and what comes next."""

    title: str
    next: NextMatter | None
    reported: bool = False  # the way on is to report another matter


@dataclass(frozen=True)
class PreviousOutcome:
    """What the user has just done on another case, before the next matter opened by itself."""

    title: str
    number: str
    subject: str = ""
    url: str = ""
    state: str = ""


def read_previous_outcome(actor: Actor, number: str, done: str) -> PreviousOutcome | None:
    """Return what the user did on the case `number`; None unless they made that move.

    The case may have left their scope by it: they still learn that it was done, without subject and link.
    """
    if not number or "\x00" in number:
        return None
    made = CaseMove.objects.filter(case__number=number, move=done, user_id=actor.user_id)
    if actor.user_id is None or not made.exists():
        return None
    title = _("已完成：%(move)s") % {"move": get_move_label(done)}
    case = Case.objects.visible_to(actor).filter(number=number).first()
    if case is None:
        return PreviousOutcome(title, number)
    state = get_state_label(case.state, case.visit_outcome)
    return PreviousOutcome(title, number, case.subject, make_address("desk:case", number), str(state))


def build_outcome(
    actor: Actor, case: Case, moves: Sequence[CaseMove], done: str, queue: str
) -> Outcome | None:
    """Return what the user has just done; None unless the last entries of the timeline contain it."""
    code = REPORT if done == REPORTED_BEFORE else done
    made = next((row for row in moves[-4:] if row.move == code and row.user_id == actor.user_id), None)
    if made is None:
        return None
    if code == REPORT:
        return Outcome(_describe_report(case, done), None, reported=True)
    title = _("已完成：%(move)s") % {"move": get_move_label(done)}
    return Outcome(title, find_next_matter(actor, case, done, queue))


def _describe_report(case: Case, done: str) -> str:
    values = {"number": case.number}
    if done == REPORTED_BEFORE:
        return _("这件事刚才已经登记过了：%(number)s") % values
    if case.state == State.MERGED and case.merged_into is not None:
        return _("已登记：%(number)s，并入 %(into)s") % {**values, "into": case.merged_into.number}
    return _("已登记：%(number)s") % values
