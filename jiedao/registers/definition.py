"""What a register is, as its pack declared it: data, no database.

A field has two names. `key` is what packs, rules, sheets and addresses call it today. `store` is the name under which
its values are stored in `Record.values`, and it never changes: renaming a field rewrites no record. A retired field
stays in the definition, so that old records stay readable.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from jiedao.kernel.folding import fold_key
from jiedao.places.models import Named, in_language

T = TypeVar("T")


class FieldKind(Enum):
    """What a field holds, and how `Record.values` stores it."""

    TEXT = "text"  # str
    NUMBER = "number"  # int or float, in the field's unit
    MONEY = "money"  # yuan, float rounded to the fen
    DATE = "date"  # ISO text
    CHOICE = "choice"  # code of a choice
    BOOL = "bool"  # true, false
    PLACE = "place"  # a location in words
    PERSON = "person"  # a name and perhaps a phone number, "张三 13800000000"


class Anchor(Enum):
    """What a record belongs to. A record takes its area from there."""

    PREMISE = "premise"
    GRID = "grid"
    UNIT = "unit"
    REGISTER = "register"  # a record of another register
    TOWN = "town"


SLOTTED = {
    FieldKind.CHOICE: "s",
    FieldKind.BOOL: "s",
    FieldKind.TEXT: "s",
    FieldKind.PLACE: "s",
    FieldKind.NUMBER: "n",
    FieldKind.MONEY: "n",
    FieldKind.DATE: "d",
}
# How many columns of each type RecordState has. Lists filter and figures sum by these columns.
SLOTS = {"s": 8, "n": 6, "d": 4}
NUMERIC = frozenset({FieldKind.NUMBER, FieldKind.MONEY})
SLOT_TEXT = 80  # the longest text that an "s" slot holds


@dataclass(frozen=True)
class Choice(Named):
    """One value of a choice field; a retired one stays readable and is no longer offered."""

    code: str
    name: str
    name_en: str = ""
    retired: bool = False


@dataclass(frozen=True)
class Field(Named):
    """One field of a register.

    Attributes:
        unit: the unit of a number, such as "层" or "平方米".
        whole: accept whole numbers only.
        least, most: bounds of a number.
        summed: lists sum the column; False for numbers without a meaningful sum, such as storeys or a year.
        filter: lists offer the field as a filter; this needs a `slot`.
        column: lists show the field as a column.
        personal: the value is encrypted, displayed masked and revealed with a reason; it is never filtered or exported.
        slot: the column of `RecordState` that repeats the value ("s1", "n2", "d1"), "" for none.
    """

    key: str
    name: str
    kind: FieldKind = FieldKind.TEXT
    name_en: str = ""
    store: str = ""
    unit: str = ""
    unit_en: str = ""
    help: str = ""
    help_en: str = ""
    required: bool = False
    unique: bool = False
    filter: bool = False
    column: bool = False
    personal: bool = False
    whole: bool = False
    summed: bool = True
    least: float | None = None
    most: float | None = None
    choices: tuple[Choice, ...] = ()
    retired: bool = False
    slot: str = ""

    @property
    def is_ordinal(self) -> bool:
        """Return whether the number, such as a year, counts nothing: it is written without commas."""
        return self.whole and not self.summed and not self.unit

    @property
    def unit_label(self) -> str:
        """The unit in the reader's language."""
        return in_language(self.unit, self.unit_en)

    @property
    def help_label(self) -> str:
        """The help in the reader's language."""
        return in_language(self.help, self.help_en)

    @cached_property
    def choice_codes(self) -> dict[str, str]:
        """The code of each choice in use by its folded code and names; a code takes precedence over a name."""
        in_use = [choice for choice in self.choices if not choice.retired]
        names = {
            fold_key(name): choice.code
            for choice in reversed(in_use)
            for name in (choice.name_en, choice.name)
            if name
        }
        return names | {fold_key(choice.code): choice.code for choice in in_use}

    def choice(self, code: Any) -> Choice | None:
        """Return the choice with this code, a retired one too."""
        return next((choice for choice in self.choices if choice.code == code), None)


