"""Checking a sheet, and writing one that has no fault."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import Deed, record_many
from jiedao.audit.actions import record as note
from jiedao.audit.models import to_ranges
from jiedao.kernel.errors import Stale
from jiedao.kernel.tables.reading import read_table
from jiedao.kernel.tables.rows import Limits
from jiedao.orgs.actor import Actor
from jiedao.registers.access import need_write
from jiedao.registers.bulk import STATED, chunks, insert_records, swap_records
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.importing.account import SheetAccount
from jiedao.registers.importing.checking import Progress, SheetCheck
from jiedao.registers.importing.spool import Spool
from jiedao.registers.models import Register


@dataclass(frozen=True)
class SheetFile:
    """A file to read: .xlsx, .csv or .tsv, told by its content.

    Attributes:
        sheet: which sheet of a workbook; the first visible one when None.
        name: what to call the file in messages; its own name when empty.
        limits: what the file may ask of the machine.
    """

    path: Path
    sheet: str | None = None
    name: str = ""
    limits: Limits | None = None


def check_sheet(
    actor: Actor, info: RegisterInfo, file: SheetFile, progress: Progress | None = None
) -> SheetAccount:
    """Return what a sheet would do to a register, with every fault; nothing is written.

    Args:
        progress: called with the rows read so far and about how many there are, or None.

    Raises:
        NotAllowed: the actor may not write in the register.
        UserError: the file cannot be used at all.
    """
    with Spool() as spool:
        return _checked(actor, info, file, spool, progress)


def import_sheet(
    *, actor: Actor, info: RegisterInfo, file: SheetFile, why: str = "", progress: Progress | None = None
) -> SheetAccount:
    """Check a sheet and, where it has no fault at all, write it in one transaction; return the account.

    A row whose code is known changes that record where one of its cells says something else, and keeps what was said
    before; an empty cell says nothing. So the same sheet twice changes nothing. One entry of the audit names the file's
    digest, the counts and the ids of the new records; each changed record has an entry of its own.

    Args:
        why: the reason that changed records keep; the name of the file when empty.

    Raises:
        NotAllowed, UserError: as `check_sheet`. Stale: somebody wrote in the register meanwhile; nothing is written.
    """
    reason = why.strip() or _("批量导入 %(name)s") % {"name": file.name or file.path.name}
    with Spool() as spool:
        account = _checked(actor, info, file, spool, progress)
        if account.sound:
            _write(actor, info, account, spool, reason)
    return account


def _checked(
    actor: Actor, info: RegisterInfo, file: SheetFile, spool: Spool, progress: Progress | None
) -> SheetAccount:
    need_write(actor, info)
    with read_table(file.path, sheet=file.sheet, limits=file.limits, name=file.name) as table:
        account = SheetCheck(actor, info, table, spool).run(progress)
    with file.path.open("rb") as raw:
        account.sha256 = hashlib.file_digest(raw, "sha256").hexdigest()
    return account


@transaction.atomic
def _write(actor: Actor, info: RegisterInfo, account: SheetAccount, spool: Spool, why: str) -> None:
    Register.objects.select_for_update().get(pk=info.id)  # two imports of one register go one after the other
    states = (ready.state for ready in spool.rows(new=True))
    try:
        with transaction.atomic():
            ids = insert_records(actor, info.id, states, account.created, why) if account.created else []
    except IntegrityError as fault:
        raise _meanwhile() from fault
    if account.changed:
        rows = ((ready.record_id, ready.version, *ready.state) for ready in spool.rows(new=False))
        if swap_records(actor, STATED, rows, why, words=True) != account.changed:
            raise _meanwhile()
        _note_changes(actor, info, spool, why)
    if ids or account.changed:
        after = {**account.counts(), "register_id": info.id, "sha256": account.sha256, "why": why}
        after["created_ids"] = [list(pair) for pair in to_ranges(ids)]
        note(
            actor=actor, action="registers.record:import", obj_type="registers.register", obj_id=info.id,
            after=after,
        )  # fmt: skip
    account.written = True


def _note_changes(actor: Actor, info: RegisterInfo, spool: Spool, why: str) -> None:
    for chunk in chunks(spool.rows(new=False)):
        record_many(
            [
                Deed(
                    actor=actor, action="registers.record:change", obj_type="registers.record",
                    obj_id=ready.record_id, before=ready.before,
                    after={"register_id": info.id, **ready.after, "why": why},
                )
                for ready in chunk
            ]
        )  # fmt: skip


def _meanwhile() -> Stale:
    return Stale(
        _("导入期间有人改动了这本台账，没有写入任何内容。"), hint=_("请再导入一次：文件会重新核对。")
    )
