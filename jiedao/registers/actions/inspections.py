"""Make an inspection: store the answers to a checklist and file a case for each failed item in one transaction."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from jiedao.cases import catalogue as town
from jiedao.cases.actions.intake import NewCase, file_cases
from jiedao.cases.models import Channel
from jiedao.cases.origins import store_origins
from jiedao.files.actions import attach_copies, attach_files
from jiedao.kernel import clock
from jiedao.kernel.client_keys import make_taken_error, refuse_nil_uuid
from jiedao.kernel.errors import NotFoundError, Stale
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.registers.access import get_inspection, get_record
from jiedao.registers.actions.planning import (
    need_active,
    need_checklist,
    need_state,
    plan_next,
    record_inspection_entry,
    update_inspection,
)
from jiedao.registers.actions.rechecks import drop_rechecks
from jiedao.registers.actions.records import RowRefused
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Checklist, Item
from jiedao.registers.models import (
    AnswerValue,
    Finding,
    FindingState,
    Inspection,
    InspectionKind,
    InspectionState,
    Record,
)
from jiedao.registers.rows import Fault

ORIGIN = "registers.finding"
MOST_NOTE = 300


@dataclass(frozen=True)
class Answer:
    """The answer to one item: a code of `AnswerValue`, a note, and the ids of photos that the actor uploaded for it."""

    value: str
    note: str = ""
    photos: Sequence[int] = ()


@dataclass
class InspectionInput:
    """The input for an inspection.

    Attributes:
        inspection_id: the planned inspection. Without it, `record_id` and `checklist` name what was inspected: a
            waiting round is answered if there is one, else an extra inspection is created.
        answers: item key -> answer, for every item that the inspection asks (see `list_asked_items`).
        on: the day it was made; None for today. A phone without a network may send it on a later day.
        client_uuid: identifies an input that a phone may send twice; the second call returns the first inspection.
        version: the version of the inspection when the form was opened; None skips this check.
    """

    inspection_id: int | None = None
    record_id: int | None = None
    checklist: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    note: str = ""
    photos: Sequence[int] = ()
    on: date | None = None
    client_uuid: uuid.UUID | None = None
    version: int | None = None


def make_inspection(*, actor: Actor, data: InspectionInput) -> Inspection:
    """Store an inspection and return it. Failed items become cases, and the next round is planned.

    A failed item with an open finding is stored but opens no second case.

    Raises:
        NotAllowed: without the right. NotFoundError: out of scope. RowRefused: answers that cannot be stored, by item.
        Stale: another user made the inspection in the meantime, the record has ended, or the client_uuid belongs to
            another inspection.
    """
    actor.require("registers.visit:make")
    sent_before = _find_sent(actor, data)
    if sent_before is not None:
        return sent_before
    try:
        with transaction.atomic():
            return _store_inspection(actor, data)
    except (IntegrityError, Stale):
        # If one inspection is sent twice at the same moment, the second call returns what the first one stored.
        sent_before = _find_sent(actor, data)
        if sent_before is None:
            raise
        return sent_before


def _find_sent(actor: Actor, data: InspectionInput) -> Inspection | None:
    """Return the inspection that was sent with the same client UUID; raise Stale if it is a different one."""
    refuse_nil_uuid(data.client_uuid)
    if data.client_uuid is None:
        return None
    known_id = Inspection.objects.filter(client_uuid=data.client_uuid).values_list("pk", flat=True).first()
    if known_id is None:
        return None
    is_own = Inspection.objects.filter(pk=known_id, done_by_id=actor.user_id).exists()
    if data.inspection_id not in {None, known_id} or not is_own:
        raise make_taken_error()
    return get_inspection(actor, known_id)[1]


def list_asked_items(info: RegisterInfo, inspection: Inspection) -> list[Item]:
    """Return the items that an inspection asks; a recheck asks only the item that failed."""
    checklist = info.definition.checklist(inspection.checklist)
    items = list(checklist.items) if checklist is not None else []
    if inspection.kind == InspectionKind.RECHECK and inspection.finding is not None:
        return [item for item in items if item.key == inspection.finding.item]
    return items


def _store_inspection(actor: Actor, data: InspectionInput) -> Inspection:
    info, record, inspection = _lock_target(actor, data)
    need_active(record)
    day = data.on or clock.today()
    sent_late = inspection.state == InspectionState.MISSED and day <= inspection.due_date
    need_state(
        inspection, data.version, InspectionState.DUE, *([InspectionState.MISSED] if sent_late else [])
    )
    items = list_asked_items(info, inspection)
    _check_answers(record, items, data, day)
    failed = [item for item in items if data.answers[item.key].value == AnswerValue.FAIL]
    update_inspection(
        inspection,
        state=InspectionState.DONE,
        done_at=clock.now(),
        done_date=day,
        counted_date=day,
        done_by_id=actor.user_id,
        done_label=actor.label[:120],
        passed=not failed,
        answers=_stored_answers(items, data),
        client_uuid=data.client_uuid,
        note=make_storable(data.note).strip()[:MOST_NOTE],
    )
    photos = [pk for answer in data.answers.values() for pk in answer.photos]
    attach_files(actor, "registers.visit", inspection.pk, [*dict.fromkeys([*data.photos, *photos])])
    inspection.record = record
    finding_ids = _open_findings(actor, info, inspection, failed, data)
    plan_next(info, [inspection], clock.today())
    if sent_late and inspection.finding_id is not None:
        drop_rechecks(actor, inspection.finding_id, _("上一次复查已按期完成"))
    record_inspection_entry(
        actor,
        "make",
        inspection,
        {
            "state": inspection.state,
            "on": day.isoformat(),
            "failed": [item.key for item in failed],
            "findings": finding_ids,
        },
    )
    return inspection


def _lock_target(actor: Actor, data: InspectionInput) -> tuple[RegisterInfo, Record, Inspection]:
    """Return register, record and inspection, the rows locked; create an extra inspection if none is planned.

    The record is locked before the inspection.
    """
    if data.inspection_id is not None:
        _info, inspection = get_inspection(actor, data.inspection_id)
        record = Record.objects.select_for_update(no_key=True).get(pk=inspection.record_id)
        info, inspection = get_inspection(actor, data.inspection_id, for_change=True)
        return info, record, inspection
    if data.record_id is None:
        raise NotFoundError(_("没有写明检查了什么。"), hint=_("请从检查列表或台账记录打开。"))
    info, record = get_record(actor, data.record_id, for_change=True)
    checklist = need_checklist(info, data.checklist)
    day = data.on or clock.today()
    waiting = Inspection.objects.filter(
        record=record, checklist=checklist.key, state=InspectionState.DUE, planned_date__lte=day
    )
    planned = waiting.exclude(kind=InspectionKind.RECHECK).order_by("due_date", "id").first()
    return info, record, planned or _create_extra(record, checklist, day)


def _create_extra(record: Record, checklist: Checklist, day: date) -> Inspection:
    return Inspection.objects.create(
        register_id=record.register_id,
        record=record,
        kind=InspectionKind.EXTRA,
        checklist=checklist.key,
        area_path=record.area_path,
        unit_id=record.unit_id,
        planned_date=day,
        due_date=day,
        counted_date=day,
    )


def _check_answers(record: Record, items: Sequence[Item], data: InspectionInput, day: date) -> None:
    """Raise RowRefused with every fault in the answers."""
    faults = [
        Fault(key, _("没有这一项。")) for key in data.answers if key not in {item.key for item in items}
    ]
    if not record.first_date <= day <= clock.today():
        words = _("检查日期 %(day)s 要在 %(first)s 到今天之间。")
        faults.append(Fault("on", words % {"day": day, "first": record.first_date}))
    for item in items:
        answer = data.answers.get(item.key)
        if answer is None or answer.value not in AnswerValue.values:
            faults.append(Fault(item.key, _("“%(item)s”还没有回答。") % {"item": item.label}))
        elif answer.value == AnswerValue.FAIL and item.photo and not answer.photos:
            faults.append(Fault(item.key, _("“%(item)s”不合格，要有现场照片。") % {"item": item.label}))
        elif len(answer.note) > MOST_NOTE:
            words = _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(answer.note), "most": MOST_NOTE}
            faults.append(Fault(item.key, words))
    if faults:
        raise RowRefused(faults)


def _stored_answers(items: Sequence[Item], data: InspectionInput) -> dict[str, Any]:
    """Return the answers to store, each with the question as it is asked today."""
    stored = {}
    for item in items:
        answer = data.answers[item.key]
        stored[item.key] = {
            "ask": item.name,
            "ask_en": item.name_en,
            "value": answer.value,
            "note": make_storable(answer.note).strip(),
            "photos": list(answer.photos),
        }
    return stored


def _open_findings(
    actor: Actor, info: RegisterInfo, inspection: Inspection, failed: Sequence[Item], data: InspectionInput
) -> list[int]:
    """File a case and create a finding for every failed item without an open finding; return the findings' ids."""
    record, keys = inspection.record, [item.key for item in failed]
    open_items = set(
        Finding.objects.filter(record=record, item__in=keys, state=FindingState.OPEN).values_list(
            "item", flat=True
        )
    )
    new_items = [item for item in failed if item.key not in open_items]
    if not new_items:
        return []
    new_cases = [_build_case(info, record, item, data.answers[item.key]) for item in new_items]
    # The right to inspect includes reporting what the inspection found.
    reporter = replace(actor, permissions=actor.permissions | {"cases.case:report"})
    cases = file_cases(new_cases, actor=reporter)
    finding_ids = []
    for item, case in zip(new_items, cases, strict=True):
        answer = data.answers[item.key]
        finding = Finding.objects.create(
            register_id=info.id,
            record=record,
            inspection=inspection,
            item=item.key,
            case_id=case.id,
            text=(make_storable(answer.note).strip() or item.name)[:MOST_NOTE],
            area_path=record.area_path,
            unit_id=record.unit_id,
            found_date=inspection.counted_date,
        )
        attach_copies(actor, "cases.case", case.id, list(answer.photos))
        finding_ids.append(finding.pk)
    store_origins(ORIGIN, {case.id: pk for case, pk in zip(cases, finding_ids, strict=True)})
    return finding_ids


