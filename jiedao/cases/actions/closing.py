"""The end of the loop: closing, replying, the return visit, reopening, and more time."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.actions import assigning, clocks
from jiedao.cases.actions.wording import line
from jiedao.cases.flow import Stage, State
from jiedao.cases.models import Assignment, Case, CaseMove, ExtensionRequest, ReturnVisit
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.policies import get_policy
from jiedao.notices.models import Tone
from jiedao.orgs.people import holders_of
from jiedao.orgs.units import unit_info

if TYPE_CHECKING:
    from jiedao.cases.actions.engine import Step


def merged_reporters(case: Case) -> Any:
    """Return the cases merged into this one whose reporters wait for the same answer."""
    return Case.objects.filter(merged_into=case, state=State.MERGED, has_reporter=True)


def unanswered(case: Case) -> bool:
    """Tell whether a reporter, of the case or of one merged into it, has had no reply since the matter was handled."""

    def waits(replied_at: datetime | None) -> bool:
        return replied_at is None or (case.handled_at is not None and replied_at < case.handled_at)

    if case.has_reporter and waits(case.replied_at):
        return True
    return any(waits(at) for at in merged_reporters(case).values_list("replied_at", flat=True))


def close(step: "Step") -> None:
    """Close; a reporter must have had a reply, and is called back where the category asks for it."""
    case, text = step.case, step.data.get("reply")
    if unanswered(case) and not text:
        raise UserError(_("处置之后还没有答复反映人，不能结案。"), hint=_("请填写答复。"), field="reply")
    if text:
        step.note.update({"note": step.text} if step.text else {})
        give_reply(step, text)
    category = catalogue.category_info(step.category_id)
    reported = case.has_reporter or merged_reporters(case).exists()
    visit = reported and (category is None or category.visit_required)
    on_time = case.close_due_at is None or step.now <= case.close_due_at
    step.changes.update(closed_at=step.now, closed_on_time=on_time)
    step.to_state = State.CLOSED.value if visit else State.DONE.value
    if visit:
        step.starts = Stage.VISIT.value
        step.tell.append(
            (holders_of("cases.case:visit", step.area_path), Tone.INFO.value, _("待回访：") + case.number)
        )
    else:
        step.changes["ended_at"] = step.now


def reply(step: "Step") -> None:
    """Answer the reporter."""
    if not (step.case.has_reporter or merged_reporters(step.case).exists()):
        raise UserError(_("这件案件没有反映人，无从答复。"), hint=_("内部说明请写备注。"), field="reply")
    give_reply(step, step.data["reply"])


def give_reply(step: "Step", text: str) -> None:
    """Make the move's text the answer that the reporter reads, and give it to merged reporters too."""
    step.text, step.public = text, True
    step.changes["replied_at"] = step.now

    def answer_merged() -> None:
        merged = merged_reporters(step.case)
        moves = [
            CaseMove(
                case_id=pk, move="REPLY", at=step.now, from_state=State.MERGED, to_state=State.MERGED, text=text,
                actor_label=step.actor.label, user_id=step.actor.user_id, unit_id=step.actor.unit_id, public=True,
                data={"with": step.case.number},
            )
            for pk in merged.values_list("id", flat=True)
        ]  # fmt: skip
        CaseMove.objects.bulk_create(moves)
        merged.update(replied_at=step.now)

    step.after.append(answer_merged)


def visit(step: "Step") -> None:
    """Record one attempt to call back. Reached: solved and satisfied are asked; unreached: tried again, bounded."""
    data, case = step.data, step.case
    reached = bool(data.get("reached"))
    if reached and data.get("satisfaction") is None:
        raise UserError(_("请填写满意度。"), hint=_("反映人给 1 到 5 分。"), field="satisfaction")
    solved = bool(data.get("solved")) if reached else None
    satisfaction = data.get("satisfaction") if reached else None
    step.note.update(reached=reached, solved=solved, satisfaction=satisfaction)
    step.after.append(
        lambda: ReturnVisit.objects.create(
            case=case, at=step.now, by_id=step.actor.user_id, reached=reached, solved=solved,
            satisfaction=satisfaction, note=step.text,
        )
    )  # fmt: skip
    if not reached:
        tries = ReturnVisit.objects.filter(case=case, at__gte=case.closed_at or case.reported_at)
        tried = tries.count() + 1  # since the last closing: a reopened case is called as often as a new one
        if tried < int(get_policy("visit_attempts")):
            step.starts = Stage.VISIT.value
            return
        step.to_state = State.DONE.value
        step.changes["ended_at"] = step.now
        return
    step.changes.update(visited_at=step.now, solved=solved, satisfaction=satisfaction)
    if data.get("redo"):
        _again(step)
    else:
        step.to_state = State.DONE.value
        step.changes["ended_at"] = step.now


