"""Planning inspections: the rounds of a register, further ones, and dropping one.

A round may be made in the last third of the time between two and must be made by its end. Where that end lies in the
past (a record imported with an old date, a register that gets rounds today, a stricter grade) the record has one whole
period from today: a register is not in arrears on its first day.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from jiedao.audit.actions import record as note
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.orgs.actor import Actor, system
from jiedao.registers.access import get_record, get_visit
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Checklist
from jiedao.registers.models import Record, Visit, VisitKind, VisitState

BATCH = 2000
MOST_AHEAD = timedelta(days=366)


def window(base: date, every: int, day: date) -> tuple[date, date]:
    """Return the first and last day of the round after `base`, `every` days later, as seen on `day`."""
    due = base + timedelta(days=every)
    if due < day:
        return day, day + timedelta(days=every)
    return due - timedelta(days=every // 3), due


def plan_rounds(info: RegisterInfo, day: date) -> int:
    """Plan the next round of every record whose grade asks for rounds; return how many inspections were planned.

    Rounds that are planned follow their record: into another grid or unit, to another frequency, out of the register.
    Running twice plans nothing twice. Each batch is a transaction of its own.
    """
    _follow(info)
    _leave(info)
    _change_pace(info, day)
    return sum(_plan_checklist(info, one, day) for one in info.definition.checklists if one.items)


def paces(info: RegisterInfo) -> dict[int, Q]:
    """Return days between two rounds -> the records that have them so often; 0 where they have none."""
    found: dict[int, Q] = {}
    named = [grade.code for grade in info.definition.grades]
    for code in named:
        every = info.definition.every(code)
        found[every] = found.get(every, Q(pk__in=[])) | Q(grade=code)
    rest = info.definition.every_days
    found[rest] = found.get(rest, Q(pk__in=[])) | ~Q(grade__in=named)
    return found


def _plan_checklist(info: RegisterInfo, checklist: Checklist, day: date) -> int:
    rounds = Visit.objects.filter(record=OuterRef("pk"), checklist=checklist.key, kind=VisitKind.ROUND)
    last = rounds.exclude(state=VisitState.DUE).order_by("-counted_date").values("counted_date")[:1]
    bare = Record.objects.filter(
        ~Exists(rounds.filter(state=VisitState.DUE)), register_id=info.id, active=True
    )
    planned = 0
    for every, which in paces(info).items():
        if not every:
            continue
        rows = bare.filter(which).annotate(base=Coalesce(Subquery(last), "first_date"))
        for some in _batches(rows.values_list("pk", "area_path", "unit_id", "base").order_by("pk")):
            visits = [_round(info, checklist.key, row, every, day) for row in some]
            Visit.objects.bulk_create(visits, ignore_conflicts=True)
            _note_many(info, {"planned": len(visits), "checklist": checklist.key})
            planned += len(visits)
    return planned


def _round(
    info: RegisterInfo, checklist: str, row: tuple[int, str, int | None, date], every: int, day: date
) -> Visit:
    record_id, area_path, unit_id, base = row
    first, last = window(base, every, day)
    return Visit(
        register_id=info.id, record_id=record_id, checklist=checklist, area_path=area_path, unit_id=unit_id,
        planned_date=first, due_date=last, counted_date=last, every_days=every,
    )  # fmt: skip


def _batches(rows: "QuerySet[Any, Any]") -> Iterator[list[Any]]:
    """Return the rows in batches; all keys are read first, so that what is written does not change what is read."""
    found: Iterator[Any] = iter(list(rows))
    while some := list(islice(found, BATCH)):
        with transaction.atomic():
            yield some


def _due(info: RegisterInfo) -> "QuerySet[Visit, Visit]":
    found: QuerySet[Visit, Visit] = Visit.objects.filter(register_id=info.id, state=VisitState.DUE)
    return found


def _follow(info: RegisterInfo) -> None:
    """Give planned inspections to the grid and unit that their records have now."""
    both = Q(record__unit__isnull=False, unit__isnull=False)
    moved = ~Q(record__area_path=F("area_path")) | (both & ~Q(record__unit_id=F("unit_id")))
    moved |= Q(record__unit__isnull=True, unit__isnull=False) | Q(
        record__unit__isnull=False, unit__isnull=True
    )
    record = Record.objects.filter(pk=OuterRef("record_id"))
    ids = list(_due(info).filter(moved).values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        rows = Visit.objects.filter(pk__in=ids[start : start + BATCH], state=VisitState.DUE)
        with transaction.atomic():
            count = rows.update(
                area_path=Subquery(record.values("area_path")),
                unit_id=Subquery(record.values("unit_id")),
                version=F("version") + 1,
            )
            _note_many(info, {"followed": count})


def _leave(info: RegisterInfo) -> None:
    """Drop what is planned for records that are no longer in the register, or whose grade asks for no rounds."""
    gone = _due(info).filter(record__active=False)
    _drop_all(info, gone, _("已不在册"))
    idle = paces(info).get(0)
    asked = [one.key for one in info.definition.checklists if one.items]
    rounds = _due(info).filter(kind=VisitKind.ROUND)
    _drop_all(info, rounds.exclude(checklist__in=asked), _("检查表已停用"))
    if idle is not None:
        records = Record.objects.filter(idle, register_id=info.id)
        _drop_all(info, rounds.filter(record__in=records), _("这个等级不再例行检查"))


@transaction.atomic
def _drop_all(info: RegisterInfo, rows: "QuerySet[Visit, Visit]", why: str) -> None:
    if count := rows.update(state=VisitState.DROPPED, note=why, version=F("version") + 1):
        _note_many(info, {"dropped": count, "why": why})


def _change_pace(info: RegisterInfo, day: date) -> None:
    """Move the rounds of records whose grade asks for another frequency than when they were planned."""
    for every, which in paces(info).items():
        if not every:
            continue
        records = Record.objects.filter(which, register_id=info.id, active=True)
        rows = _due(info).filter(kind=VisitKind.ROUND, record__in=records).exclude(every_days=every)
        for some in _batches(rows):
            for visit in some:
                base = visit.due_date - timedelta(days=visit.every_days)
                set_window(visit, *window(base, every, day), every)
            Visit.objects.bulk_update(
                some, ["planned_date", "due_date", "counted_date", "every_days", "version"]
            )
            _note_many(info, {"moved": len(some), "every_days": every})


def set_window(visit: Visit, first: date, last: date, every: int) -> None:
    """Give a planned inspection other days."""
    visit.planned_date, visit.due_date, visit.counted_date, visit.every_days = first, last, last, every
    visit.version += 1


def plan_next(info: RegisterInfo, ended: Sequence[Visit], day: date) -> None:
    """Plan the round after each of these, in the caller's transaction; one that is planned already is moved.

    After a missed one the record waits at once; after one that was made, or dropped on `day`, a whole period on.
    """
    rounds = [visit for visit in ended if visit.kind == VisitKind.ROUND]
    asked = {one.key for one in info.definition.checklists if one.items}
    records = Record.objects.filter(pk__in=[visit.record_id for visit in rounds], active=True).in_bulk()
    planned = {
        (visit.record_id, visit.checklist): visit
        for visit in _due(info).filter(kind=VisitKind.ROUND, record_id__in=list(records))
    }
    fresh, moved = [], []
    for visit in rounds:
        of = records.get(visit.record_id)
        every = info.definition.every(of.grade) if of is not None else 0
        if of is None or not every or visit.checklist not in asked:
            continue
        base = day if visit.state == VisitState.DROPPED else visit.counted_date
        made = _round(info, visit.checklist, (of.pk, of.area_path, of.unit_id, base), every, day)
        if visit.state == VisitState.MISSED:
            made.planned_date = min(made.planned_date, day)
        known = planned.get((of.pk, visit.checklist))
        if known is None:
            fresh.append(made)
            continue
        set_window(known, made.planned_date, made.due_date, every)
        moved.append(known)
    Visit.objects.bulk_create(fresh, ignore_conflicts=True)
    Visit.objects.bulk_update(
        moved, ["planned_date", "due_date", "counted_date", "every_days", "version"], batch_size=BATCH
    )


def plan_extra(
    *, actor: Actor, record_id: int, checklist: str, due: date, first: date | None = None, why: str = ""
) -> Visit:
    """Plan an inspection beside the rounds and return it.

    Args:
        due: the last day.  first: the first day, today when None.

    Raises:
        NotAllowed, NotFoundError. UserError: no such checklist, or days that cannot be.
    """
    actor.need("registers.visit:plan")
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
        visit = Visit(
            register_id=info.id, record=record, kind=VisitKind.EXTRA, checklist=checklist, note=why.strip()[:300],
            area_path=record.area_path, unit_id=record.unit_id, planned_date=start, due_date=due, counted_date=due,
        )  # fmt: skip
        visit.save(force_insert=True)
        note_visit(actor, "plan", visit, {"kind": visit.kind, "due_date": due.isoformat(), "why": visit.note})
    return visit


def drop_visit(*, actor: Actor, visit_id: int, why: str, version: int | None = None) -> Visit:
    """Drop a planned inspection, with the reason; of a round the next is planned a whole period on.

    Raises NotAllowed, NotFoundError, UserError without a reason, Stale where it is made already.
    """
    actor.need("registers.visit:plan")
    if not why.strip():
        raise UserError(_("没有写明原因。"), hint=_("请写明为什么不检查。"), field="why")
    with transaction.atomic():
        info, visit = get_visit(actor, visit_id, for_change=True)
        need_state(visit, version, VisitState.DUE)
        swap(visit, state=VisitState.DROPPED, note=why.strip()[:300])
        plan_next(info, [visit], clock.today())
        note_visit(actor, "drop", visit, {"why": visit.note})
    return visit


def need_checklist(info: RegisterInfo, key: str) -> Checklist:
    """Return a checklist of the register; raise NotFoundError where it has none of the name."""
    found = info.definition.checklist(key)
    if found is None or not found.items:
        names = "、".join(one.key for one in info.definition.checklists)
        raise NotFoundError(
            _("“%(register)s”没有检查表“%(key)s”。") % {"register": info.label, "key": key[:40]},
            hint=_("可用的检查表：%(names)s") % {"names": names or "—"},
        )
    return found


def need_active(record: Record) -> None:
    """Raise Stale for a record that is no longer in the register."""
    if not record.active:
        raise Stale(_("“%(name)s”已不在册，不用检查。") % {"name": record.name}, hint=_("请刷新页面。"))


def need_state(visit: Visit, version: int | None, *states: str) -> None:
    """Raise Stale where the inspection is not in one of the states, or was changed since `version`."""
    if visit.state not in states or (version is not None and version != visit.version):
        label = VisitState(visit.state).label
        who = f"{visit.done_label}，" if visit.done_label else ""
        raise Stale(
            _("这项检查刚刚有了变化：%(who)s%(state)s。") % {"who": who, "state": label},
            hint=_("您填写的内容还在；请看过最新情况后再提交。"),
        )


def swap(visit: Visit, **columns: Any) -> None:
    """Write the columns where nobody was faster since the inspection was read; raise Stale."""
    rows = Visit.objects.filter(pk=visit.pk, version=visit.version, state=visit.state)
    if rows.update(**columns, version=visit.version + 1) != 1:
        raise Stale(_("另一位同事刚刚处理了这项检查。"), hint=_("您填写的内容还在；请刷新后再看。"))
    visit.refresh_from_db()


def note_visit(actor: Actor, verb: str, visit: Visit, after: dict[str, Any]) -> None:
    """Write the audit entry of something done to an inspection."""
    note(
        actor=actor, action=f"registers.visit:{verb}", obj_type="registers.visit", obj_id=visit.pk, before=None,
        after={"register_id": visit.register_id, "record_id": visit.record_id, **after},
    )  # fmt: skip


def _note_many(info: RegisterInfo, after: dict[str, Any]) -> None:
    note(
        actor=system(_("系统")), action="registers.visit:plan_rounds", obj_type="registers.register", obj_id=info.id,
        before=None, after=after,
    )  # fmt: skip
