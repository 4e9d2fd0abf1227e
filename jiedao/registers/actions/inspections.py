"""Making an inspection: a checklist answered; what failed becomes a hazard case in the same transaction."""

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
from jiedao.files.actions import attach, attach_copies
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale
from jiedao.kernel.storable import storable
from jiedao.orgs.actor import Actor
from jiedao.registers.access import get_record, get_visit
from jiedao.registers.actions.planning import (
    need_active,
    need_checklist,
    need_state,
    note_visit,
    plan_next,
    swap,
)
from jiedao.registers.actions.rechecks import drop_rechecks
from jiedao.registers.actions.records import RowRefused
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Checklist, Item
from jiedao.registers.models import Finding, FindingState, Record, Value, Visit, VisitKind, VisitState
from jiedao.registers.rows import Fault

ORIGIN = "registers.finding"
MOST_NOTE = 300


@dataclass(frozen=True)
class Answer:
    """The answer to one item: a `Value` code, words, and the ids of photos that wait for this person."""

    value: str
    note: str = ""
    photos: Sequence[int] = ()


@dataclass
class Seen:
    """What an inspection saw.

    Attributes:
        visit_id: the planned inspection; without it `record_id` and `checklist` say what was inspected: the round
            that waits is answered, else the inspection stands beside the rounds.
        answers: item key -> answer, one for every item asked (see `asked`).
        on: the day it was made; today when None. It may be sent later than it was made, from a phone without a network.
        client_uuid: what a phone may send twice: the second call returns the first inspection.
        version: the version the form was opened with; None skips that check but not the swap.
    """

    visit_id: int | None = None
    record_id: int | None = None
    checklist: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    note: str = ""
    photos: Sequence[int] = ()
    on: date | None = None
    client_uuid: uuid.UUID | None = None
    version: int | None = None


def make_visit(*, actor: Actor, seen: Seen) -> Visit:
    """Record an inspection and return it: cases of what failed are filed, the next round is planned.

    An item whose finding is still being set right is noted and opens no second case.

    Raises:
        NotAllowed: without the right. NotFoundError: out of scope. Stale: somebody made it meanwhile, the record has
        left the register, or the client_uuid is another inspection's. RowRefused: every answer that cannot be kept,
        by item.
    """
    actor.need("registers.visit:make")
    sent = _sent_before(actor, seen)
    if sent is not None:
        return sent
    try:
        with transaction.atomic():
            return _make(actor, seen)
    except (IntegrityError, Stale):
        # of two sendings of one inspection at once the second finds the first
        sent = _sent_before(actor, seen)
        if sent is None:
            raise
        return sent


def _sent_before(actor: Actor, seen: Seen) -> Visit | None:
    """Return the inspection that was sent under the same client UUID; raise Stale where that is another one."""
    if seen.client_uuid is None:
        return None
    known = Visit.objects.filter(client_uuid=seen.client_uuid).values_list("pk", flat=True).first()
    if known is None:
        return None
    if seen.visit_id not in {None, known}:
        raise Stale(_("这个编号已经用在另一项检查上。"), hint=_("请换一个。"), field="client_uuid")
    return get_visit(actor, known)[1]


def asked(info: RegisterInfo, visit: Visit) -> list[Item]:
    """Return the items that an inspection asks: of a recheck the one that was found wrong."""
    checklist = info.definition.checklist(visit.checklist)
    items = list(checklist.items) if checklist is not None else []
    if visit.kind == VisitKind.RECHECK and visit.finding is not None:
        return [one for one in items if one.key == visit.finding.item]
    return items


def _make(actor: Actor, seen: Seen) -> Visit:
    info, record, visit = _found(actor, seen)
    need_active(record)
    day = seen.on or clock.today()
    late = visit.state == VisitState.MISSED and day <= visit.due_date
    need_state(visit, seen.version, VisitState.DUE, *([VisitState.MISSED] if late else []))
    items = asked(info, visit)
    _check(record, items, seen, day)
    failed = [item for item in items if seen.answers[item.key].value == Value.FAIL]
    swap(
        visit, state=VisitState.DONE, done_at=clock.now(), done_date=day, counted_date=day, done_by_id=actor.user_id,
        done_label=actor.label[:120], passed=not failed, answers=_kept(items, seen), client_uuid=seen.client_uuid,
        note=storable(seen.note).strip()[:MOST_NOTE],
    )  # fmt: skip
    photos = [pk for one in seen.answers.values() for pk in one.photos]
    attach(actor, "registers.visit", visit.pk, [*dict.fromkeys([*seen.photos, *photos])])
    visit.record = record
    opened = _open(actor, info, visit, failed, seen)
    plan_next(info, [visit], clock.today())
    if late and visit.finding_id is not None:
        drop_rechecks(actor, visit.finding_id, _("上一次复查已按期完成"))
    note_visit(
        actor, "make", visit,
        {"state": visit.state, "on": day.isoformat(), "failed": [item.key for item in failed], "findings": opened},
    )  # fmt: skip
    return visit