def _slot_converter(field: Field) -> Callable[[Any], Any]:
    """Return the function that converts a stored value of the field into the value of its slot."""
    if field.kind is FieldKind.BOOL:
        return lambda value: "1" if value else "0"
    kinds: dict[str, Callable[[Any], Any]] = {"d": date.fromisoformat, "n": float}
    return kinds.get(field.slot[0], lambda value: str(value)[:SLOT_TEXT])


@dataclass(frozen=True)
class Rule:
    """A CEL condition over the fields that puts a record into a grade, and the reason in words."""

    grade: str
    when: str
    because: str
    because_en: str = ""

    @property
    def label(self) -> str:
        """The reason in the reader's language."""
        return in_language(self.because, self.because_en)


@dataclass(frozen=True)
class Grade(Named):
    """A grade. `every_days` is the longest time between two inspections, 0 to use that of the register."""

    code: str
    name: str
    name_en: str = ""
    tone: str = "neutral"
    every_days: int = 0


@dataclass(frozen=True)
class Item(Named):
    """One question of a checklist.

    Attributes:
        category: the category of the case that a failed answer opens, such as "MATTER 06010".
        urgent: the case is opened as urgent.
        photo: a failed answer requires a photo.
    """

    key: str
    name: str
    name_en: str = ""
    category: str = ""
    urgent: bool = False
    photo: bool = False


@dataclass(frozen=True)
class Checklist(Named):
    """The questions that an inspection asks."""

    key: str
    name: str
    name_en: str = ""
    items: tuple[Item, ...] = ()

    def item(self, key: str) -> Item | None:
        """Return the item with this key."""
        return next((item for item in self.items if item.key == key), None)


@dataclass(frozen=True)
class Definition(Named):
    """A register as a pack declares it.

    Attributes:
        group: the heading of the register in the list of registers.
        on: what a record belongs to.
        parent: the key of the other register, if a record belongs to a record of another register.
        unit: code of the unit that maintains the register.
        read, write: codes of the units and kinds of units (such as "COMMUNITY") that may read or write; empty means
            everybody who has the right.
        map_tone: tone of the register's points on the map.
        code_name: what the code of a record is called, such as "楼栋编码".
        grades: the most serious grade first.
        every_days: longest time between two inspections for grades that set none, 0 for no rounds.
    """

    key: str
    name: str
    name_en: str = ""
    group: str = ""
    group_en: str = ""
    note: str = ""
    note_en: str = ""
    icon: str = "clipboard-list"
    on: Anchor = Anchor.TOWN
    parent: str = ""
    unit: str = ""
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    map_tone: str = "info"
    code_name: str = ""
    code_name_en: str = ""
    fields: tuple[Field, ...] = ()
    grades: tuple[Grade, ...] = ()
    rules: tuple[Rule, ...] = ()
    every_days: int = 0
    checklists: tuple[Checklist, ...] = ()

    @property
    def group_label(self) -> str:
        """The heading in the reader's language."""
        return in_language(self.group, self.group_en)

    @property
    def note_label(self) -> str:
        """What the register is for, in the reader's language."""
        return in_language(self.note, self.note_en)

    @cached_property
    def active_fields(self) -> tuple[Field, ...]:
        """The fields in use (not retired), in order."""
        return tuple(field for field in self.fields if not field.retired)

    @cached_property
    def by_key(self) -> dict[str, Field]:
        """The fields in use by key."""
        return {field.key: field for field in self.active_fields}

    @cached_property
    def slots(self) -> tuple[tuple[str, str, Callable[[Any], Any]], ...]:
        """The slots in use as (slot, store of its field, converter from the stored value to the slot's value)."""
        return tuple((field.slot, field.store, _slot_converter(field)) for field in self.fields if field.slot)

    def field(self, key: str) -> Field | None:
        """Return the field in use with this key."""
        return self.by_key.get(key)

    def grade(self, code: str) -> Grade | None:
        """Return the grade with this code."""
        return next((grade for grade in self.grades if grade.code == code), None)

    def checklist(self, key: str) -> Checklist | None:
        """Return the checklist with this key."""
        return next((checklist for checklist in self.checklists if checklist.key == key), None)

    def inspection_interval(self, grade: str) -> int:
        """Return the longest time between two inspections of a record with this grade, in days; 0 for no rounds."""
        named = self.grade(grade)
        return named.every_days if named is not None and named.every_days else self.every_days

    def as_json(self) -> dict[str, Any]:
        """Return the definition as JSON values, for the database and for comparison."""
        return _plain(asdict(self))  # type: ignore[no-any-return]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Definition":
        """Return the definition that `as_json` wrote."""
        values = dict(data)
        values["on"] = Anchor(values["on"])
        values["read"], values["write"] = tuple(values["read"]), tuple(values["write"])
        values["fields"] = tuple(_read_field(field) for field in values["fields"])
        values["grades"] = tuple(_build_known(Grade, grade) for grade in values["grades"])
        values["rules"] = tuple(_build_known(Rule, rule) for rule in values["rules"])
        values["checklists"] = tuple(_read_checklist(checklist) for checklist in values.get("checklists", ()))
        return _build_known(cls, values)


