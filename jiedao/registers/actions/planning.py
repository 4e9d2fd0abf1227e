"""Plan inspections: the rounds of a register and extra inspections; drop a planned inspection.

The interval is the longest time between two rounds. A round may be made in the last third of the interval and must be
made by its end. If that end is in the past (a record imported with an old date, a register that gets its first rounds
today, a stricter grade), the record has one complete interval from today: no register is in arrears on its first day.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.registers.access import get_inspection, get_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Checklist
from jiedao.registers.models import Inspection, InspectionKind, InspectionState, Record

BATCH = 2000
MOST_AHEAD = timedelta(days=366)


def round_window(base: date, interval: int, day: date) -> tuple[date, date]:
    """Return the first and last day of the round that follows `base`, planned on `day`."""
    due = base + timedelta(days=interval)
    if due < day:
        return day, day + timedelta(days=interval)
    return due - timedelta(days=interval // 3), due


def plan_rounds(info: RegisterInfo, day: date) -> int:
    """Plan the next round of every record whose grade has rounds; return how many inspections were planned.

    Planned inspections follow their record: they move with it to another grid, unit or interval, and are dropped when
    it ends. Running this twice plans nothing twice. Each batch is a transaction of its own.
    """
    _follow_records(info)
    _drop_obsolete(info)
    _change_intervals(info, day)
    return sum(
        _plan_checklist(info, checklist, day) for checklist in info.definition.checklists if checklist.items
    )


def records_by_interval(info: RegisterInfo) -> dict[int, Q]:
    """Return interval in days -> the condition for the records with this interval; interval 0 means no rounds."""
    conditions: dict[int, Q] = {}
    codes = [grade.code for grade in info.definition.grades]
    for code in codes:
        interval = info.definition.inspection_interval(code)
        conditions[interval] = conditions.get(interval, Q(pk__in=[])) | Q(grade=code)
    default = info.definition.every_days
    conditions[default] = conditions.get(default, Q(pk__in=[])) | ~Q(grade__in=codes)
    return conditions


def _plan_checklist(info: RegisterInfo, checklist: Checklist, day: date) -> int:
    rounds = Inspection.objects.filter(
        record=OuterRef("pk"), checklist=checklist.key, kind=InspectionKind.ROUND
    )
    last = rounds.exclude(state=InspectionState.DUE).order_by("-counted_date").values("counted_date")[:1]
    without_round = Record.objects.filter(
        ~Exists(rounds.filter(state=InspectionState.DUE)), register_id=info.id, active=True
    )
    planned = 0
    for interval, condition in records_by_interval(info).items():
        if not interval:
            continue
        rows = without_round.filter(condition).annotate(base=Coalesce(Subquery(last), "first_date"))
        for batch in _batches(rows.values_list("pk", "area_path", "unit_id", "base").order_by("pk")):
            inspections = [_build_round(info, checklist.key, row, interval, day) for row in batch]
            Inspection.objects.bulk_create(inspections, ignore_conflicts=True)
            _record_planning_entry(info, {"planned": len(inspections), "checklist": checklist.key})
            planned += len(inspections)
    return planned


def _build_round(
    info: RegisterInfo, checklist: str, row: tuple[int, str, int | None, date], interval: int, day: date
) -> Inspection:
    record_id, area_path, unit_id, base = row
    first, last = round_window(base, interval, day)
    return Inspection(
        register_id=info.id,
        record_id=record_id,
        checklist=checklist,
        area_path=area_path,
        unit_id=unit_id,
        planned_date=first,
        due_date=last,
        counted_date=last,
        every_days=interval,
    )


def _batches(rows: "QuerySet[Any, Any]") -> Iterator[list[Any]]:
    """Yield the rows in batches, each in a transaction.

    All rows are read before the first batch, so that writing a batch does not change what is read.
    """
    remaining: Iterator[Any] = iter(list(rows))
    while batch := list(islice(remaining, BATCH)):
        with transaction.atomic():
            yield batch


def _waiting_inspections(info: RegisterInfo) -> "QuerySet[Inspection, Inspection]":
    inspections: QuerySet[Inspection, Inspection] = Inspection.objects.filter(
        register_id=info.id, state=InspectionState.DUE
    )
    return inspections


def _follow_records(info: RegisterInfo) -> None:
    """Move waiting inspections to the present grid and unit of their records."""
    has_units = Q(record__unit__isnull=False, unit__isnull=False)
    changed = ~Q(record__area_path=F("area_path")) | (has_units & ~Q(record__unit_id=F("unit_id")))
    changed |= Q(record__unit__isnull=True, unit__isnull=False) | Q(
        record__unit__isnull=False, unit__isnull=True
    )
    record = Record.objects.filter(pk=OuterRef("record_id"))
    ids = list(_waiting_inspections(info).filter(changed).values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        rows = Inspection.objects.filter(pk__in=ids[start : start + BATCH], state=InspectionState.DUE)
        with transaction.atomic():
            count = rows.update(
                area_path=Subquery(record.values("area_path")),
                unit_id=Subquery(record.values("unit_id")),
                version=F("version") + 1,
            )
            _record_planning_entry(info, {"followed": count})


def _drop_obsolete(info: RegisterInfo) -> None:
    """Drop waiting inspections of ended records, and rounds whose checklist or grade no longer asks for them."""
    ended = _waiting_inspections(info).filter(record__active=False)
    _drop_all(info, ended, _("已不在册"))
    without_rounds = records_by_interval(info).get(0)
    asked_keys = [checklist.key for checklist in info.definition.checklists if checklist.items]
    rounds = _waiting_inspections(info).filter(kind=InspectionKind.ROUND)
    _drop_all(info, rounds.exclude(checklist__in=asked_keys), _("检查表已停用"))
    if without_rounds is not None:
        records = Record.objects.filter(without_rounds, register_id=info.id)
        _drop_all(info, rounds.filter(record__in=records), _("这个等级不再例行检查"))


@transaction.atomic
def _drop_all(info: RegisterInfo, rows: "QuerySet[Inspection, Inspection]", why: str) -> None:
    if count := rows.update(state=InspectionState.DROPPED, note=why, version=F("version") + 1):
        _record_planning_entry(info, {"dropped": count, "why": why})


def _change_intervals(info: RegisterInfo, day: date) -> None:
    """Move the waiting rounds of records whose interval has changed since the round was planned."""
    for interval, condition in records_by_interval(info).items():
        if not interval:
            continue
        records = Record.objects.filter(condition, register_id=info.id, active=True)
        rows = (
            _waiting_inspections(info)
            .filter(kind=InspectionKind.ROUND, record__in=records)
            .exclude(every_days=interval)
        )
        for batch in _batches(rows):
            for inspection in batch:
                base = inspection.due_date - timedelta(days=inspection.every_days)
                set_window(inspection, *round_window(base, interval, day), interval)
            Inspection.objects.bulk_update(
                batch, ["planned_date", "due_date", "counted_date", "every_days", "version"]
            )
            _record_planning_entry(info, {"moved": len(batch), "every_days": interval})


def set_window(inspection: Inspection, first: date, last: date, interval: int) -> None:
    """Set the first and last day of a planned inspection, without saving it."""
    inspection.planned_date, inspection.due_date, inspection.counted_date, inspection.every_days = (
        first,
        last,
        last,
        interval,
    )
    inspection.version += 1


def plan_next(info: RegisterInfo, ended: Sequence[Inspection], day: date) -> None:
    """Plan the round after each of these inspections, in the caller's transaction; move it if it is planned already.

    After a missed round the next one may be made at once. After a round that was made, or dropped on `day`, the next
    one follows a complete interval later.
    """
    rounds = [inspection for inspection in ended if inspection.kind == InspectionKind.ROUND]
    asked_keys = {checklist.key for checklist in info.definition.checklists if checklist.items}
    records = Record.objects.filter(
        pk__in=[inspection.record_id for inspection in rounds], active=True
    ).in_bulk()
    existing_rounds = {
        (inspection.record_id, inspection.checklist): inspection
        for inspection in _waiting_inspections(info).filter(
            kind=InspectionKind.ROUND, record_id__in=list(records)
        )
    }
    new_rounds, moved_rounds = [], []
    for inspection in rounds:
        record = records.get(inspection.record_id)
        interval = info.definition.inspection_interval(record.grade) if record is not None else 0
        if record is None or not interval or inspection.checklist not in asked_keys:
            continue
        base = day if inspection.state == InspectionState.DROPPED else inspection.counted_date
        planned_round = _build_round(
            info, inspection.checklist, (record.pk, record.area_path, record.unit_id, base), interval, day
        )
        if inspection.state == InspectionState.MISSED:
            planned_round.planned_date = min(planned_round.planned_date, day)
        existing = existing_rounds.get((record.pk, inspection.checklist))
        if existing is None:
            new_rounds.append(planned_round)
            continue
        set_window(existing, planned_round.planned_date, planned_round.due_date, interval)
        moved_rounds.append(existing)
    Inspection.objects.bulk_create(new_rounds, ignore_conflicts=True)
    Inspection.objects.bulk_update(
        moved_rounds, ["planned_date", "due_date", "counted_date", "every_days", "version"], batch_size=BATCH
    )


def plan_extra_inspection(
    *, actor: Actor, record_id: int, checklist: str, due: date, first: date | None = None, why: str = ""
) -> Inspection:
    """Plan an extra inspection, independent of the rounds, and return it.

    Args:
        due: the last day.
        first: the first day; None for today.

    Raises:
        NotAllowed: without the right. NotFoundError: out of scope, or no such checklist. Stale: the record has ended.
        UserError: days in the wrong order or more than a year ahead.
    """
    actor.require("registers.visit:plan")
    with transaction.atomic():
        info, record = get_record(actor, record_id, for_change=True)
        need_checklist(info, checklist)
        need_active(record)
        today = clock.today()
        start = first or today
        if not today <= start <= due <= today + MOST_AHEAD:
            raise UserError(
                _("检查日期不对。"), hint=_("请填今天到一年之内的日期，先后不要颠倒。"), field="due"
            )
        inspection = Inspection(
            register_id=info.id,
            record=record,
            kind=InspectionKind.EXTRA,
            checklist=checklist,
            note=why.strip()[:300],
            area_path=record.area_path,
            unit_id=record.unit_id,
            planned_date=start,
            due_date=due,
            counted_date=due,
        )
        inspection.save(force_insert=True)
        record_inspection_entry(
            actor,
            "plan",
            inspection,
            {"kind": inspection.kind, "due_date": due.isoformat(), "why": inspection.note},
        )
    return inspection


def drop_inspection(*, actor: Actor, inspection_id: int, why: str, version: int | None = None) -> Inspection:
    """Drop a planned inspection, with a reason. After a dropped round the next one follows an interval later.

    Raises:
        NotAllowed: without the right. NotFoundError: out of scope. UserError: no reason. Stale: it is made already.
    """
    actor.require("registers.visit:plan")
    if not why.strip():
        raise UserError(_("没有写明原因。"), hint=_("请写明为什么不检查。"), field="why")
    with transaction.atomic():
        info, inspection = get_inspection(actor, inspection_id, for_change=True)
        need_state(inspection, version, InspectionState.DUE)
        update_inspection(inspection, state=InspectionState.DROPPED, note=why.strip()[:300])
        plan_next(info, [inspection], clock.today())
        record_inspection_entry(actor, "drop", inspection, {"why": inspection.note})
    return inspection


def need_checklist(info: RegisterInfo, key: str) -> Checklist:
    """Return a checklist of the register by its key; raise NotFoundError if there is none, or if it is empty."""
    checklist = info.definition.checklist(key)
    if checklist is None or not checklist.items:
        names = "、".join(known_checklist.key for known_checklist in info.definition.checklists)
        raise NotFoundError(
            _("“%(register)s”没有检查表“%(key)s”。") % {"register": info.label, "key": key[:40]},
            hint=_("可用的检查表：%(names)s") % {"names": names or "—"},
        )
    return checklist


def need_active(record: Record) -> None:
    """Raise Stale for a record that has ended."""
    if not record.active:
        raise Stale(_("“%(name)s”已不在册，不用检查。") % {"name": record.name}, hint=_("请刷新页面。"))


def need_state(inspection: Inspection, version: int | None, *states: str) -> None:
    """Raise Stale if the inspection is not in one of the states, or was changed since `version`."""
    if inspection.state not in states or (version is not None and version != inspection.version):
        label = InspectionState(inspection.state).label
        who = f"{inspection.done_label}，" if inspection.done_label else ""
        raise Stale(
            _("这项检查刚刚有了变化：%(who)s%(state)s。") % {"who": who, "state": label},
            hint=_("您填写的内容还在；请看过最新情况后再提交。"),
        )


def update_inspection(inspection: Inspection, **columns: Any) -> None:
    """Write the columns and reload the inspection; raise Stale if it was changed after it was read."""
    rows = Inspection.objects.filter(pk=inspection.pk, version=inspection.version, state=inspection.state)
    if rows.update(**columns, version=inspection.version + 1) != 1:
        raise Stale(_("另一位同事刚刚处理了这项检查。"), hint=_("您填写的内容还在；请刷新后再看。"))
    inspection.refresh_from_db()


def record_inspection_entry(actor: Actor, verb: str, inspection: Inspection, after: dict[str, Any]) -> None:
    """Record the audit entry of an action on an inspection."""
    record_entry(
        actor=actor,
        action=f"registers.visit:{verb}",
        obj_type="registers.visit",
        obj_id=inspection.pk,
        before=None,
        after={"register_id": inspection.register_id, "record_id": inspection.record_id, **after},
    )


def _record_planning_entry(info: RegisterInfo, after: dict[str, Any]) -> None:
    record_entry(
        actor=make_system_actor(_("系统")),
        action="registers.visit:plan_rounds",
        obj_type="registers.register",
        obj_id=info.id,
        before=None,
        after=after,
    )