def _found(actor: Actor, seen: Seen) -> tuple[RegisterInfo, Record, Visit]:
    """Return the inspection with its record, both locked, the record first; made where none is planned."""
    if seen.visit_id is not None:
        _info, visit = get_visit(actor, seen.visit_id)
        record = Record.objects.select_for_update(no_key=True).get(pk=visit.record_id)
        info, visit = get_visit(actor, seen.visit_id, for_change=True)
        return info, record, visit
    if seen.record_id is None:
        raise NotFoundError(_("没有写明检查了什么。"), hint=_("请从检查列表或台账记录打开。"))
    info, record = get_record(actor, seen.record_id, for_change=True)
    checklist = need_checklist(info, seen.checklist)
    day = seen.on or clock.today()
    waiting = Visit.objects.filter(
        record=record, checklist=checklist.key, state=VisitState.DUE, planned_date__lte=day
    )
    planned = waiting.exclude(kind=VisitKind.RECHECK).order_by("due_date", "id").first()
    return info, record, planned or _beside(record, checklist, day)


def _beside(record: Record, checklist: Checklist, day: date) -> Visit:
    return Visit.objects.create(
        register_id=record.register_id, record=record, kind=VisitKind.EXTRA, checklist=checklist.key,
        area_path=record.area_path, unit_id=record.unit_id, planned_date=day, due_date=day, counted_date=day,
    )  # fmt: skip


def _check(record: Record, items: Sequence[Item], seen: Seen, day: date) -> None:
    """Raise RowRefused with everything that is wrong with the answers."""
    faults = [Fault(key, _("没有这一项。")) for key in seen.answers if key not in {one.key for one in items}]
    if not record.first_date <= day <= clock.today():
        words = _("检查日期 %(day)s 要在 %(first)s 到今天之间。")
        faults.append(Fault("on", words % {"day": day, "first": record.first_date}))
    for item in items:
        answer = seen.answers.get(item.key)
        if answer is None or answer.value not in Value.values:
            faults.append(Fault(item.key, _("“%(item)s”还没有回答。") % {"item": item.label}))
        elif answer.value == Value.FAIL and item.photo and not answer.photos:
            faults.append(Fault(item.key, _("“%(item)s”不合格，要有现场照片。") % {"item": item.label}))
        elif len(answer.note) > MOST_NOTE:
            words = _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(answer.note), "most": MOST_NOTE}
            faults.append(Fault(item.key, words))
    if faults:
        raise RowRefused(faults)


def _kept(items: Sequence[Item], seen: Seen) -> dict[str, Any]:
    """Return the answers as they are kept: with the question as it was asked."""
    found = {}
    for item in items:
        answer = seen.answers[item.key]
        found[item.key] = {
            "ask": item.name, "ask_en": item.name_en, "value": answer.value, "note": storable(answer.note).strip(),
            "photos": list(answer.photos),
        }  # fmt: skip
    return found


def _open(actor: Actor, info: RegisterInfo, visit: Visit, failed: Sequence[Item], seen: Seen) -> list[int]:
    """File a case for every failed item that is not being set right already; return the new findings' ids."""
    record, keys = visit.record, [item.key for item in failed]
    busy = set(
        Finding.objects.filter(record=record, item__in=keys, state=FindingState.OPEN).values_list(
            "item", flat=True
        )
    )
    fresh = [item for item in failed if item.key not in busy]
    if not fresh:
        return []
    news = [_hazard(info, record, item, seen.answers[item.key]) for item in fresh]
    # Who may inspect may thereby report what the inspection found.
    reporting = replace(actor, permissions=actor.permissions | {"cases.case:report"})
    filed = file_cases(news, actor=reporting)
    opened = []
    for item, case in zip(fresh, filed, strict=True):
        answer = seen.answers[item.key]
        finding = Finding.objects.create(
            register_id=info.id, record=record, visit=visit, item=item.key, case_id=case.id,
            text=(storable(answer.note).strip() or item.name)[:MOST_NOTE], area_path=record.area_path,
            unit_id=record.unit_id, found_date=visit.counted_date,
        )  # fmt: skip
        attach_copies(actor, "cases.case", case.id, list(answer.photos))
        opened.append(finding.pk)
    store_origins(ORIGIN, {case.id: pk for case, pk in zip(filed, opened, strict=True)})
    return opened


def _hazard(info: RegisterInfo, record: Record, item: Item, answer: Answer) -> NewCase:
    """Return the case of a failed item. Everybody reads it, so it is written in the town's language."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("%(record)s：%(item)s，不合格") % {"record": record.name, "item": item.name}
        words = [
            _("台账：%(name)s") % {"name": info.definition.name},
            _("对象：%(name)s（%(code)s）") % {"name": record.name, "code": record.code},
            _("检查项：%(item)s，不合格") % {"item": item.name},
            _("情况：%(note)s") % {"note": answer.note} if answer.note.strip() else "",
        ]
    return NewCase(
        channel=Channel.INSPECTION.value,
        subject=subject[:200],
        detail="\n".join(filter(None, words)),
        place_text=record.place_text or record.name,
        lon=record.lon,
        lat=record.lat,
        area_id=record.area_id,
        premise_id=record.premise_id,
        category_id=_category(item.category),
        urgent=item.urgent,
    )


def _category(named: str) -> int | None:
    """Return the category that an item names as "MATTER 06010"; None where it has none in use."""
    kind, _space, code = named.partition(" ")
    found = town.CATEGORIES.get().values()
    return next((one.id for one in found if (one.kind, one.code, one.active) == (kind, code, True)), None)
