"""After the closing: the return visit to the reporter, what follows from it, and reopening the case."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.flow import Stage, State, VisitOutcome, states
from jiedao.cases.models import Case, Follower, FollowRole, ReasonKind, Reporter, ReturnVisit
from jiedao.cases.moves.assignments import give_back_to_lead
from jiedao.cases.moves.fields import EXPLANATION, NOTE, FieldKind, MoveField
from jiedao.cases.moves.replying import find_merged_reporters
from jiedao.cases.moves.step import Move, Party, Step
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.policies import get_policy
from jiedao.orgs.former_units import find_successor
from jiedao.orgs.people import find_holders

CONFIRM_RIGHT = "cases.case:confirm_visit"
REACHED, UNREACHED, WRONG_NUMBER = "yes", "no", "wrong"
YES_NO = (("yes", gettext_lazy("是")), ("no", gettext_lazy("否")))
REACHED_NEEDS = gettext_lazy("已接通时必填")


def visit(step: Step) -> None:
    """Record one call to the reporter.

    A reporter who was reached states whether the matter is solved and how satisfied they are. One who is not satisfied
    asks for a decision: the case is handled again, or the caller gives a reason of the pack why not, which another
    person confirms. A call that reached nobody is an attempt; the visit stays open until it is ended by decision.
    """
    _refuse_late_call(step)
    call = step.data["reached"]
    if call != REACHED:
        _record_call(step, reached=False, wrong_number=call == WRONG_NUMBER)
        step.starts = Stage.VISIT.value
        return
    solved, satisfaction = _read_answers(step)
    _record_call(step, reached=True, solved=solved, satisfaction=satisfaction)
    step.changes.update(visited_at=step.now, solved=solved, satisfaction=satisfaction)
    if is_satisfied(solved, satisfaction):
        ended_at = step.case.ended_at
        _end(step, VisitOutcome.SATISFIED)
        if ended_at is not None:  # a rating after the end does not move the end
            step.changes["ended_at"] = ended_at
    elif _decide_redo(step):
        _start_again(step)
    else:
        _propose_to_keep(step)


def is_waiting_for_visit(case: Case) -> bool:
    """Return whether the staff is to call the reporter."""
    return case.state == State.CLOSED


def may_be_rated(case: Case) -> bool:
    """Return whether the reporter may rate the case on the public's site.

    A case whose category requires no visit ends with its closing: it can be rated within the days of reopening, because
    a rating may have it handled again.
    """
    if case.state == State.CLOSED:
        return True
    if (
        case.state != State.DONE
        or case.closed_at is None
        or case.visit_outcome
        or case.visited_at is not None
    ):
        return False
    return clock.now() - case.closed_at <= timedelta(days=int(get_policy("reopen_days")))


def _refuse_late_call(step: Step) -> None:
    """Refuse a visit after the end of the case, except the rating of its reporter: nobody calls for it."""
    if is_waiting_for_visit(step.case):
        return
    if not (step.actor.is_system and may_be_rated(step.case)):
        raise Stale(_("这件案件已经办结，不用再回访。"), hint=_("请刷新页面，看现在可以做什么。"))


def is_satisfied(solved: bool, satisfaction: int) -> bool:
    """Return whether a reporter with these answers needs no decision: the limit of the score is policy."""
    return solved and satisfaction > int(get_policy("unsatisfied_score"))


def _read_answers(step: Step) -> tuple[bool, int]:
    solved, satisfaction = step.data["solved"], step.data["satisfaction"]
    if solved is None and step.data["redo"] != "yes":
        raise UserError(
            _("请选择反映人认为是否已解决。"), hint=_("按反映人的话选“是”或“否”。"), field="solved"
        )
    if satisfaction is None:
        raise UserError(_("请填写满意度。"), hint=_("反映人给 1 到 5 分。"), field="satisfaction")
    return solved == "yes", satisfaction


def _record_call(
    step: Step,
    *,
    reached: bool,
    wrong_number: bool = False,
    solved: bool | None = None,
    satisfaction: int | None = None,
) -> None:
    answers = {"reached": reached, "solved": solved, "satisfaction": satisfaction}
    step.facts.update(answers, **({"wrong_number": True} if wrong_number else {}))
    step.audit.update(answers, wrong_number=wrong_number)
    step.after.append(
        lambda: ReturnVisit.objects.create(
            case=step.case,
            at=step.now,
            by_id=step.actor.user_id,
            note=step.text,
            wrong_number=wrong_number,
            **answers,
        )
    )


def _decide_redo(step: Step) -> bool:
    """Return whether the case is handled again: the default where a cause is given and no reason why not."""
    redo, cause, keep = (step.data[name] for name in ("redo", "cause", "keep"))
    if redo == "yes" and keep:
        raise UserError(
            _("选了重新办理，又选了不再办理的理由。"),
            hint=_("请只选一样：重新办理的，把不再办理的理由留空。"),
            field="keep",
        )
    if redo == "no" and not keep:
        raise UserError(
            _("请选择不再办理的理由。"), hint=_("不再办理要有理由，并由另一位同事确认。"), field="keep"
        )
    if not (redo or cause or keep):
        raise UserError(
            _("反映人没有满意，请决定怎么办。"),
            hint=_("能整改的选原因并重新办理；不能的选不再办理的理由，由另一位同事确认。"),
            field="cause",
        )
    step.facts.update({name: code for name, code in (("cause", cause), ("keep", keep)) if code})
    step.audit.update(cause=cause or "", keep=keep or "")
    return not keep


def _propose_to_keep(step: Step) -> None:
    """Let another person confirm that the case is not handled again."""
    step.to_state, step.starts = State.TO_CONFIRM.value, Stage.CONFIRM.value
    step.changes["visit_outcome"] = VisitOutcome.UNSATISFIED.value
    step.notify(find_holders(CONFIRM_RIGHT, step.area_path), notices.TO_CONFIRM)


def _end(step: Step, outcome: VisitOutcome) -> None:
    step.to_state = State.DONE.value
    step.changes.update(ended_at=step.now, visit_outcome=outcome.value)


def count_failed_calls(case: Case) -> tuple[int, bool]:
    """Return how many calls since the closing reached nobody, and whether one showed that the number is wrong."""
    since = case.closed_at or case.reported_at
    calls = ReturnVisit.objects.filter(case=case, at__gte=since, reached=False)
    wrong = list(calls.values_list("wrong_number", flat=True))
    return len(wrong), any(wrong)


def can_end_unreached(case: Case) -> bool:
    """Return whether enough calls reached nobody, or the number is known to be wrong."""
    count, is_wrong = count_failed_calls(case)
    return is_wrong or count >= int(get_policy("visit_attempts")) or cannot_be_called(case)


def cannot_be_called(case: Case) -> bool:
    """Return whether the reporter left no number and follows the case by a code, and the time for rating is over."""
    if not Follower.objects.filter(case=case, role=FollowRole.REPORTER).exists():
        return False
    has_number = Reporter.objects.filter(case=case).exclude(phone="").exists()
    return not has_number and case.due_at is not None and case.due_at <= clock.now()


def end_unreached(step: Step) -> None:
    """End the visit of a reporter who could not be reached."""
    if not can_end_unreached(step.case):
        count, _is_wrong = count_failed_calls(step.case)
        raise UserError(
            _("已拨打 %(n)d 次，还不能按未联系上结束。") % {"n": count},
            hint=_("未接通满 %(most)d 次，或号码有误，才能结束；请先登记每次通话。")
            % {"most": get_policy("visit_attempts")},
        )
    _end(step, VisitOutcome.UNREACHED)


def confirm_keep(step: Step) -> None:
    """Confirm that the case is not handled again; it ends as one whose reporter is not satisfied."""
    _end(step, VisitOutcome.UNSATISFIED)


def reopen(step: Step) -> None:
    """Work on a closed case again; it returns to the unit that handled it."""
    days = int(get_policy("reopen_days"))
    closed_at = step.case.closed_at
    if closed_at is not None and step.now - closed_at > timedelta(days=days):
        raise UserError(
            _("结案已超过 %(days)d 天，不能重新办理。") % {"days": days},
            hint=_("请登记为新案件，并在内容中写明原编号。"),
        )
    _start_again(step)


def refuse_keep(step: Step) -> None:
    """Refuse the proposal: the case is handled again."""
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
    step.changes.update(dict.fromkeys(undone), reopens=step.case.reopens + 1, visit_outcome="")
    step.after.append(lambda: find_merged_reporters(step.case).update(replied_at=None))
    step.starts_whole = True
    unit_id = find_successor(step.case.lead_unit_id)
    if unit_id is None:
        step.to_state, step.starts = State.FILED.value, Stage.DISPATCH.value
        step.changes.update(lead_unit_id=None, handler_id=None, handle_due_at=None)
        dispatchers = find_holders("cases.case:dispatch", step.area_path)
        step.notify(dispatchers, notices.REOPENED_TO_DISPATCH)
        return
    step.to_state, step.starts = State.DISPATCHED.value, Stage.HANDLE.value
    step.changes["dispatched_at"] = step.now
    if unit_id != step.case.lead_unit_id:
        step.changes.update(lead_unit_id=unit_id, handler_id=None)
    give_back_to_lead(step, notices.REOPENED)


MOVES = (
    Move(
        code="VISIT",
        label=gettext_lazy("回访"),
        sources=states(State.CLOSED, State.DONE),
        target=None,
        permission="cases.case:visit",
        fields=(
            MoveField(
                "reached",
                FieldKind.CHOICE,
                gettext_lazy("通话结果"),
                help=gettext_lazy("每打一次电话登记一次"),
                choices=(
                    (REACHED, gettext_lazy("已接通")),
                    (UNREACHED, gettext_lazy("未接通")),
                    (WRONG_NUMBER, gettext_lazy("号码有误")),
                ),
            ),
            MoveField(
                "solved",
                FieldKind.CHOICE,
                gettext_lazy("反映人认为已解决"),
                depends=REACHED_NEEDS,
                choices=YES_NO,
            ),
            MoveField("satisfaction", FieldKind.SCORE, gettext_lazy("满意度（1-5）"), depends=REACHED_NEEDS),
            MoveField("note", FieldKind.TEXT, gettext_lazy("反映人的话"), required=False),
            MoveField(
                "cause",
                FieldKind.REASON,
                gettext_lazy("不满意的原因"),
                depends=gettext_lazy("重新办理时必填"),
                reason_kind=ReasonKind.CAUSE,
            ),
            MoveField(
                "redo",
                FieldKind.CHOICE,
                gettext_lazy("怎么办"),
                required=False,
                choices=(
                    ("yes", gettext_lazy("重新办理")),
                    ("no", gettext_lazy("不再办理，报另一位同事确认")),
                ),
            ),
            MoveField(
                "keep",
                FieldKind.REASON,
                gettext_lazy("不再办理的理由"),
                depends=gettext_lazy("不再办理时必填"),
                reason_kind=ReasonKind.KEEP,
            ),
        ),
        stops=(Stage.VISIT,),
        reason_kind=ReasonKind.CAUSE,
        icon="phone-call",
        tone="primary",
        entry_tone="neutral",
        key="i",
        possible=is_waiting_for_visit,
        effect=visit,
    ),
    Move(
        code="END_VISIT",
        label=gettext_lazy("联系不上，结束回访"),
        sources=states(State.CLOSED),
        target=State.DONE,
        permission="cases.case:visit",
        fields=(EXPLANATION,),
        stops=(Stage.VISIT,),
        icon="phone",
        entry_tone="warn",
        possible=can_end_unreached,
        effect=end_unreached,
    ),
    Move(
        code="CONFIRM_KEEP",
        label=gettext_lazy("同意不再办理"),
        sources=states(State.TO_CONFIRM),
        target=State.DONE,
        permission=CONFIRM_RIGHT,
        party=Party.CONFIRMER,
        fields=(NOTE,),
        stops=(Stage.CONFIRM,),
        icon="check",
        tone="plain",
        entry_tone="warn",
        effect=confirm_keep,
    ),
    Move(
        code="REFUSE_KEEP",
        label=gettext_lazy("不同意，重新办理"),
        sources=states(State.TO_CONFIRM),
        target=None,
        permission=CONFIRM_RIGHT,
        party=Party.CONFIRMER,
        fields=(EXPLANATION,),
        stops=(Stage.CONFIRM,),
        icon="refresh",
        tone="primary",
        entry_tone="bad",
        effect=refuse_keep,
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
