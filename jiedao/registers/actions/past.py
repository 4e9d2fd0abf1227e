"""Import rounds that a town made before it recorded its inspections in jiedao."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.actor import Actor
from jiedao.registers.access import visible_records
from jiedao.registers.actions.planning import BATCH, need_checklist
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Checklist
from jiedao.registers.models import AnswerValue, Inspection, InspectionState, Record


@dataclass(frozen=True)
class PastRound:
    """A round that was made in the past and passed: its record and checklist, the time, and the inspector."""

    record_id: int
    checklist: str
    at: datetime
    by: Actor


def import_past_rounds(*, actor: Actor, info: RegisterInfo, rounds: Sequence[PastRound]) -> int:
    """Store rounds that were made in the past and passed; return how many. The next rounds are planned from them.

    Raises:
        NotAllowed: without the right to plan. NotFoundError: an unknown record or checklist.
        UserError: a day before the record was in the register, or in the future. Nothing is stored then.
    """
    actor.require("registers.visit:plan")
    checklists = {key: need_checklist(info, key) for key in {past.checklist for past in rounds}}
    visible = visible_records(actor, info).only("name", "grade", "first_date", "area_path", "unit_id")
    with transaction.atomic():
        for start in range(0, len(rounds), BATCH):
            batch = rounds[start : start + BATCH]
            records = visible.in_bulk({past.record_id for past in batch})
            rows = [
                _build_inspection(info, records.get(past.record_id), checklists[past.checklist], past)
                for past in batch
            ]
            Inspection.objects.bulk_create(rows)
        record_entry(
            actor=actor,
            action="registers.visit:take_over",
            obj_type="registers.register",
            obj_id=info.id,
            before=None,
            after={"made": len(rounds)},
        )
    return len(rounds)


def _build_inspection(
    info: RegisterInfo, record: Record | None, checklist: Checklist, past: PastRound
) -> Inspection:
    if record is None:
        raise NotFoundError(_("没有这条记录，或它不归您看。"), hint=_("请回到台账列表再找。"))
    day = past.at.astimezone(clock.TOWN_TZ).date()
    if not record.first_date <= day <= clock.today():
        words = _("检查日期 %(day)s 要在 %(first)s 到今天之间。") % {"day": day, "first": record.first_date}
        raise UserError(f"{record.name}：{words}", hint=_("请改正后再提交。"), field="at")
    answers: dict[str, Any] = {
        item.key: {
            "ask": item.name,
            "ask_en": item.name_en,
            "value": AnswerValue.OK.value,
            "note": "",
            "photos": [],
        }
        for item in checklist.items
    }
    return Inspection(
        register_id=info.id,
        record=record,
        checklist=checklist.key,
        state=InspectionState.DONE,
        passed=True,
        area_path=record.area_path,
        unit_id=record.unit_id,
        every_days=info.definition.inspection_interval(record.grade),
        planned_date=day,
        due_date=day,
        counted_date=day,
        done_date=day,
        done_at=past.at,
        done_by_id=past.by.user_id,
        done_label=past.by.label[:120],
        answers=answers,
    )
