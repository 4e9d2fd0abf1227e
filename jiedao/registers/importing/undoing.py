"""Undoing the import of a sheet: changed records return to their state before, new ones are removed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import EntryData, record_entries, record_entry
from jiedao.audit.models import group_into_ranges
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale
from jiedao.orgs.actor import Actor
from jiedao.registers.access import need_write, readable_registers
from jiedao.registers.actions.records import audit_values, find_differences
from jiedao.registers.actions.relocating import move_waiting_inspections
from jiedao.registers.bulk import STATE_COLUMNS, split_chunks, swap_records
from jiedao.registers.catalogue import RegisterInfo, register_by_id
from jiedao.registers.importing.obstacles import BatchRecords, find_obstacles, read_batch, remove_records
from jiedao.registers.importing.spool import to_state
from jiedao.registers.models import Record, Register, RegisterImport

MAX_NAMED = 10  # records in the text of a refusal; `RecordsChangedError.kept` has all


@dataclass(frozen=True)
class KeptRecord:
    """A record that undoing leaves as it is, and why."""

    id: int
    code: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.code} {self.name} ({self.reason})"


@dataclass(frozen=True)
class RegisterUndoPlan:
    """What undoing an import would do.

    Attributes:
        removable: the new records that would be removed.
        restorable: the changed records that would return to their state before.
        kept: the others, each with the reason.
    """

    row: RegisterImport
    info: RegisterInfo
    removable: list[int]
    restorable: list[int]
    kept: list[KeptRecord]

    @property
    def count(self) -> int:
        """How many records would change."""
        return len(self.removable) + len(self.restorable)

    def as_json(self) -> dict[str, Any]:
        """Return the plan as the command prints it."""
        return {
            "import": f"R{self.row.pk}",
            "removable": len(self.removable),
            "restorable": len(self.restorable),
            "kept": [vars(record) for record in self.kept],
        }


@dataclass(frozen=True)
class RegisterUndoResult:
    """How many records were removed and restored, and those that stay."""

    removed: int
    restored: int
    kept: list[KeptRecord]

    def describe(self) -> str:
        """Return what was undone in words."""
        text = _("删除了 %(removed)d 条，还原了 %(restored)d 条。") % vars(self)
        return text + (_("留下 %(n)d 条。") % {"n": len(self.kept)} if self.kept else "")

    def as_json(self) -> dict[str, int]:
        """Return the counts as the command prints them."""
        return {"removed": self.removed, "restored": self.restored, "kept": len(self.kept)}


class RecordsChangedError(Stale):
    """Records of the import have been changed or used since, so it is not undone; nothing was written."""

    def __init__(self, kept: Sequence[KeptRecord]) -> None:
        named = _("；").join(str(record) for record in kept[:MAX_NAMED])
        more = " …" if len(kept) > MAX_NAMED else ""
        super().__init__(
            _("这次导入的 %(count)d 条记录不能还原，没有撤销：%(named)s%(more)s。")
            % {"count": len(kept), "named": named, "more": more},
            hint=_("可以只撤销能还原的（命令加 --untouched），其余在记录上改。"),
        )
        self.kept = list(kept)


def list_register_imports(actor: Actor, register_id: int | None = None, most: int | None = None) -> Any:
    """Return the imports into the registers that the actor may open, or into one of them; the newest first."""
    ids = [info.id for info in readable_registers(actor) if register_id in {None, info.id}]
    rows = RegisterImport.objects.filter(register_id__in=ids).defer("created_ids", "changes")
    return list(rows.order_by("-id")[:most])


def get_register_import(actor: Actor, import_id: int) -> tuple[RegisterImport, RegisterInfo]:
    """Return an import that the actor may undo, with its register.

    Raise NotFoundError, and NotAllowed for a register that the actor may not change and for another user's import.
    """
    row = RegisterImport.objects.filter(pk=import_id).first()
    info = register_by_id(row.register_id) if row is not None else None
    if row is None or info is None:
        raise NotFoundError(_("没有这次导入。"), hint=_("请从导入的列表中选择（命令 jiedao import list）。"))
    need_write(actor, info)
    if not may_undo_register_import(actor, row):
        raise NotAllowed(
            _("只能撤销自己的导入。"), hint=_("请找导入的人，或请系统管理员用命令 jiedao import undo 撤销。")
        )
    return row, info


def may_undo_register_import(actor: Actor, row: RegisterImport) -> bool:
    """Return whether the import is the actor's own; a command may undo all."""
    return actor.user_id is None or row.user_id == actor.user_id


def plan_register_undo(actor: Actor, import_id: int) -> RegisterUndoPlan:
    """Return what undoing an import would do; raise NotFoundError, NotAllowed. Nothing is written."""
    row, info = get_register_import(actor, import_id)
    return _build_plan(row, info, read_batch(row))


