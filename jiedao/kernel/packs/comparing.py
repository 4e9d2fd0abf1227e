"""The differences between the rows of the database and those that a pack declares."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from jiedao.kernel.packs.own import OwnLine
from jiedao.kernel.packs.rows import Values

CREATE, CHANGE, RETIRE = "create", "change", "retire"

Changes = dict[str, list[Any]]  # column -> [before, after]


@dataclass(frozen=True)
class NeededBy:
    """Rows of a room that refer to a row and prevent its retirement.

    Attributes:
        what: the type of the rows, such as "cases.case".
        ids: their primary keys.
        names: how people know the first of them, such as the numbers of cases.
        query: the filter of their list, as in the address of its page; empty where no filter chooses them.
    """

    what: str
    ids: tuple[int, ...]
    names: tuple[str, ...] = ()
    query: str = ""

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.ids)


@dataclass(frozen=True)
class Refusal:
    """Why a row cannot be retired, with the rows that need it."""

    text: str
    needed_by: NeededBy | None = None


@dataclass(frozen=True)
class Item:
    """One row that would be created, changed or retired.

    Attributes:
        kind: the kind of row, such as "unit".
        key, name: the row's key within the kind, and the name that people know.
        fields: for a change, each column with its old and new value.
        blocked: why the item cannot be applied now, empty when it can.
        note: a further consequence that people should know.
        needed_by: the rows of rooms because of which it is blocked.
        effects: what the change does to work that is going on, such as clocks that run or people who lose a right.
    """

    action: str
    kind: str
    key: str
    name: str
    fields: Changes = field(default_factory=dict)
    blocked: str = ""
    note: str = ""
    needed_by: tuple[NeededBy, ...] = ()
    effects: tuple[str, ...] = ()

    @property
    def is_blocked(self) -> bool:
        """Return whether the pack cannot be applied because of this item."""
        return bool(self.blocked)


@dataclass
class Comparison:
    """One kind of row: the values of the pack, the values of the database, and the items that lead from these to those.

    Attributes:
        wanted: the values of the pack by key; a link is the key of the linked row.
        current: the values of the database in the same form, with the row's `pk`.
        own: the values that people set, which replace those of the pack in `wanted`.
        details: results of the comparison that the section needs again when it writes.
    """

    kind: str
    wanted: dict[str, Values] = field(default_factory=dict)
    current: dict[str, Values] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    own: list[OwnLine] = field(default_factory=list)
    details: Any = None

    def keys(self, *actions: str) -> list[str]:
        """Return the keys of the items with one of these actions."""
        return [item.key for item in self.items if item.action in actions]

    def wanted_rows(self, *actions: str) -> dict[str, Values]:
        """Return the wanted values of the items with one of these actions, by key."""
        return {key: self.wanted[key] for key in self.keys(*actions)}


def list_items(
    comparison: Comparison,
    *,
    retired: Iterable[str],
    find_changes: Callable[[Values, Values], Changes],
    name: Callable[[str, Values], str],
    blocked: Mapping[str, str],
    notes: Mapping[str, str],
) -> list[Item]:
    """Return the items of one kind: created and changed rows in the order of the pack, then those to retire.

    Args:
        retired: keys of stored rows that the pack no longer contains.
        find_changes: returns the differences between stored and wanted values, empty where there are none.
        name: returns the name of a row from its key and values.
        blocked, notes: `Item.blocked` and `Item.note` by key.
    """

    def make_item(action: str, key: str, values: Values, fields: Changes) -> Item:
        about = (action, comparison.kind, key, name(key, values))
        return Item(*about, fields, blocked=blocked.get(key, ""), note=notes.get(key, ""))

    items = []
    for key, values in comparison.wanted.items():
        stored = comparison.current.get(key)
        if stored is None:
            items.append(make_item(CREATE, key, values, {}))
        elif changes := find_changes(stored, values):
            items.append(make_item(CHANGE, key, values, changes))
    return [*items, *(make_item(RETIRE, key, comparison.current[key], {}) for key in retired)]


def shorten(value: Any) -> Any:
    """Return a value as a plan shows it: geometries in few words, days and amounts as text, others unchanged."""
    if isinstance(value, dict) and "coordinates" in value:
        return f"{value.get('type')} of {str(value['coordinates']).count('[')} points"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.isoformat() if hasattr(value, "isoformat") else value
