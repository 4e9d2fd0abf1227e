"""What a register is, as its pack declared it: data, no database.

A field has two names: `key`, by which packs, rules, sheets and addresses call it today, and `store`, under which
values lie in `Record.values` for ever. A renamed field keeps its store, so no record is rewritten; a retired field
stays in the definition, so old records stay readable.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

from jiedao.places.models import Named, in_language

T = TypeVar("T")


class FieldKind(Enum):
    """What a field holds, and how it lies in `Record.values`."""

    TEXT = "text"  # str
    NUMBER = "number"  # int or float, in the field's unit
    MONEY = "money"  # yuan, float rounded to the fen
    DATE = "date"  # ISO text
    CHOICE = "choice"  # code of a choice
    BOOL = "bool"  # true, false
    PLACE = "place"  # words where it is
    PERSON = "person"  # name and perhaps telephone, "张三 13800000000"


class Hangs(Enum):
    """What a record hangs on; its area comes from there."""

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
SLOTS = {"s": 8, "n": 6, "d": 4}  # columns of RecordState by which lists filter and figures sum
NUMERIC = frozenset({FieldKind.NUMBER, FieldKind.MONEY})
SLOT_TEXT = 80  # longest text of an s slot


@dataclass(frozen=True)
class Choice(Named):
    """One value of a choice field; a retired one stays readable and is no longer offered."""

    code: str
    name: str
    name_en: str = ""
    retired: bool = False


@dataclass(frozen=True)
class Field(Named):
    """One field.

    Attributes:
        unit: of a number, such as "层" or "平方米".  whole: only whole numbers.  least, most: bounds of a number.
        summed: lists sum the column; False for what has no sum, such as storeys or a year.
        filter: offered as a filter, by way of `slot`.  column: a column of the list.
        personal: encrypted, shown masked, revealed with a reason; never filtered or exported.
        slot: the column of `RecordState` that repeats the value ("s1", "n2", "d1"), "" where none does.
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
    def unit_label(self) -> str:
        """The unit in the reader's language."""
        return in_language(self.unit, self.unit_en)

    @property
    def help_label(self) -> str:
        """The help in the reader's language."""
        return in_language(self.help, self.help_en)

    def choice(self, code: Any) -> Choice | None:
        """Return the choice of a code."""
        return next((choice for choice in self.choices if choice.code == code), None)


def _turn(one: Field) -> Callable[[Any], Any]:
    if one.kind is FieldKind.BOOL:
        return lambda value: "1" if value else "0"
    kinds: dict[str, Callable[[Any], Any]] = {"d": date.fromisoformat, "n": float}
    return kinds.get(one.slot[0], lambda value: str(value)[:SLOT_TEXT])


@dataclass(frozen=True)
class Rule:
    """A condition (CEL over the fields) that puts a record into a grade, and why in words."""

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
    """A grade; the most serious first. `every_days`: longest time between inspections, 0 for the register's."""

    code: str
    name: str
    name_en: str = ""
    tone: str = "neutral"
    every_days: int = 0


@dataclass(frozen=True)
class Item(Named):
    """One question of a checklist; answered badly it opens a case of `category`, such as "MATTER 06010".

    Attributes:
        urgent: the case is opened as urgent.  photo: a bad answer needs a photo.
    """

    key: str
    name: str
    name_en: str = ""
    category: str = ""
    urgent: bool = False
    photo: bool = False


@dataclass(frozen=True)
class Checklist(Named):
    """What an inspection asks."""

    key: str
    name: str
    name_en: str = ""
    items: tuple[Item, ...] = ()

    def item(self, key: str) -> Item | None:
        """Return the item of a key."""
        return next((item for item in self.items if item.key == key), None)


@dataclass(frozen=True)
class Definition(Named):
    """A register.

    Attributes:
        group: the heading it stands under in the list of registers.
        on: what a record hangs on; `parent`: the key of the other register where it is a record of one.
        unit: code of the unit that keeps it.
        read, write: codes of units and kinds of units (such as "COMMUNITY") that may; empty for all who hold the right.
        map_tone: tone of its points on the map.  code_name: what the code of a record is called, such as "楼栋编码".
        every_days: longest time between two inspections where the grade does not say, 0 for no rounds.
    """

    key: str
    name: str
    name_en: str = ""
    group: str = ""
    group_en: str = ""
    note: str = ""
    note_en: str = ""
    icon: str = "clipboard-list"
    on: Hangs = Hangs.TOWN
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
    def live(self) -> tuple[Field, ...]:
        """The fields in use, in order."""
        return tuple(one for one in self.fields if not one.retired)

    @cached_property
    def by_key(self) -> dict[str, Field]:
        """The fields in use by key."""
        return {one.key: one for one in self.live}

    @cached_property
    def slots(self) -> tuple[tuple[str, str, Callable[[Any], Any]], ...]:
        """The slots in use: slot, store of its field, and what turns a kept value into the slot's."""
        return tuple((one.slot, one.store, _turn(one)) for one in self.fields if one.slot)

    def field(self, key: str) -> Field | None:
        """Return the field in use of a key."""
        return self.by_key.get(key)

    def grade(self, code: str) -> Grade | None:
        """Return the grade of a code."""
        return next((grade for grade in self.grades if grade.code == code), None)

    def checklist(self, key: str) -> Checklist | None:
        """Return the checklist of a key."""
        return next((one for one in self.checklists if one.key == key), None)

    def every(self, grade: str) -> int:
        """Return the longest time between two inspections of a record of a grade, in days; 0 for no rounds."""
        found = self.grade(grade)
        return found.every_days if found is not None and found.every_days else self.every_days

    def as_json(self) -> dict[str, Any]:
        """Return plain values, for the database and for comparison."""
        return _plain(asdict(self))  # type: ignore[no-any-return]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Definition":
        """Return the definition of plain values."""
        values = dict(data)
        values["on"] = Hangs(values["on"])
        values["read"], values["write"] = tuple(values["read"]), tuple(values["write"])
        values["fields"] = tuple(_field(one) for one in values["fields"])
        values["grades"] = tuple(_known(Grade, one) for one in values["grades"])
        values["rules"] = tuple(_known(Rule, one) for one in values["rules"])
        values["checklists"] = tuple(
            _known(Checklist, {**one, "items": tuple(_known(Item, item) for item in one["items"])})
            for one in values.get("checklists", ())
        )
        return _known(cls, values)


