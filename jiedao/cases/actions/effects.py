"""What each move writes. One function a move, registered under its code; the engine does the rest."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.actions import assigning, clocks, closing, joining
from jiedao.cases.actions.engine import Effect, Step
from jiedao.cases.actions.fields import small_class
from jiedao.cases.actions.wording import line
from jiedao.cases.flow import Stage, State
from jiedao.cases.models import PUBLIC_CHANNELS, Assignment, Case, Choice, ExtensionRequest
from jiedao.kernel.errors import UserError
from jiedao.kernel.flow import Move
from jiedao.kernel.policies import get_policy
from jiedao.notices.models import Tone
from jiedao.orgs.people import holders_in_units, holders_of
from jiedao.places.selectors import area_info

EFFECTS: dict[str, Effect] = {}


def effect(code: str) -> Callable[[Effect], Effect]:
    """Register the effect of a move."""

    def register(function: Effect) -> Effect:
        EFFECTS[code] = function
        return function

    return register


def possible(case: Case, move: Move) -> bool:
    """Tell whether a move that the state allows makes sense on this case, so that no button is a dead end."""
    if move.code in {"GRANT_EXTENSION", "REFUSE_EXTENSION"}:
        return ExtensionRequest.objects.filter(case=case, decided_at__isnull=True).exists()
    if move.code == "RELEASE_HELP":
        return Assignment.objects.filter(case=case, role="HELPER", ended_at__isnull=True).exists()
    if move.code == "REPLY":
        return case.has_reporter or closing.merged_reporters(case).exists()
    if move.code == "UNMERGE":
        return case.merged_into_id is not None
    return True


def take_area(step: Step) -> None:
    """Note the area a move names."""
    area = area_info(step.data.get("area"))
    if area is not None:
        step.changes.update(area_id=area.id, area_path=area.path, outside=False)


def reason_text(step: Step) -> str:
    """Return the reason in words and note its code."""
    code = str(step.data["reason"])
    found = catalogue.reason(step.move.code, code)
    step.note["reason"] = code
    law = f"（{found.law}）" if found is not None and found.law else ""
    return f"{found.text if found else code}{law}"


def keep_choice(step: Step) -> None:
    """Keep what was suggested and what was taken."""
    taken = step.data["category"]
    ranks = {row.get("category"): rank for rank, row in enumerate(step.case.suggestions, start=1)}
    step.after.append(
        lambda: Choice.objects.create(
            case=step.case,
            at=step.now,
            suggested=step.case.suggestions,
            category_id=taken,
            rank=ranks.get(taken),
        )
    )


@effect("ACCEPT")
def accept(step: Step) -> None:
    """Register: the category decides whether it is verified on site before filing."""
    category = small_class(step.data["category"])
    step.changes.update(category_id=category.id, accepted_at=step.now)
    take_area(step)
    keep_choice(step)
    if category.verify_first and step.case.channel in PUBLIC_CHANNELS:
        step.to_state, step.starts = State.TO_VERIFY.value, Stage.VERIFY.value
        step.tell.append(
            (holders_of("cases.case:verify", step.area_path), Tone.INFO.value, line(_("待核实"), step.case))
        )
        return
    file_now(step)


def file_now(step: Step) -> None:
    """File the case: the clock over the whole case starts here."""
    step.to_state, step.starts = State.FILED.value, Stage.DISPATCH.value
    step.changes["filed_at"] = step.now
    clocks.start_close(step)
    step.tell.append(
        (holders_of("cases.case:dispatch", step.area_path), Tone.INFO.value, line(_("待派遣"), step.case))
    )


@effect("VERIFY")
def verify(step: Step) -> None:
    """Confirm on site, then file."""
    file_now(step)


@effect("REJECT")
def reject(step: Step) -> None:
    """Do not accept, with the legal reason and the answer to the reporter."""
    closing.give_reply(step, f"{reason_text(step)} {step.data['reply']}")
    step.changes["ended_at"] = step.now


@effect("SELF_HANDLE")
def self_handle(step: Step) -> None:
    """Handle on the spot: filed, dispatched and handled in one, still checked by somebody else."""
    if step.actor.unit_id is None:
        raise UserError(_("自行处置要有处置单位。"), hint=_("请以岗位身份登录。"))
    step.changes.update(
        category_id=small_class(step.data["category"]).id,
        accepted_at=step.now,
        filed_at=step.now,
        dispatched_at=step.now,
    )
    step.changes.update(lead_unit_id=step.actor.unit_id, handler_id=step.actor.user_id, self_handled=True)
    step.changes.update(handled_at=step.now, handled_on_time=True, handle_due_at=step.now)
    step.text = step.data["result"]
    keep_choice(step)
    clocks.start_close(step)
    step.after.append(lambda: assigning.done_at_once(step))
    step.tell.append(
        (holders_of("cases.case:check", step.area_path), Tone.INFO.value, line(_("待核查"), step.case))
    )


@effect("DISPATCH")
def dispatch(step: Step) -> None:
    """Give the case to a lead unit and its helpers; the handling clock starts."""
    assigning.give(step, outcome_of_old="")


@effect("REDISPATCH")
def redispatch(step: Step) -> None:
    """Give the case to another lead unit."""
    if step.data["unit"] == step.case.lead_unit_id:
        raise UserError(_("已经由该单位主办。"), hint=_("请选择另一个单位。"), field="unit")
    assigning.give(step, outcome_of_old="REDISPATCHED")


@effect("RETURN")
def give_back(step: Step) -> None:
    """Return with a reason; counted, and bounded by the pack."""
    most = int(get_policy("max_returns"))
    if step.case.returns >= most:
        raise UserError(
            _("已退回 %(n)d 次，达到上限。") % {"n": step.case.returns},
            hint=_("请与派遣员协商，由派遣员改派，或申请协办。"),
        )
    step.text = f"{reason_text(step)}：{step.data['note']}"
    step.changes.update(returns=step.case.returns + 1, lead_unit_id=None, handler_id=None, handle_due_at=None)
    wrong = step.data["reason"] in get_policy("wrong_reasons")
    step.after.append(lambda: assigning.end_lead(step, "RETURNED", wrong=wrong))
    step.tell.append(
        (holders_of("cases.case:dispatch", step.area_path), Tone.WARN.value, line(_("退回"), step.case))
    )


@effect("TAKE")
def take(step: Step) -> None:
    """Take the case on; the clock runs on."""
    step.changes["handler_id"] = step.actor.user_id
    step.after.append(
        lambda: Assignment.objects.filter(case=step.case, role="LEAD", ended_at__isnull=True).update(
            taken_at=step.now
        )
    )


@effect("HANDLE")
def handle(step: Step) -> None:
    """Report the result; helpers must have finished first."""
    assigning.refuse_while_helping(step)
    due = step.case.handle_due_at
    on_time = due is None or step.now <= due
    step.text = step.data["result"]
    step.changes.update(
        handled_at=step.now, handled_on_time=on_time, handler_id=step.actor.user_id or step.case.handler_id
    )
    step.after.append(lambda: assigning.end_lead(step, "DONE", on_time=on_time, result=step.text))
    step.tell.append(
        (holders_of("cases.case:check", step.area_path), Tone.INFO.value, line(_("待核查"), step.case))
    )


@effect("CALL_HELP")
def call_help(step: Step) -> None:
    """Whistle for further units; each gets a clock of its own."""
    step.note["helpers"] = step.data["helpers"]

    def write() -> None:
        if not assigning.add_helpers(step, step.data["helpers"], step.data.get("limit")):
            raise UserError(
                _("这些单位已在主办或协办。"), hint=_("请选择还没有参加的单位。"), field="helpers"
            )

    step.after.append(write)


@effect("RELEASE_HELP")
def release_help(step: Step) -> None:
    """Let a helper go, and tell it."""
    unit_id = step.data["unit"]
    step.note["unit"] = unit_id
    assigning.end_help(step, [unit_id], "WITHDRAWN", "")
    told = holders_in_units([unit_id], "cases.case:handle")
    step.tell.append((told, Tone.INFO.value, line(_("撤回协办"), step.case)))


@effect("HELPED")
def helped(step: Step) -> None:
    """A helper reports its part done."""
    step.text = step.data["result"]
    assigning.end_help(step, assigning.helping_units(step), "DONE", step.text)
    if step.case.lead_unit_id is not None:
        told = holders_in_units([step.case.lead_unit_id], "cases.case:handle")
        step.tell.append((told, Tone.INFO.value, line(_("协办完成"), step.case)))


@effect("CHECK_PASS")
def check_pass(step: Step) -> None:
    """Somebody else confirms the result."""
    step.changes["checked_at"] = step.now
    step.tell.append(
        (holders_of("cases.case:close", step.area_path), Tone.INFO.value, line(_("待结案"), step.case))
    )


@effect("REWORK")
def rework(step: Step) -> None:
    """Send it back to the unit that handled: counted, a new round with a new clock."""
    step.changes.update(reworks=step.case.reworks + 1, handled_at=None, handled_on_time=None, checked_at=None)
    assigning.again(step, Tone.ALARM.value, line(_("核查不通过，返工"), step.case))


EFFECTS |= {
    "CLOSE": closing.close,
    "REPLY": closing.reply,
    "VISIT": closing.visit,
    "REOPEN": closing.reopen,
    "ASK_EXTENSION": closing.ask_extension,
    "GRANT_EXTENSION": closing.grant_extension,
    "REFUSE_EXTENSION": closing.refuse_extension,
    "SUSPEND": joining.suspend,
    "RESUME": joining.resume,
    "MERGE": joining.merge,
    "UNMERGE": joining.unmerge,
    "SPLIT": joining.split,
    "SUPERVISE": joining.supervise,
    "REMIND": joining.remind,
    "VOID": joining.void,
    "CORRECT": joining.correct,
    "COMMENT": joining.comment,
}
