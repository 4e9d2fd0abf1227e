"""Import the records of the pack's registers from `demo/registers/*.csv`."""

import sys
from pathlib import Path

from tqdm import tqdm

from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.registers.catalogue import RegisterInfo, active_registers, register_info
from jiedao.registers.importing.actions import SheetFile, import_sheet
from jiedao.registers.models import Record


def load_records(folder: Path, *, actor: Actor) -> None:
    """Import the file of every register that is still empty; a parent register comes before the registers of its parts.

    Raises:
        UserError: a file has faults; the files imported before it stay.
    """
    files = [(info, folder / f"{info.key}.csv") for info in sorted(active_registers(), key=_compute_depth)]
    pending_files = [(info, path) for info, path in files if path.is_file() and _is_empty(info)]
    if not pending_files:
        return
    with tqdm(total=len(pending_files), desc="registers", unit="file", file=sys.stderr) as bar:
        for info, path in pending_files:
            account = import_sheet(actor=actor, info=info, file=SheetFile(path), why="演示数据")
            if not account.sound:
                raise UserError(
                    f"{path} 有 {account.faults} 处错误：{account.errors[0]}", hint="请改正后再运行一次。"
                )
            bar.update()


def _compute_depth(info: RegisterInfo) -> int:
    parent = register_info(info.definition.parent)
    return 0 if parent is None else 1 + _compute_depth(parent)


def _is_empty(info: RegisterInfo) -> bool:
    return not Record.objects.filter(register_id=info.id).exists()