def _build_known(kind: type[T], values: Mapping[str, Any]) -> T:
    """Build a dataclass from the values it has fields for: another version of jiedao may have stored more."""
    names = {known.name for known in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in values.items() if name in names})


def _read_checklist(values: Mapping[str, Any]) -> Checklist:
    items = tuple(_build_known(Item, item) for item in values["items"])
    return _build_known(Checklist, {**values, "items": items})


def _read_field(values: Mapping[str, Any]) -> Field:
    choices = tuple(_build_known(Choice, choice) for choice in values["choices"])
    return _build_known(Field, {**values, "kind": FieldKind(values["kind"]), "choices": choices})


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


@dataclass
class MergedDefinition:
    """A definition as it will be stored, and what the change means for records.

    Attributes:
        notes: effects of the change that people should know, such as a field that is retired.
        blocked: why the change would lose data; empty if it is safe.
    """

    definition: Definition
    notes: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)


def merge_definition(
    wanted: Definition, stored: Definition | None, renamed: Mapping[str, str]
) -> MergedDefinition:
    """Merge a declared definition with the stored one, and report what the change means.

    Every field keeps its store and slot, or gets new ones. A field that the pack no longer contains is retired, never
    dropped. A change of a field's kind or unit, or of what records belong to, is blocked, because it would change the
    meaning of stored values.

    Args:
        wanted: the definition as the pack declares it.
        stored: the definition in the database, None for a new register.
        renamed: new key -> previous key, from `was` in the pack.
    """
    old = {field.key: field for field in stored.fields} if stored else {}
    stores = {field.store for field in old.values()}
    result = MergedDefinition(wanted)
    settled_fields: list[Field] = []
    used_keys: set[str] = set()
    for declared in wanted.fields:
        before = old.get(declared.key) or old.get(renamed.get(declared.key, ""))
        if before is None:
            store = _new_store(declared.key, stores)
            stores.add(store)
            settled_fields.append(replace(declared, store=store))
            continue
        used_keys.add(before.key)
        result.blocked += _find_losses(declared, before)
        choices = _with_retired_choices(declared, before, result)
        settled_fields.append(replace(declared, store=before.store, slot=before.slot, choices=choices))
        if before.key != declared.key:
            result.notes.append(
                _("字段 %(before)s 改名为 %(now)s。") % {"before": before.key, "now": declared.key}
            )
    for before in old.values():
        if before.key not in used_keys:
            if not before.retired:
                text = _("字段 %(key)s 停用：记录里的值保留，填表时不再问。")
                result.notes.append(text % {"key": before.key})
            settled_fields.append(replace(before, retired=True, required=False, filter=False, column=False))
    if stored is not None and (stored.on, stored.parent) != (wanted.on, wanted.parent):
        text = _("记录登记在 %(before)s 上，不能改为 %(now)s：请用新的台账。")
        result.blocked.append(text % {"before": stored.on.value, "now": wanted.on.value})
    result.definition = replace(wanted, fields=_assign_slots(settled_fields, result))
    return result


