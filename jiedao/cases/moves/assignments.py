"""The parts of units in a case: giving it to a lead, calling helpers, ending and starting again.

Each function takes the step whose effect calls it, decides and notifies at once, and leaves the rows to `step.after`.
"""

from collections.abc import Iterable, Sequence

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from jiedao.cases import notices
from jiedao.cases.deadlines import compute_deadline, compute_stage_deadline
from jiedao.cases.flow import Stage
from jiedao.cases.models import Assignment, Case, Clock, ExtensionRequest, Role
from jiedao.cases.moves.clocks import start_clock
from jiedao.cases.moves.step import Step
from jiedao.kernel.errors import UserError
from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Tone
from jiedao.orgs.people import find_holders_in_units
from jiedao.orgs.units import unit_info

HANDLE_RIGHT = "cases.case:handle"


def find_open_help(case: Case) -> QuerySet[Assignment]:
    """Return the parts of the helpers that have not finished."""
    return Assignment.objects.filter(case=case, role=Role.HELPER, ended_at__isnull=True)


def _find_open_lead(case: Case) -> QuerySet[Assignment]:
    return Assignment.objects.filter(case=case, role=Role.LEAD, ended_at__isnull=True)


def give_to_unit(step: Step, *, outcome_of_old: str = "") -> None:
    """Make the unit that the move names the lead, with its helpers; `outcome_of_old` ends the part of the old lead."""
    unit_id, old_unit_id = int(step.data["unit"]), step.case.lead_unit_id
    helpers = [pk for pk in step.data.get("helpers") or [] if pk != unit_id]
    step.limit = step.data.get("limit") or ""
    step.changes.update(dispatched_at=step.now, lead_unit_id=unit_id, handler_id=None)
    step.facts.update(unit=unit_id, helpers=helpers)
    step.notify(find_holders_in_units([unit_id], "cases.case:take"), notices.ASSIGNED)
    if outcome_of_old:
        if old_unit_id is not None:
            old_handlers = find_holders_in_units([old_unit_id], HANDLE_RIGHT)
            step.notify(old_handlers, notices.REASSIGNED)
        end_lead(step, outcome_of_old)
    start_lead(step, unit_id)
    add_helpers(step, find_new_helpers(step, helpers))


def start_lead(step: Step, unit_id: int) -> None:
    """Start another round of the lead; it is due when the clock of handling is."""

    def write() -> None:
        rounds = Assignment.objects.filter(case=step.case, role=Role.LEAD)
        last = rounds.aggregate(last=Max("round"))["last"]
        Assignment.objects.create(
            case=step.case,
            unit_id=unit_id,
            role=Role.LEAD,
            round=int(last or 0) + 1,
            dispatched_at=step.now,
            due_at=step.changes.get("handle_due_at"),
        )

    step.after.append(write)


def end_lead(
    step: Step, outcome: str, *, wrong: bool = False, on_time: bool | None = None, result: str = ""
) -> None:
    """End the part of the lead; a unit that gives the case away also releases its helpers.

    An open extension request ends with the part that it was made for, so that the next unit can make its own.
    """
    step.settles.add(notices.EXTENSION)
    gives_away = outcome in {"RETURNED", "REDISPATCHED", "WITHDRAWN"}
    if gives_away:
        helpers = list(find_open_help(step.case).values_list("unit_id", flat=True))
        _settle_help(step, helpers)
        step.notify(find_holders_in_units(helpers, HANDLE_RIGHT), notices.HELP_RELEASED, tone=Tone.WARN)

    def write() -> None:
        _find_open_lead(step.case).update(
            ended_at=step.now,
            outcome=outcome,
            wrong=wrong,
            on_time=on_time,
            result=result,
            done_at=step.now if outcome == "DONE" else None,
        )
        requests = ExtensionRequest.objects.filter(case=step.case, decided_at__isnull=True)
        requests.update(decided_at=step.now, granted=False)
        if gives_away:
            find_open_help(step.case).update(ended_at=step.now, outcome="WITHDRAWN")

    step.after.append(write)


def take_lead(step: Step) -> None:
    """Record that the lead unit accepted the case."""
    step.after.append(lambda: _find_open_lead(step.case).update(taken_at=step.now))