def _known(kind: type[T], values: Mapping[str, Any]) -> T:
    """Make a dataclass of what it knows: a definition kept by another version may hold more."""
    names = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in values.items() if name in names})


def _field(values: Mapping[str, Any]) -> Field:
    choices = tuple(_known(Choice, one) for one in values["choices"])
    return _known(Field, {**values, "kind": FieldKind(values["kind"]), "choices": choices})


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


@dataclass
class Settled:
    """A definition as it will be kept, and what the change means for records.

    Attributes:
        notes: what a person should know, such as a field that is retired.
        blocked: why it cannot be done without losing data; empty where it can.
    """

    definition: Definition
    notes: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)


def settle(wanted: Definition, kept: Definition | None, renamed: Mapping[str, str]) -> Settled:
    """Bring a declared definition together with the one that is kept.

    Every field gets its store and slot: those it has, or new ones. A field that the pack no longer names is retired,
    never dropped. A change of kind, unit or of what records hang on would change what kept values mean: it is refused.

    Args:
        renamed: new key -> key before, as the pack says (`was`).
    """
    old = {one.key: one for one in kept.fields} if kept else {}
    stores = {one.store for one in old.values()}
    result = Settled(wanted)
    found: list[Field] = []
    taken: set[str] = set()
    for one in wanted.fields:
        before = old.get(one.key) or old.get(renamed.get(one.key, ""))
        if before is None:
            store = _new_store(one.key, stores)
            stores.add(store)
            found.append(replace(one, store=store))
            continue
        taken.add(before.key)
        result.blocked += _losses(one, before)
        choices = _kept_choices(one, before, result)
        found.append(replace(one, store=before.store, slot=before.slot, choices=choices))
        if before.key != one.key:
            result.notes.append(f"field {before.key!r} is now called {one.key!r}")
    for before in old.values():
        if before.key not in taken:
            if not before.retired:
                result.notes.append(f"field {before.key!r} is retired: records keep it, forms no longer ask")
            found.append(replace(before, retired=True, required=False, filter=False, column=False))
    if kept is not None and (kept.on, kept.parent) != (wanted.on, wanted.parent):
        result.blocked.append(f"records hang on {kept.on.value}, not on {wanted.on.value}")
    result.definition = replace(wanted, fields=_with_slots(found, result))
    return result


def _with_slots(found: list[Field], result: Settled) -> tuple[Field, ...]:
    """Give slots to the fields that want one: first the filtered and unique ones, then every other that may sum."""
    used = {one.slot for one in found}
    free = {
        letter: [slot for n in range(1, count + 1) if (slot := f"{letter}{n}") not in used]
        for letter, count in SLOTS.items()
    }
    slots = {one.key: one.slot for one in found if not one.retired}
    for needed in (True, False):
        for one in found:
            letter = SLOTTED.get(one.kind, "")
            if one.retired or one.personal or not letter or slots[one.key]:
                continue
            if needed != (one.filter or one.unique) or (
                not needed and one.kind in {FieldKind.TEXT, FieldKind.PLACE}
            ):
                continue
            if free[letter]:
                slots[one.key] = free[letter].pop(0)
            elif needed:
                kinds = ", ".join(kind.value for kind, other in SLOTTED.items() if other == letter)
                result.blocked.append(
                    f"field {one.key!r} cannot be filtered: {SLOTS[letter]} fields of {kinds} are already"
                )
    return tuple(one if one.retired else replace(one, slot=slots[one.key]) for one in found)


def _new_store(key: str, stores: set[str]) -> str:
    """Return a store of its own: a retired field of the same key keeps its values to itself."""
    return next(name for n in range(1, 1000) if (name := key if n == 1 else f"{key}_{n}") not in stores)


def _losses(one: Field, before: Field) -> list[str]:
    losses = []
    if one.kind is not before.kind:
        losses.append(
            f"field {one.key!r} is {before.kind.value}, not {one.kind.value}: give the new field a key of its own"
        )
    if one.unit != before.unit:
        losses.append(
            f"field {one.key!r} is kept in {before.unit or 'no unit'}, not in {one.unit or 'no unit'}: "
            "give the new field a key of its own"
        )
    if before.personal and not one.personal:
        losses.append(f"field {one.key!r} was personal: give the new field a key of its own")
    if one.personal and not before.personal:
        losses.append(
            f"field {one.key!r} was not personal: records hold it unencrypted; use a key of its own"
        )
    return losses


def _kept_choices(one: Field, before: Field, result: Settled) -> tuple[Choice, ...]:
    named = {choice.code for choice in one.choices}
    gone = [choice for choice in before.choices if choice.code not in named]
    for choice in gone:
        if not choice.retired:
            result.notes.append(f"choice {choice.code!r} of {one.key!r} is retired: records keep it")
    return (*one.choices, *(replace(choice, retired=True) for choice in gone))
