"""Read the rows of `registers/*.toml` into the definitions of registers."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.registers.definition import (
    Anchor,
    Checklist,
    Choice,
    Definition,
    Field,
    FieldKind,
    Grade,
    Item,
    Rule,
)
from jiedao.registers.pack.tables import FOLDER


@dataclass(frozen=True)
class DeclaredRegister:
    """A register as its file declares it.

    Attributes:
        renamed: new key of a field -> its old key.
        position: the register's place in the list of registers.
    """

    definition: Definition
    renamed: dict[str, str]
    position: int


def read_registers(pack: Pack) -> dict[str, DeclaredRegister]:
    """Return each register by key."""
    return {key: read_register(pack, key, file) for key, file in find_register_files(pack).items()}


def find_register_files(pack: Pack) -> dict[str, str]:
    """Return the file of each register by key; the key is the name of the file without its suffix."""
    files = [file for file in pack.files(FOLDER) if pack.rows(file, "register")]
    return {PurePosixPath(file).stem: file for file in files}


def read_register(pack: Pack, key: str, file: str) -> DeclaredRegister:
    """Return the register of a file; a needed value that is missing was reported and is empty here."""
    values = dict(pack.single(file, "register"))
    position = values.pop("position", 0)
    fields = pack.rows(file, "field")
    definition = Definition(
        **{
            **values,
            "key": key,
            "name": values.get("name", key),
            "on": Anchor(values.get("on", Anchor.TOWN.value)),
            "read": tuple(values.get("read", ())),
            "write": tuple(values.get("write", ())),
            "fields": tuple(_make_field(row.values) for row in fields if "key" in row.values),
            "grades": tuple(_make_part(Grade, row, "code", "name") for row in pack.rows(file, "grade")),
            "rules": tuple(
                _make_part(Rule, row, "grade", "when", "because") for row in pack.rows(file, "rule")
            ),
            "checklists": _make_checklists(pack, file),
        }
    )
    renamed = {row.values["key"]: row.values["was"] for row in fields if {"key", "was"} <= set(row.values)}
    return DeclaredRegister(definition, renamed, position)


def _make_part(part: Any, row: Row, *needed: str) -> Any:
    return part(**{**dict.fromkeys(needed, ""), **row.values})


def _make_field(row: Values) -> Field:
    values = {name: value for name, value in row.items() if name != "was"}
    choices = tuple(Choice(code, *names) for code, names in values.get("choices", {}).items())
    kind = FieldKind(values.get("kind", FieldKind.TEXT.value))
    return Field(**{**values, "name": values.get("name", ""), "kind": kind, "choices": choices})


def _make_checklists(pack: Pack, file: str) -> tuple[Checklist, ...]:
    items: dict[str, list[Item]] = {}
    for row in pack.rows(file, "item"):
        values = {name: value for name, value in row.values.items() if name != "checklist"}
        items.setdefault(row.get("checklist"), []).append(Item(**{"key": "", "name": "", **values}))
    return tuple(
        Checklist(**{"key": "", "name": "", **row.values, "items": tuple(items.get(row.get("key"), ()))})
        for row in pack.rows(file, "checklist")
    )
