"""The registers of a pack: from the rows of `registers/*.toml` to definitions, and what a change means."""

from pathlib import PurePosixPath
from typing import Any

from jiedao.packs.desired import Values
from jiedao.packs.pack import Pack
from jiedao.packs.reading import Row
from jiedao.registers.definition import (
    Checklist,
    Choice,
    Definition,
    Field,
    FieldKind,
    Grade,
    Hangs,
    Item,
    Rule,
    Settled,
    settle,
)
from jiedao.registers.models import Record, Register

FOLDER = "registers"

# -- from rows to definitions ----------------------------------------------------------------------------------------


def definitions(pack: Pack) -> dict[str, tuple[Definition, dict[str, str]]]:
    """Return each register by key, with its renamed fields: new key -> the key it had."""
    return {key: definition_of(pack, key, file) for key, file in files_of(pack).items()}


def files_of(pack: Pack) -> dict[str, str]:
    """Return the file of each register by key: the name of the file."""
    files = [file for file in pack.files(FOLDER) if pack.rows(file, "register")]
    return {PurePosixPath(file).stem: file for file in files}


def definition_of(pack: Pack, key: str, file: str) -> tuple[Definition, dict[str, str]]:
    rows = pack.rows(file, "field")
    about = {name: value for name, value in pack.one(file, "register").items() if name != "position"}
    definition = Definition(
        **{
            **about,
            "key": key,
            "name": about.get("name", key),
            "on": Hangs(about.get("on", Hangs.TOWN.value)),
            "read": tuple(about.get("read", ())),
            "write": tuple(about.get("write", ())),
            "fields": tuple(_field(row.values) for row in rows if "key" in row.values),
            "grades": tuple(_made(Grade, row, "code", "name") for row in pack.rows(file, "grade")),
            "rules": tuple(_made(Rule, row, "grade", "when", "because") for row in pack.rows(file, "rule")),
            "checklists": tuple(_checklists(pack, file)),
        }
    )
    return definition, {
        row.values["key"]: row.values["was"] for row in rows if {"key", "was"} <= set(row.values)
    }


def _made(kind: Any, row: Row, *needed: str) -> Any:
    """Make a part of a row; what is missing was reported and is empty here."""
    return kind(**{**dict.fromkeys(needed, ""), **row.values})


def _field(values: Values) -> Field:
    given = {name: value for name, value in values.items() if name != "was"}
    choices = tuple(Choice(code, *names) for code, names in given.get("choices", {}).items())
    kind = FieldKind(given.get("kind", FieldKind.TEXT.value))
    return Field(**{**given, "name": given.get("name", ""), "kind": kind, "choices": choices})


def _checklists(pack: Pack, file: str) -> list[Checklist]:
    items: dict[str, list[Item]] = {}
    for row in pack.rows(file, "item"):
        values = {name: value for name, value in row.values.items() if name != "checklist"}
        one = Item(**{"key": "", "name": "", **values})
        items.setdefault(row.values.get("checklist", ""), []).append(one)
    return [
        Checklist(
            **{"key": "", "name": "", **row.values, "items": tuple(items.get(row.values.get("key", ""), ()))}
        )
        for row in pack.rows(file, "checklist")
    ]


# -- plan ------------------------------------------------------------------------------------------------------------


def settled(pack: Pack) -> dict[str, Settled]:
    """Return each register as it would be kept: the pack's definition laid over the one in the database."""
    kept = {row.key: Definition.of(row.definition) for row in Register.objects.all()}
    return {key: settle(one, kept.get(key), renamed) for key, (one, renamed) in definitions(pack).items()}


def registers(pack: Pack) -> dict[str, Values]:
    """Return every register."""
    files = files_of(pack)
    return {
        key: {
            "key": key,
            "name": one.definition.name,
            "name_en": one.definition.name_en,
            "position": pack.one(files[key], "register").get("position", 0),
            "definition": one.definition.as_json(),
        }
        for key, one in settled(pack).items()
    }


def advice(pack: Pack, gone: dict[str, Values]) -> tuple[dict[str, str], dict[str, str]]:
    """Return by key why a register cannot be changed so, and what a person should know of the change."""
    found = settled(pack)
    blocked = {key: "; ".join(one.blocked) for key, one in found.items() if one.blocked}
    notes = {key: "; ".join(one.notes) for key, one in found.items() if one.notes}
    for key, values in gone.items():
        count = Record.objects.filter(register_id=values["pk"]).count()
        notes[key] = f"its {count} records stay and are no longer shown"
    return blocked, notes


def differences(old: Values, new: Values) -> dict[str, list[Any]]:
    """Return what differs between two definitions as a person reads it: part -> [before, after]."""
    before, after = _parts(old), _parts(new)
    names = [*after, *(name for name in before if name not in after)]
    return {
        name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)
    }


def _parts(definition: Values) -> Values:
    """Return a definition as one level of names and short values."""
    found: Values = {}
    for name, value in definition.items():
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            found[name] = value
            continue
        for place, one in enumerate(value):
            label = one.get("key") or one.get("code") or f"{one.get('grade', '')} {place + 1}"
            for key, part in one.items():
                short = [item.get("code", item.get("key")) for item in part] if _listed(part) else part
                found[f"{name} {label} {key}"] = short
    return found


def _listed(part: Any) -> bool:
    return isinstance(part, list) and all(isinstance(item, dict) for item in part)