def _build_case(info: RegisterInfo, record: Record, item: Item, answer: Answer) -> NewCase:
    """Return the case for a failed item, in the town's language and not the actor's, because everybody reads it."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("%(record)s：%(item)s，不合格") % {"record": record.name, "item": item.name}
        lines = [
            _("台账：%(name)s") % {"name": info.definition.name},
            _("对象：%(name)s（%(code)s）") % {"name": record.name, "code": record.code},
            _("检查项：%(item)s，不合格") % {"item": item.name},
            _("情况：%(note)s") % {"note": answer.note} if answer.note.strip() else "",
        ]
    return NewCase(
        channel=Channel.INSPECTION.value,
        subject=subject[:200],
        detail="\n".join(filter(None, lines)),
        place_text=record.place_text or record.name,
        lon=record.lon,
        lat=record.lat,
        area_id=record.area_id,
        premise_id=record.premise_id,
        category_id=_find_category(item.category),
        urgent=item.urgent,
    )


def _find_category(named: str) -> int | None:
    """Return the id of a category named as "MATTER 06010"; None if there is no active category of that name."""
    kind, _space, code = named.partition(" ")
    categories = town.CATEGORIES.get().values()
    return next(
        (
            category.id
            for category in categories
            if (category.kind, category.code, category.active) == (kind, code, True)
        ),
        None,
    )
