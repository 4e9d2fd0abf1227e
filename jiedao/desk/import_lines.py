"""Imports into registers, for the page of a register and that of all imports."""

from dataclasses import dataclass

from django.urls import reverse

from jiedao.orgs.actor import Actor
from jiedao.registers.access import may_write
from jiedao.registers.catalogue import RegisterInfo, register_by_id
from jiedao.registers.importing.undoing import list_register_imports, may_undo_register_import
from jiedao.registers.models import RegisterImport

MOST_LINES = 20


@dataclass(frozen=True)
class ImportLine:
    """An import; `undo_url` is "" for users who may not undo it, and once all of it is undone."""

    row: RegisterImport
    info: RegisterInfo
    undo_url: str


def list_import_lines(actor: Actor, register_id: int | None = None) -> list[ImportLine]:
    """Return the last imports into the registers that the actor may open, or into one of them."""
    lines = []
    for row in list_register_imports(actor, register_id, MOST_LINES):
        info = register_by_id(row.register_id)
        if info is None:
            continue
        is_undone = row.removed + row.restored >= row.created + row.changed
        may_undo = may_write(actor, info) and may_undo_register_import(actor, row) and not is_undone
        url = reverse("desk:register-import-undo", args=[info.key, row.pk]) if may_undo else ""
        lines.append(ImportLine(row, info, url))
    return lines
