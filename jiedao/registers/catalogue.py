"""The registers of the town, cached in the process: definitions are parsed and rules compiled once."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import orjson

from jiedao.kernel.memo import Memo
from jiedao.orgs.units import UNITS
from jiedao.registers.definition import Definition
from jiedao.registers.grading import Grader, build_grader
from jiedao.registers.models import Register


@dataclass
class RegisterInfo:
    """A register with its parsed definition. `unit_id` is the unit that maintains it."""

    id: int
    key: str
    definition: Definition
    active: bool
    unit_id: int | None

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self.definition.label

    @cached_property
    def grader(self) -> Grader:
        """The compiled grading rules; raise UserError for a stored rule that cannot be used."""
        return build_grader(self.definition)


def _load() -> dict[str, RegisterInfo]:
    units = {info.code: info.id for info in UNITS.get().values()}
    infos = {}
    for pk, key, data, active in Register.objects.values_list("id", "key", "definition", "active"):
        definition = Definition.from_json(data)
        infos[key] = RegisterInfo(pk, key, definition, active, units.get(definition.unit))
    return infos


REGISTERS: Memo[dict[str, RegisterInfo]] = Memo(_load)


def active_registers() -> list[RegisterInfo]:
    """Return the registers in use, in the order of the pack."""
    return [info for info in REGISTERS.get().values() if info.active]


def register_info(key: str) -> RegisterInfo | None:
    """Return a register by its key, also a retired one; None if there is none."""
    return REGISTERS.get().get(key)


def register_by_id(pk: int) -> RegisterInfo | None:
    """Return a register by its id, also a retired one; None if there is none."""
    return next((info for info in REGISTERS.get().values() if info.id == pk), None)


def digest_definition(info: RegisterInfo) -> str:
    """Return the SHA-256 of what decides how a state is stored and graded: fields, grades and rules."""
    parts = info.definition.as_json()
    stored = {name: parts[name] for name in ("fields", "grades", "rules")}
    return hashlib.sha256(orjson.dumps(stored, option=orjson.OPT_SORT_KEYS)).hexdigest()
