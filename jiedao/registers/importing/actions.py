"""Check a sheet, and import a sheet without faults."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import EntryData, record_entries, record_entry
from jiedao.audit.models import group_into_ranges
from jiedao.kernel.errors import Stale
from jiedao.kernel.tables.reading import read_table
from jiedao.kernel.tables.refused import write_refused_rows
from jiedao.kernel.tables.rows import Limits
from jiedao.orgs.actor import Actor
from jiedao.registers.access import need_write
from jiedao.registers.bulk import STATE_COLUMNS, insert_records, split_chunks, swap_records
from jiedao.registers.catalogue import RegisterInfo, digest_definition
from jiedao.registers.importing.account import SheetAccount
from jiedao.registers.importing.checking import Progress, SheetCheck
from jiedao.registers.importing.spool import Spool
from jiedao.registers.models import Record, Register, RegisterImport


@dataclass(frozen=True)
class SheetFile:
    """A file to read: .xlsx, .csv or .tsv, recognised by its content.

    Attributes:
        sheet: the sheet of a workbook to read; None for the first visible one.
        name: the name of the file in messages; empty for the name in `path`.
        limits: limits on the size and memory that reading the file may need.
    """

    path: Path
    sheet: str | None = None
    name: str = ""
    limits: Limits | None = None


def check_sheet(
    actor: Actor, info: RegisterInfo, file: SheetFile, progress: Progress | None = None
) -> SheetAccount:
    """Return what a sheet would change in a register, and every fault. Nothing is written.

    Args:
        progress: called with the number of rows read so far and the estimated total, None if unknown.

    Raises:
        NotAllowed: the actor may not write in the register.
        UserError: the file cannot be used at all.
    """
    with Spool() as spool:
        return _check_file(actor, info, file, spool, progress)


def import_sheet(
    *, actor: Actor, info: RegisterInfo, file: SheetFile, why: str = "", progress: Progress | None = None
) -> SheetAccount:
    """Check a sheet and, if it has no fault, write it in one transaction; return the account.

    A row with a known code changes that record if one of its cells differs, and the previous state is stored as a
    version. An empty cell changes nothing, so importing the same sheet twice changes nothing. A
    `RegisterImport` has what `undoing` needs. One audit entry has the file's digest, the counts and the ids of the new
    records; each changed record has an entry of its own.

    Args:
        why: the reason stored with changed records; empty for the name of the file.

    Raises:
        NotAllowed, UserError: as `check_sheet`. Stale: the register was changed in the meantime; nothing is written.
    """
    file_name = file.name or file.path.name
    reason = why.strip() or _("批量导入 %(name)s") % {"name": file_name}
    with Spool() as spool:
        account = _check_file(actor, info, file, spool, progress)
        if account.sound:
            _write_rows(actor, info, account, spool, file_name=file_name, why=reason)
    return account


def write_refused_sheet(file: SheetFile, account: SheetAccount, path: Path) -> int:
    """Write the rows of a checked file with their faults beside them; return the number of rows with a fault.

    All rows are written, because none was imported: the sheet can be corrected and imported in one piece.
    """
    title_faults = account.reasons.get(account.passed_over.header_row, [])
    with read_table(file.path, sheet=file.sheet, limits=file.limits, name=file.name) as table:
        return write_refused_rows(
            table, account.passed_over.header_row, account.reasons, path, every_row=True, remarks=title_faults
        )


def _check_file(
    actor: Actor, info: RegisterInfo, file: SheetFile, spool: Spool, progress: Progress | None
) -> SheetAccount:
    need_write(actor, info)
    with read_table(file.path, sheet=file.sheet, limits=file.limits, name=file.name) as table:
        account = SheetCheck(actor, info, table, spool).run(progress)
    with file.path.open("rb") as raw:
        account.sha256 = hashlib.file_digest(raw, "sha256").hexdigest()
    return account


@transaction.atomic
def _write_rows(
    actor: Actor, info: RegisterInfo, account: SheetAccount, spool: Spool, *, file_name: str, why: str
) -> None:
    Register.objects.select_for_update().get(pk=info.id)  # serialises two imports of one register
    states = (row.state for row in spool.rows(new=True))
    try:
        with transaction.atomic():
            ids = insert_records(actor, info.id, states, account.created, why) if account.created else []
    except IntegrityError as fault:
        raise _make_stale_error() from fault
    changes: list[Any] = []
    if account.changed:
        changes = _list_changes(spool)
        rows = ((row.record_id, row.version, *row.state) for row in spool.rows(new=False))
        if swap_records(actor, STATE_COLUMNS, rows, why, reindex=True) != account.changed:
            raise _make_stale_error()
        _record_changes(actor, info, spool, why)
    if ids or account.changed:
        batch = _store_batch(actor, info, account, file_name=file_name, ids=ids, changes=changes)
        record_entry(
            actor=actor,
            action="registers.record:import",
            obj_type="registers.register",
            obj_id=info.id,
            after={
                **account.counts(),
                "register_id": info.id,
                "sha256": account.sha256,
                "why": why,
                "import": batch.pk,
                "created_ids": batch.created_ids,
            },
        )
    account.written = True


def _list_changes(spool: Spool) -> list[list[int | None]]:
    """Return id, version after the import, and parent before it, of the records that the sheet changes."""
    changes: list[list[int | None]] = []
    for chunk in split_chunks(spool.rows(new=False)):
        records = Record.objects.filter(pk__in=[row.record_id for row in chunk])
        parents = dict(records.values_list("pk", "parent_id"))
        changes += [[row.record_id, row.version + 1, parents.get(row.record_id)] for row in chunk]
    return changes


def _store_batch(
    actor: Actor,
    info: RegisterInfo,
    account: SheetAccount,
    *,
    file_name: str,
    ids: Sequence[int],
    changes: list[list[int | None]],
) -> RegisterImport:
    return RegisterImport.objects.create(
        register_id=info.id,
        user_id=actor.user_id,
        actor_label=actor.label[:120],
        file_name=file_name[:200],
        sheet=account.passed_over.sheet[:100],
        sha256=account.sha256,
        read=account.read,
        created=account.created,
        changed=account.changed,
        existing=account.existing,
        created_ids=[list(pair) for pair in group_into_ranges(ids)],
        changes=changes,
        definition_digest=digest_definition(info),
    )


def _record_changes(actor: Actor, info: RegisterInfo, spool: Spool, why: str) -> None:
    for chunk in split_chunks(spool.rows(new=False)):
        record_entries(
            [
                EntryData(
                    actor=actor,
                    action="registers.record:change",
                    obj_type="registers.record",
                    obj_id=row.record_id,
                    before=row.before,
                    after={"register_id": info.id, **row.after, "why": why},
                )
                for row in chunk
            ]
        )


def _make_stale_error() -> Stale:
    return Stale(
        _("导入期间有人改动了这本台账，没有写入任何内容。"), hint=_("请再导入一次：文件会重新核对。")
    )
