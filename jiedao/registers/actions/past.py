"""Inspections that were made before they were kept here: what a town brings from its books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record as note
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.actor import Actor
from jiedao.registers.access import visible_records
from jiedao.registers.actions.planning import BATCH, need_checklist
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Checklist
from jiedao.registers.models import Record, Value, Visit, VisitState


@dataclass(frozen=True)
class Past:
    """A round that was made and passed: of which record and checklist, when, by whom."""

    record_id: int
    checklist: str
    at: datetime
    by: Actor


def take_over(*, actor: Actor, info: RegisterInfo, made: Sequence[Past]) -> int:
    """Keep rounds that were made and passed; return how many. The next rounds are planned from them.

    Raises:
        NotAllowed: without the right to plan. NotFoundError: a record or checklist that is not there.
        UserError: a day before the record was in the register, or in the future. Nothing is kept then.
    """
    actor.need("registers.visit:plan")
    checklists = {key: need_checklist(info, key) for key in {one.checklist for one in made}}
    seen = visible_records(actor, info).only("name", "grade", "first_date", "area_path", "unit_id")
    with transaction.atomic():
        for start in range(0, len(made), BATCH):
            some = made[start : start + BATCH]
            records = seen.in_bulk({one.record_id for one in some})
            rows = [_visit(info, records.get(one.record_id), checklists[one.checklist], one) for one in some]
            Visit.objects.bulk_create(rows)
        note(
            actor=actor, action="registers.visit:take_over", obj_type="registers.register", obj_id=info.id,
            before=None, after={"made": len(made)},
        )  # fmt: skip
    return len(made)


def _visit(info: RegisterInfo, record: Record | None, checklist: Checklist, one: Past) -> Visit:
    if record is None:
        raise NotFoundError(_("没有这条记录，或它不归您看。"), hint=_("请回到台账列表再找。"))
    day = one.at.astimezone(clock.TOWN_TZ).date()
    if not record.first_date <= day <= clock.today():
        words = _("检查日期 %(day)s 要在 %(first)s 到今天之间。") % {"day": day, "first": record.first_date}
        raise UserError(f"{record.name}：{words}", hint=_("请改正后再提交。"), field="at")
    answers: dict[str, Any] = {
        item.key: {
            "ask": item.name, "ask_en": item.name_en, "value": Value.OK.value, "note": "", "photos": [],
        }
        for item in checklist.items
    }  # fmt: skip
    return Visit(
        register_id=info.id, record=record, checklist=checklist.key, state=VisitState.DONE, passed=True,
        area_path=record.area_path, unit_id=record.unit_id, every_days=info.definition.every(record.grade),
        planned_date=day, due_date=day, counted_date=day, done_date=day, done_at=one.at,
        done_by_id=one.by.user_id, done_label=one.by.label[:120], answers=answers,
    )  # fmt: skip
