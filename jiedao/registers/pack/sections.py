"""The section of registers: it writes their definitions by the room's own actions."""

from typing import Any

from django.utils.translation import ngettext

from jiedao.kernel.packs.comparing import CHANGE, CREATE, RETIRE, Changes, Comparison
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.section import Audit, RowIds, TableSection
from jiedao.registers.actions.declaring import declare_register, retire_register
from jiedao.registers.definition import Definition, MergedDefinition, merge_definition
from jiedao.registers.models import Record, Register
from jiedao.registers.pack.definitions import read_registers


class RegisterSection(TableSection):
    """Registers. The `details` of a comparison are, by key, the definitions merged with the stored ones."""

    kind, model = "register", Register
    key_columns = ("key",)
    columns = ("key", "name", "name_en", "position", "definition")
    after = ("unit", "category")  # definitions name units, checklists categories
    audit = Audit.ACTION

    def compare(self, pack: Pack, ids: RowIds) -> Comparison:
        """Merge each definition with the stored one, and compare the result with the stored one."""
        current = self.read_current(ids)
        merged: dict[str, MergedDefinition] = {}
        wanted: dict[str, Values] = {}
        for key, declared in read_registers(pack).items():
            stored = Definition.from_json(current[key]["definition"]) if key in current else None
            merged[key] = merge_definition(declared.definition, stored, declared.renamed)
            definition = merged[key].definition
            wanted[key] = {
                "key": key,
                "name": definition.name,
                "name_en": definition.name_en,
                "position": declared.position,
                "definition": definition.as_json(),
            }
        comparison = Comparison(self.kind, wanted, current, details=merged)
        self.add_items(comparison)
        return comparison

    def describe_change(self, column: str, before: Any, after: Any) -> Changes:
        """Return the change of a definition part by part."""
        if column == "definition":
            return compare_definitions(before, after)
        return super().describe_change(column, before, after)

    def find_blocked(self, comparison: Comparison) -> dict[str, str]:
        """Return the registers that would lose data, and why."""
        return {key: " ".join(merged.blocked) for key, merged in comparison.details.items() if merged.blocked}

    def find_notes(self, comparison: Comparison) -> dict[str, str]:
        """Return what changes for the records, and how many records of a retired register are no longer displayed."""
        notes = {key: " ".join(merged.notes) for key, merged in comparison.details.items() if merged.notes}
        for key, values in self.find_retired(comparison).items():
            count = Record.objects.filter(register_id=values["pk"]).count()
            text = ngettext("它的 %(n)d 条记录保留，不再显示。", "它的 %(n)d 条记录保留，不再显示。", count)
            notes[key] = text % {"n": count}
        return notes

    def write(self, comparison: Comparison, ids: RowIds, actor: Any) -> None:
        """Declare the registers that are new or changed and retire those that the pack no longer contains."""
        for key, values in comparison.wanted_rows(CREATE, CHANGE).items():
            merged: MergedDefinition = comparison.details[key]
            definition, position = merged.definition, values["position"]
            declare_register(actor=actor, definition=definition, position=position, merged=merged)
        for key in comparison.keys(RETIRE):
            retire_register(actor=actor, key=key)


def compare_definitions(before: Values, after: Values) -> Changes:
    """Return the differences between two definitions in readable parts: part -> [before, after]."""
    old, new = _list_parts(before), _list_parts(after)
    names = [*new, *(name for name in old if name not in new)]
    return {name: [old.get(name), new.get(name)] for name in names if old.get(name) != new.get(name)}


def _list_parts(definition: Values) -> Values:
    """Return a definition as a flat table of names and short values, such as "fields storeys unit": "层"."""
    parts: Values = {}
    for name, value in definition.items():
        if not _is_list_of_tables(value):
            parts[name] = value
            continue
        for place, entry in enumerate(value):
            label = entry.get("key") or entry.get("code") or f"{entry.get('grade', '')} {place + 1}"
            for key, part in entry.items():
                short = (
                    [item.get("code", item.get("key")) for item in part] if _is_list_of_tables(part) else part
                )
                parts[f"{name} {label} {key}"] = short
    return parts


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)
