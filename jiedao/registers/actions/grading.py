"""Grade all records of a register again, with a preview before writing, and set a grade by hand for a limited time."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.expressions import ComputingFault
from jiedao.orgs.actor import Actor
from jiedao.registers.access import get_record, need_write
from jiedao.registers.actions.records import need_version, write_change
from jiedao.registers.bulk import swap_records
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record, Register
from jiedao.registers.overriding import OVERRIDE, compute_effective_grade

RIGHT = "registers.record:grade"
CHUNK = 2000
MOST_SAMPLES = 50
LONGEST = timedelta(days=366)  # a grade set by hand must be reviewed within a year
COLUMNS = ("grade", "grade_note", "since_date")


@dataclass(frozen=True)
class GradeChange:
    """A record whose grade changes: the grade before and after, and the reasons for the grade after."""

    id: int
    code: str
    name: str
    before: str
    after: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class GradeFault:
    """A record for which a rule cannot be computed, and why; its grade stays as it is."""

    id: int
    code: str
    name: str
    reason: str


@dataclass
class RegradePlan:
    """What grading all records of a register again would change.

    Attributes:
        day: rules that count days count up to this day.
        graded: number of records that were graded.
        moves: (grade before, grade after) -> number of records.
        reasons: number of records that keep their grade for other reasons.
        sample: the first records whose grade changes.
        faulty: number of records for which a rule cannot be computed; they keep their grade.
        faults: the first of these.
        stamp: a digest of the rules and of every row that would be written.
    """

    day: date
    graded: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: int = 0
    sample: list[GradeChange] = field(default_factory=list)
    faulty: int = 0
    faults: list[GradeFault] = field(default_factory=list)
    stamp: str = ""

    @property
    def changes(self) -> int:
        """The number of records that get another grade."""
        return sum(self.moves.values())

    def as_json(self) -> dict[str, Any]:
        """Return the plan as the command prints it."""
        return {
            "day": self.day.isoformat(),
            "graded": self.graded,
            "changes": self.changes,
            "reasons": self.reasons,
            "moves": [{"from": a, "to": b, "count": n} for (a, b), n in sorted(self.moves.items())],
            "sample": [vars(change) | {"why": list(change.why)} for change in self.sample],
            "faulty": self.faulty,
            "faults": [vars(fault) for fault in self.faults],
            "stamp": self.stamp,
        }


GradeRow = tuple[int, int, str, str, date]  # id, version, grade, grade_note as JSON, since_date


def plan_regrade(actor: Actor, info: RegisterInfo, on: date | None = None) -> RegradePlan:
    """Return what grading every active record again would change; nothing is written.

    Args:
        on: grade as of this day; None for today.

    Raises:
        NotAllowed: without the right. UserError: a stored rule is not correct.
    """
    _need_right(actor, info)
    return _grade_records(info, _active_records(info), on or clock.today())[0]


def apply_regrade(*, actor: Actor, info: RegisterInfo, plan: RegradePlan, why: str = "") -> RegradePlan:
    """Write exactly what `plan` showed. Previous states are stored as versions; one audit entry has the counts.

    A grade set by hand stays in force until it ends; the grade by the rules beside it is updated.

    Raises:
        NotAllowed: without the right. Stale: records or rules have changed since the plan; nothing is written.
    """
    _need_right(actor, info)
    return _write_grades(
        actor, info, _active_records(info), day=plan.day, why=why or _("重新定级"), stamp=plan.stamp
    )


def regrade_due(actor: Actor, info: RegisterInfo) -> int:
    """Write the grades that change because of today's date; return how many records changed.

    These are records whose override has ended, and, if a rule counts days, every record that it affects.
    """
    records = _active_records(info)
    if not info.grader.counts_days:
        records = records.filter(grade_note__has_key=OVERRIDE)
    plan = _write_grades(actor, info, records, day=clock.today(), why=_("到期自动重新定级"), stamp=None)
    return plan.changes + plan.reasons


def override_grade(
    *, actor: Actor, record_id: int, grade: str, reason: str, until: date, version: int | None = None
) -> Record:
    """Set a grade by hand until the end of a day, with a reason. The grade by the rules stays visible beside it.

    Raises:
        NotAllowed: without the right. NotFoundError: the record is out of scope. UserError: no such grade, no reason,
            or a last day in the past or more than a year ahead. Stale: the record was changed since `version`.
    """
    today = clock.today()
    with transaction.atomic():
        info, before = get_record(actor, record_id, for_change=True)
        _need_right(actor, info)
        need_version(before, version)
        _check_override(info, before, grade=grade, reason=reason, until=until)
        graded = info.grader.grade(before.values, today)
        override = {
            "grade": grade,
            "why": reason.strip()[:300],
            "until": until.isoformat(),
            "by": actor.label,
            "on": today.isoformat(),
        }
        columns = compute_effective_grade(info.definition, graded, {OVERRIDE: override}, today)
        return _write_columns(actor, info, before, columns, reason)


def end_override(*, actor: Actor, record_id: int, reason: str, version: int | None = None) -> Record:
    """End a grade set by hand before its last day.

    Raises the same errors as `override_grade`, and UserError if the record has no override.
    """
    with transaction.atomic():
        info, before = get_record(actor, record_id, for_change=True)
        _need_right(actor, info)
        need_version(before, version)
        if OVERRIDE not in before.grade_note:
            raise UserError(_("这条记录没有人工定级。"), hint=_("请刷新页面。"))
        _check_reason(reason)
        today = clock.today()
        columns = compute_effective_grade(info.definition, info.grader.grade(before.values, today), {}, today)
        return _write_columns(actor, info, before, columns, reason)


def _need_right(actor: Actor, info: RegisterInfo) -> None:
    need_write(actor, info)
    actor.require(RIGHT)


def _active_records(info: RegisterInfo) -> QuerySet[Record]:
    records: QuerySet[Record] = Record.objects.filter(register_id=info.id, active=True)
    return records


def _check_reason(reason: str) -> None:
    if len(reason.strip()) < 4:
        raise UserError(_("没有写明理由。"), hint=_("请写明为什么，它会和等级一起显示。"), field="reason")


def _check_override(info: RegisterInfo, before: Record, *, grade: str, reason: str, until: date) -> None:
    today = clock.today()
    if info.definition.grade(grade) is None:
        names = "、".join(grade_choice.code for grade_choice in info.definition.grades) or _("无")
        raise UserError(
            _("这本台账没有等级“%(grade)s”。") % {"grade": grade[:20]},
            hint=_("可用的等级：%(names)s") % {"names": names},
            field="grade",
        )
    _check_reason(reason)
    if not today <= until <= today + LONGEST:
        raise UserError(
            _("%(day)s 不能作为人工定级的最后一天。") % {"day": until},
            hint=_("请填今天至一年内的日期；到期后自动恢复按规则定级。"),
            field="until",
        )
    if not before.active:
        raise UserError(_("这条记录已不在册。"), hint=_("请先恢复它。"))


def _write_columns(
    actor: Actor, info: RegisterInfo, before: Record, columns: dict[str, Any], reason: str
) -> Record:
    since = max(clock.today(), before.since_date)
    return write_change(actor, info, before, {**columns, "since_date": since}, reason)


def _grade_records(
    info: RegisterInfo, records: QuerySet[Record], day: date
) -> tuple[RegradePlan, list[GradeRow]]:
    """Grade records as of a day; return the plan and the rows to write, in the order of their ids."""
    plan, rows, digest = RegradePlan(day), [], hashlib.sha256(orjson.dumps(info.definition.as_json()))
    grader = info.grader
    for record in _read_records(records):
        pk, version, values, grade, old, since, code, name = record
        plan.graded += 1
        try:
            graded = grader.grade(values, day)
        except ComputingFault as fault:
            plan.faulty += 1
            if len(plan.faults) < MOST_SAMPLES:
                plan.faults.append(GradeFault(pk, code, name, str(fault.message)))
            continue
        columns = compute_effective_grade(info.definition, graded, old, day)
        if columns["grade"] == grade and columns["grade_note"] == old:
            continue
        note = columns["grade_note"]
        if columns["grade"] == grade:
            plan.reasons += 1
        else:
            plan.moves[grade, columns["grade"]] += 1
            if len(plan.sample) < MOST_SAMPLES:
                plan.sample.append(
                    GradeChange(pk, code, name, grade, columns["grade"], tuple(note.get("why", ())))
                )
        row = (pk, version, columns["grade"], orjson.dumps(note).decode(), max(day, since))
        digest.update(orjson.dumps(row))
        rows.append(row)
    plan.stamp = digest.hexdigest()
    return plan, rows


def _read_records(records: QuerySet[Record]) -> Iterator[tuple[Any, ...]]:
    names = ("id", "version", "values", "grade", "grade_note", "since_date", "code", "name")
    yield from records.order_by("id").values_list(*names).iterator(chunk_size=CHUNK)


@transaction.atomic
def _write_grades(
    actor: Actor, info: RegisterInfo, records: QuerySet[Record], *, day: date, why: str, stamp: str | None
) -> RegradePlan:
    Register.objects.select_for_update().get(pk=info.id)
    plan, rows = _grade_records(info, records, day)
    if stamp is not None and plan.stamp != stamp:
        raise _stale_plan()
    if not rows:
        return plan
    if swap_records(actor, COLUMNS, _as_database_rows(rows), why) != len(rows):
        raise _stale_plan()
    summary = plan.as_json()
    record_entry(
        actor=actor,
        action="registers.record:regrade",
        obj_type="registers.register",
        obj_id=info.id,
        after={name: summary[name] for name in ("day", "graded", "changes", "reasons", "moves", "faulty")}
        | {"why": why},
    )
    return plan


def _as_database_rows(rows: Iterable[GradeRow]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows with their date as ISO text, which both databases accept."""
    return ((*row[:-1], row[-1].isoformat()) for row in rows)


def _stale_plan() -> Stale:
    return Stale(_("预览之后台账有了变化，没有改动任何等级。"), hint=_("请重新预览，看过后再确认。"))
