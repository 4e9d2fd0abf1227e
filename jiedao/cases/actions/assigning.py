"""Units and their parts: giving, ending, starting again, helping."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db.models import Max
from django.utils.translation import gettext as _

from jiedao.cases.actions import clocks
from jiedao.cases.actions.wording import line
from jiedao.cases.deadlines import deadline, stage_deadline
from jiedao.cases.flow import Stage
from jiedao.cases.models import Assignment, Clock, ExtensionRequest, Role
from jiedao.kernel.errors import UserError
from jiedao.notices.models import Tone
from jiedao.orgs.people import holders_in_units
from jiedao.orgs.units import unit_info

if TYPE_CHECKING:
    from jiedao.cases.actions.engine import Step


def next_round(step: "Step") -> int:
    """Return the number of the next round of the lead."""
    rows = Assignment.objects.filter(case=step.case, role=Role.LEAD)
    return int(rows.aggregate(last=Max("round"))["last"] or 0) + 1


def give(step: "Step", *, outcome_of_old: str) -> None:
    """Make the unit of the move the lead, with its helpers."""
    unit_id = int(step.data["unit"])
    helpers = [pk for pk in step.data.get("helpers") or [] if pk != unit_id]
    step.limit = step.data.get("limit") or ""
    step.changes.update(dispatched_at=step.now, lead_unit_id=unit_id, handler_id=None)
    step.note.update(unit=unit_id, helpers=helpers)

    def write() -> None:
        if outcome_of_old and step.case.lead_unit_id is not None:
            gone = holders_in_units([step.case.lead_unit_id], "cases.case:handle")
            step.tell.append((gone, Tone.WARN.value, line(_("已改派"), step.case)))
        if outcome_of_old:
            end_lead(step, outcome_of_old)
        start_lead(step, unit_id)
        add_helpers(step, helpers, None)

    step.after.append(write)
    told = holders_in_units([unit_id], "cases.case:take")
    step.tell.append((told, Tone.INFO.value, line(_("新派案件"), step.case)))


def start_lead(step: "Step", unit_id: int) -> None:
    """Write the lead's part; its due time is the handling clock's."""
    Assignment.objects.create(
        case=step.case,
        unit_id=unit_id,
        role=Role.LEAD,
        round=next_round(step),
        dispatched_at=step.now,
        due_at=step.changes.get("handle_due_at"),
    )


def end_lead(
    step: "Step", outcome: str, *, wrong: bool = False, on_time: bool | None = None, result: str = ""
) -> None:
    """End the lead's part; a unit that gives the case away also lets its helpers go.

    A wish for more time ends with the part it was asked for: the next unit must be able to ask for its own.
    """
    Assignment.objects.filter(case=step.case, role=Role.LEAD, ended_at__isnull=True).update(
        ended_at=step.now,
        outcome=outcome,
        wrong=wrong,
        on_time=on_time,
        result=result,
        done_at=step.now if outcome == "DONE" else None,
    )
    wishes = ExtensionRequest.objects.filter(case=step.case, decided_at__isnull=True)
    wishes.update(decided_at=step.now, granted=False)
    if outcome in {"RETURNED", "REDISPATCHED", "WITHDRAWN"}:
        rows = Assignment.objects.filter(case=step.case, role=Role.HELPER, ended_at__isnull=True)
        gone = holders_in_units(rows.values_list("unit_id", flat=True), "cases.case:handle")
        step.tell.append((gone, Tone.WARN.value, line(_("撤回协办"), step.case)))
        rows.update(ended_at=step.now, outcome="WITHDRAWN")


def done_at_once(step: "Step") -> None:
    """Write the part of a unit that handled on the spot."""
    Assignment.objects.create(
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


def again(step: "Step", tone: str, text: str) -> None:
    """Give the case to the same lead for another round."""
    unit_id = step.case.lead_unit_id
    if unit_id is None:
        raise UserError(_("没有主办单位可以返工。"), hint=_("请先派遣。"))
    step.after.append(lambda: start_lead(step, unit_id))
    step.tell.append((holders_in_units([unit_id], "cases.case:handle"), tone, text))


def add_helpers(step: "Step", unit_ids: Sequence[int], limit: str | None) -> list[int]:
    """Give each unit that does not help yet a part and a clock of its own; return those units."""
    case = step.case
    lead = step.changes.get("lead_unit_id", case.lead_unit_id)
    busy = set(
        Assignment.objects.filter(case=case, role=Role.HELPER, ended_at__isnull=True).values_list(
            "unit_id", flat=True
        )
    )
    new = [pk for pk in unit_ids if pk not in busy and pk != lead]
    for unit_id in new:
        stage = Stage.HELP.value
        due = (
            deadline(stage, limit, step.now)
            if limit
            else stage_deadline(stage, step.category_id, step.area_path, step.now)
        )
        part = Assignment.objects.create(
            case=case, unit_id=unit_id, role=Role.HELPER, dispatched_at=step.now, due_at=due.due_at
        )
        clocks.start(case, due, part)
        told = holders_in_units([unit_id], "cases.case:handle")
        step.tell.append((told, Tone.INFO.value, line(_("请协办"), case)))
    return new


def helping_units(step: "Step") -> list[int]:
    """Return the helping unit the actor reports for: their own, else the one below it that helps."""
    parts = Assignment.objects.filter(
        case=step.case, role=Role.HELPER, ended_at__isnull=True, unit_id__in=step.actor.unit_ids
    )
    units = sorted(set(parts.values_list("unit_id", flat=True)))
    if step.actor.unit_id in units:
        return [int(step.actor.unit_id)]
    if len(units) > 1:
        raise UserError(_("下属有几个单位在协办，不能一起填报。"), hint=_("请由各协办单位分别填报。"))
    return units


def end_help(step: "Step", unit_ids: Iterable[int], outcome: str, result: str) -> None:
    """End the units' open parts as helpers and stop their clocks."""
    rows = list(
        Assignment.objects.filter(
            case=step.case, role=Role.HELPER, ended_at__isnull=True, unit_id__in=list(unit_ids)
        )
    )
    if not rows:
        raise UserError(_("该单位没有未完成的协办。"), hint=_("请刷新页面。"), field="unit")
    for row in rows:
        row.ended_at, row.outcome, row.result = step.now, outcome, result
        if outcome == "DONE":
            row.done_at, row.on_time = step.now, row.due_at is None or step.now <= row.due_at
        row.save()
    Clock.objects.filter(assignment__in=rows, stopped_at__isnull=True).update(
        stopped_at=step.now, next_look_at=None
    )


def refuse_while_helping(step: "Step") -> None:
    """Refuse to finish while a helper has not: the lead answers for the whole."""
    rows = Assignment.objects.filter(case=step.case, role=Role.HELPER, ended_at__isnull=True)
    names = [unit.name for pk in rows.values_list("unit_id", flat=True) if (unit := unit_info(pk))]
    if names:
        raise UserError(
            _("协办单位还没有完成：%(names)s。") % {"names": "、".join(names)},
            hint=_("请等协办完成，或先撤回协办。"),
        )