def _build_plan(row: RegisterImport, info: RegisterInfo, batch: BatchRecords) -> RegisterUndoPlan:
    reasons = find_obstacles(info, batch)
    kept: list[KeptRecord] = []
    for ids in split_chunks(sorted(reasons)):
        names = Record.objects.filter(pk__in=ids).values_list("pk", "code", "name")
        kept += [KeptRecord(pk, code, name, reasons[pk]) for pk, code, name in names]
    return RegisterUndoPlan(
        row,
        info,
        [pk for pk in batch.added if pk not in reasons],
        [pk for pk in batch.changed if pk not in reasons],
        sorted(kept, key=lambda record: record.code),
    )


@transaction.atomic
def undo_register_import(*, actor: Actor, import_id: int, only_untouched: bool = False) -> RegisterUndoResult:
    """Undo an import in one transaction.

    A changed record gets its state before the import from the same day on, so that no count as of any day has the state
    that the sheet gave it; its history shows both. New records are removed with the rounds planned for them.

    Args:
        only_untouched: undo what can be undone, and leave the others.

    Raises:
        NotFoundError, NotAllowed: there is no such import, or it is another user's.
        RecordsChangedError: some of the records cannot be undone; nothing was written.
        Stale: nothing of it can be undone any more.
    """
    _row, info = get_register_import(actor, import_id)
    Register.objects.select_for_update().get(pk=info.id)  # serialises undoing with imports
    row = RegisterImport.objects.select_for_update().get(pk=import_id)
    batch = read_batch(row, lock=True)
    plan = _build_plan(row, info, batch)
    if not plan.count and (row.undone_at is not None or not plan.kept):
        raise Stale(_("这次导入已经撤销过了。"), hint=_("没有可以再撤销的记录。"))
    if plan.kept and not only_untouched:
        raise RecordsChangedError(plan.kept)
    why = _("撤销导入 %(name)s") % {"name": row.file_name}
    _restore(actor, plan, batch, why)
    remove_records(plan.removable)
    _record_undoing(actor, plan)
    return RegisterUndoResult(len(plan.removable), len(plan.restorable), plan.kept)


def _restore(actor: Actor, plan: RegisterUndoPlan, batch: BatchRecords, why: str) -> None:
    for ids in split_chunks(plan.restorable):
        records = Record.objects.in_bulk(ids)
        states = _read_former_states(batch, records)
        rows = [(pk, records[pk].version, *to_state(states[pk])) for pk in ids]
        texts = [[_format_day(value) for value in row] for row in rows]
        if swap_records(actor, STATE_COLUMNS, texts, why, reindex=True) != len(ids):
            raise Stale(_("这些记录刚刚被别人改动，没有撤销。"), hint=_("请再试一次。"))
        move_waiting_inspections(ids)
        record_entries(list(_make_entries(actor, plan.info, records, states, why)))


def _format_day(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _read_former_states(batch: BatchRecords, records: dict[int, Record]) -> dict[int, dict[str, Any]]:
    """Return the columns of each record as they were before the import, from the day on which the import began."""
    states: dict[int, dict[str, Any]] = {}
    for version in batch.read_former_versions(records):
        columns = {name: getattr(version, name) for name in STATE_COLUMNS if name != "parent_id"}
        columns["parent_id"] = batch.changed[version.record_id].parent_id
        columns["since_date"] = records[version.record_id].since_date
        states[version.record_id] = columns
    return states


def _make_entries(
    actor: Actor, info: RegisterInfo, records: dict[int, Record], states: dict[int, dict[str, Any]], why: str
) -> Iterator[EntryData]:
    for pk, columns in states.items():
        before, after = find_differences(audit_values(info, records[pk]), audit_values(info, columns))
        yield EntryData(
            actor=actor,
            action="registers.record:change",
            obj_type="registers.record",
            obj_id=pk,
            before=before,
            after={"register_id": info.id, "code": columns["code"], **after, "why": why},
        )


def _record_undoing(actor: Actor, plan: RegisterUndoPlan) -> None:
    row, restored = plan.row, set(plan.restorable)
    RegisterImport.objects.filter(pk=row.pk).update(
        undone_at=clock.now(),
        undone_by=actor.label[:120],
        removed=row.removed + len(plan.removable),
        restored=row.restored + len(restored),
        changes=[change for change in row.changes if change[0] not in restored],
    )
    record_entry(
        actor=actor,
        action="registers.record:undo_import",
        obj_type="registers.register",
        obj_id=plan.info.id,
        after={
            "import": row.pk,
            "file": row.file_name,
            "sha256": row.sha256,
            "removed": len(plan.removable),
            "restored": len(plan.restorable),
            "kept": len(plan.kept),
            "removed_ids": [list(pair) for pair in group_into_ranges(plan.removable)],
        },
    )