def record_handled_on_the_spot(step: Step) -> None:
    """Write the part of a unit that handled the case when it reported it."""
    step.after.append(
        lambda: Assignment.objects.create(
            case=step.case,
            unit_id=step.changes["lead_unit_id"],
            role=Role.LEAD,
            dispatched_at=step.now,
            taken_at=step.now,
            due_at=step.now,
            done_at=step.now,
            ended_at=step.now,
            outcome="DONE",
            on_time=True,
            result=step.text,
        )
    )


def give_back_to_lead(step: Step, kind: NoticeKind) -> None:
    """Give the case to the same lead for another round, with the notice."""
    unit_id = step.changes.get("lead_unit_id", step.case.lead_unit_id)
    if unit_id is None:
        raise UserError(_("没有主办单位可以返工。"), hint=_("请先派遣。"))
    start_lead(step, unit_id)
    step.notify(find_holders_in_units([unit_id], HANDLE_RIGHT), kind)


def find_new_helpers(step: Step, unit_ids: Sequence[int]) -> list[int]:
    """Return those of the units that neither lead nor help."""
    lead = step.changes.get("lead_unit_id", step.case.lead_unit_id)
    helping = set(find_open_help(step.case).values_list("unit_id", flat=True))
    return [pk for pk in unit_ids if pk not in helping and pk != lead]


def add_helpers(step: Step, unit_ids: Sequence[int], limit: str = "") -> None:
    """Give each unit a part as a helper and a clock of its own."""
    if not unit_ids:
        return
    stage = Stage.HELP.value
    due = (
        compute_deadline(stage, limit, step.now)
        if limit
        else compute_stage_deadline(stage, step.category_id, step.area_path, step.now)
    )

    def write() -> None:
        for unit_id in unit_ids:
            part = Assignment.objects.create(
                case=step.case,
                unit_id=unit_id,
                role=Role.HELPER,
                dispatched_at=step.now,
                due_at=due.due_at,
            )
            start_clock(step.case, due, part)

    step.after.append(write)
    for unit_id in unit_ids:
        handlers = find_holders_in_units([unit_id], HANDLE_RIGHT)
        step.notify(handlers, notices.HELP_ASKED, task=notices.help_task(unit_id))


def find_helping_unit(step: Step) -> list[int]:
    """Return the helping unit that the actor reports for: their own, else the one below it that helps."""
    parts = find_open_help(step.case).filter(unit_id__in=step.actor.unit_ids)
    units = sorted(set(parts.values_list("unit_id", flat=True)))
    if step.actor.unit_id in units:
        return [int(step.actor.unit_id)]
    if len(units) > 1:
        raise UserError(_("下属有几个单位在协办，不能一起填报。"), hint=_("请由各协办单位分别填报。"))
    return units


def end_help(step: Step, unit_ids: Iterable[int], outcome: str, result: str = "") -> None:
    """End the open parts of the units as helpers and stop their clocks."""
    parts = list(find_open_help(step.case).filter(unit_id__in=list(unit_ids)))
    if not parts:
        raise UserError(_("该单位没有未完成的协办。"), hint=_("请刷新页面。"), field="unit")
    for part in parts:
        part.ended_at, part.outcome, part.result = step.now, outcome, result
        if outcome == "DONE":
            part.done_at, part.on_time = step.now, part.due_at is None or step.judged_at <= part.due_at
    _settle_help(step, [part.unit_id for part in parts])

    def write() -> None:
        running = Clock.objects.filter(assignment__in=parts, stopped_at__isnull=True)
        running.update(stopped_at=step.now, next_look_at=None)
        for part in parts:
            part.save()

    step.after.append(write)


def _settle_help(step: Step, unit_ids: Iterable[int]) -> None:
    """Withdraw the requests to these units for help, and the alarms of their clocks."""
    for unit_id in unit_ids:
        step.settles |= {notices.help_task(unit_id), notices.help_alarm_task(unit_id)}


def refuse_while_helping(step: Step) -> None:
    """Raise UserError while a helper has not finished: the lead answers for the complete result."""
    unit_ids = find_open_help(step.case).values_list("unit_id", flat=True)
    names = [unit.name for pk in unit_ids if (unit := unit_info(pk))]
    if names:
        raise UserError(
            _("协办单位还没有完成：%(names)s。") % {"names": "、".join(names)},
            hint=_("请等协办完成，或先撤回协办。"),
        )