def _assign_slots(settled_fields: list[Field], result: MergedDefinition) -> tuple[Field, ...]:
    """Return the fields with their slots.

    Filtered and unique fields need a slot and are served first. The other fields, except texts, get what is left.
    """
    used = {candidate.slot for candidate in settled_fields}
    free = {
        letter: [slot for n in range(1, count + 1) if (slot := f"{letter}{n}") not in used]
        for letter, count in SLOTS.items()
    }
    slots = {candidate.key: candidate.slot for candidate in settled_fields if not candidate.retired}
    for needed in (True, False):
        for candidate in settled_fields:
            letter = SLOTTED.get(candidate.kind, "")
            if candidate.retired or candidate.personal or not letter or slots[candidate.key]:
                continue
            if needed != (candidate.filter or candidate.unique) or (
                not needed and candidate.kind in {FieldKind.TEXT, FieldKind.PLACE}
            ):
                continue
            if free[letter]:
                slots[candidate.key] = free[letter].pop(0)
            elif needed:
                kinds = ", ".join(kind.value for kind, other in SLOTTED.items() if other == letter)
                text = _("字段 %(key)s 不能筛选：已有 %(n)d 个 %(kinds)s 字段可以筛选。")
                result.blocked.append(text % {"key": candidate.key, "n": SLOTS[letter], "kinds": kinds})
    return tuple(
        candidate if candidate.retired else replace(candidate, slot=slots[candidate.key])
        for candidate in settled_fields
    )


def _new_store(key: str, stores: set[str]) -> str:
    """Return an unused store, so that a new field does not read the values of a retired field with the same key."""
    return next(name for n in range(1, 1000) if (name := key if n == 1 else f"{key}_{n}") not in stores)


def _find_losses(field: Field, before: Field) -> list[str]:
    """Return why changing the field from `before` would change or expose its stored values."""
    losses = []
    if field.kind is not before.kind:
        losses.append(
            _("字段 %(key)s 的类型是 %(before)s，不能改为 %(now)s：新字段请用新的代码。")
            % {"key": field.key, "before": before.kind.value, "now": field.kind.value}
        )
    if field.unit != before.unit:
        losses.append(
            _("字段 %(key)s 按“%(before)s”存，不能改为“%(now)s”：新字段请用新的代码。")
            % {"key": field.key, "before": before.unit or "—", "now": field.unit or "—"}
        )
    if before.personal and not field.personal:
        losses.append(_("字段 %(key)s 是个人信息，不能改为公开：新字段请用新的代码。") % {"key": field.key})
    if field.personal and not before.personal:
        losses.append(
            _("字段 %(key)s 原来不是个人信息，记录里没有加密：新字段请用新的代码。") % {"key": field.key}
        )
    return losses


def _with_retired_choices(field: Field, before: Field, result: MergedDefinition) -> tuple[Choice, ...]:
    """Return the choices of the field, followed by those that the pack no longer contains, retired."""
    named = {choice.code for choice in field.choices}
    missing = [choice for choice in before.choices if choice.code not in named]
    for choice in missing:
        if not choice.retired:
            text = _("%(key)s 的选项 %(choice)s 停用：记录里的保留。")
            result.notes.append(text % {"key": field.key, "choice": choice.code})
    return (*field.choices, *(replace(choice, retired=True) for choice in missing))