def reopen(step: "Step") -> None:
    """Work on a closed case again; it reaches the unit that handled it."""
    days = int(get_policy("reopen_days"))
    closed = step.case.closed_at
    if closed is not None and step.now - closed > timedelta(days=days):
        raise UserError(
            _("结案已超过 %(days)d 天，不能重新办理。") % {"days": days},
            hint=_("请登记为新案件，并在内容中写明原编号。"),
        )
    _again(step)


def _again(step: "Step") -> None:
    step.changes.update(
        reopens=step.case.reopens + 1, closed_at=None, closed_on_time=None, ended_at=None, handled_at=None,
        handled_on_time=None, checked_at=None, replied_at=None,
    )  # fmt: skip
    step.after.append(lambda: merged_reporters(step.case).update(replied_at=None))
    clocks.start_close(step)
    unit = unit_info(step.case.lead_unit_id)
    if unit is None or not unit.active:
        step.to_state, step.starts = State.FILED.value, Stage.DISPATCH.value
        step.changes.update(lead_unit_id=None, handler_id=None, handle_due_at=None)
        told = holders_of("cases.case:dispatch", step.area_path)
        step.tell.append((told, Tone.ALARM.value, line(_("重新办理，待派遣"), step.case)))
        return
    step.to_state, step.starts = State.DISPATCHED.value, Stage.HANDLE.value
    step.changes["dispatched_at"] = step.now
    assigning.again(step, Tone.ALARM.value, _("重新办理：") + f"{step.case.number} {step.case.subject}")


def ask_extension(step: "Step") -> None:
    """Ask for more time: only before expiry, one at a time, bounded by the pack."""
    case = step.case
    if case.handle_due_at is not None and step.now >= case.handle_due_at:
        raise UserError(_("已经超期，不能再申请延期。"), hint=_("请尽快处置；确有客观原因的，可申请挂账。"))
    if case.extensions >= int(get_policy("max_extensions")):
        raise UserError(_("延期次数已到上限。"), hint=_("确有客观原因的，可申请挂账。"))
    if ExtensionRequest.objects.filter(case=case, decided_at__isnull=True).exists():
        raise UserError(_("已有一项延期申请在等待答复。"), hint=_("请等待答复，或与审批人联系。"))
    part = Assignment.objects.get(case=case, role="LEAD", ended_at__isnull=True)
    step.note["limit"] = step.data["limit"]
    step.after.append(
        lambda: ExtensionRequest.objects.create(
            case=case, assignment=part, limit=step.data["limit"], reason=step.text, asked_at=step.now,
            asked_by_id=step.actor.user_id,
        )
    )  # fmt: skip
    told = holders_of("cases.case:decide_extension", step.area_path)
    step.tell.append((told, Tone.WARN.value, _("申请延期：") + f"{case.number} {case.subject}"))


def _decide(step: "Step", *, granted: bool) -> ExtensionRequest:
    request: ExtensionRequest = step.data["request"]
    if request.asked_by_id is not None and request.asked_by_id == step.actor.user_id:
        raise NotAllowed(_("申请人不能自己批准。"), hint=_("请由另一位有权的同事答复。"))
    request.granted, request.decided_at, request.decided_by_id = granted, step.now, step.actor.user_id
    step.after.append(request.save)
    step.note["limit"] = request.limit
    if request.asked_by_id is not None:
        word = _("已同意延期：") if granted else _("不同意延期：")
        step.tell.append(([request.asked_by_id], Tone.INFO.value, word + step.case.number))
    return request


def grant_extension(step: "Step") -> None:
    """Grant more time; the due times move, counted from the old ones."""
    request = _decide(step, granted=True)
    clocks.extend(step, request.limit)
    step.changes["extensions"] = step.case.extensions + 1


def refuse_extension(step: "Step") -> None:
    """Refuse more time; the clock runs on as it was."""
    _decide(step, granted=False)
