"""The rooms' parts of a pack, registered by name from their AppConfigs and imported when a pack is read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.utils.module_loading import import_string

from jiedao.kernel.packs.comparing import Comparison, Refusal
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.own import OwnLayer
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.section import Section, TableSection
from jiedao.kernel.packs.successions import Follower, Lookup
from jiedao.kernel.packs.tables import FileSpec

T = TypeVar("T")
Check = Callable[[Pack, Report], None]
Guard = Callable[[dict[str, Values], Lookup], Mapping[str, str | Refusal]]
Effects = Callable[[Comparison], Mapping[str, Sequence[str]]]


@dataclass(frozen=True, eq=False)
class PackPart:
    """What one room contributes to packs.

    Attributes:
        name: the name of the part in messages.
        files: the files it reads; a function where they are known only once every room is ready.
        sections: the rows it writes.
        checks: functions that compare rows with each other and report faults. They run after the checks of the parts
            on whose rows this part depends.
        guards: functions that block the retirement of rows of another room, by kind of row. A guard takes the rows to
            retire (values by key) and the lookup of the plan, and returns the reasons against it (by key).
        effects: functions that state what changes of a kind of row do to work that is going on in the room. A function
            takes the comparison with its items and returns sentences by key. It writes nothing and counts in a fixed
            number of statements.
        followers: rows of the room that follow when a row that they refer to is succeeded, in this order.
    """

    name: str
    files: tuple[FileSpec, ...] | Callable[[], tuple[FileSpec, ...]] = ()
    sections: tuple[Section, ...] = ()
    checks: tuple[Check, ...] = ()
    guards: Mapping[str, Guard] = field(default_factory=dict)
    effects: Mapping[str, Effects] = field(default_factory=dict)
    followers: tuple[Follower, ...] = ()


_REGISTERED: dict[str, None] = {}  # names, in the order of registration


def register_part(name: str) -> None:
    """Add a part of a pack by the name of its module and variable, such as "jiedao.places.pack.part.PART".

    Called from the AppConfig.ready of the room. The module is imported when the first pack is read: checks import
    libraries, such as shapely, that most commands and pages do not need.
    """
    _REGISTERED[name] = None


def unregister_part(name: str) -> None:
    """Remove a part, at the end of a test that added it."""
    del _REGISTERED[name]


def list_parts() -> list[PackPart]:
    """Return the parts in the order of registration, but each after the parts on whose rows it depends."""
    parts: list[PackPart] = [import_string(name) for name in _REGISTERED]
    owners = {section.kind: part for part in parts for section in part.sections}

    def find_needed(part: PackPart) -> Iterator[PackPart]:
        for section in part.sections:
            for kind in sorted(section.depends_on):
                if kind not in owners:
                    raise ValueError(f"section {section.kind!r} depends on {kind!r}, which no room declares")
                if owners[kind] is not part:
                    yield owners[kind]

    return _order(parts, find_needed)


def list_sections() -> list[Section]:
    """Return every section in the order of planning and writing: tables first, each after those on which it depends."""
    sections = {section.kind: section for part in list_parts() for section in part.sections}
    tables_first = sorted(sections.values(), key=lambda section: not isinstance(section, TableSection))
    return _order(tables_first, lambda section: [sections[kind] for kind in sorted(section.depends_on)])


def list_own_layers() -> dict[str, OwnLayer]:
    """Return what people may change on pages, by kind of row."""
    return {
        section.kind: section.own
        for section in list_sections()
        if isinstance(section, TableSection) and section.own is not None
    }


def list_files() -> list[FileSpec]:
    """Return every file that a pack may have. A file that several parts declare has the tables of all of them."""
    files: dict[str, FileSpec] = {}
    for part in list_parts():
        for spec in part.files() if callable(part.files) else part.files:
            other = files.get(spec.name, spec)
            tables, required = {**other.tables, **spec.tables}, spec.required or other.required
            files[spec.name] = FileSpec(spec.name, tables, required)
    return list(files.values())


def list_checks() -> list[Check]:
    """Return every check, those of a part after those of the parts on whose rows it depends."""
    return [check for part in list_parts() for check in part.checks]


def list_guards(kind: str) -> list[Guard]:
    """Return the guards that may block the retirement of rows of a kind."""
    return [part.guards[kind] for part in list_parts() if kind in part.guards]


def list_effects(kind: str) -> list[Effects]:
    """Return the functions that state what changes of a kind of row do to work that is going on."""
    return [part.effects[kind] for part in list_parts() if kind in part.effects]


def list_followers() -> list[Follower]:
    """Return every sort of row that follows successions."""
    return [follower for part in list_parts() for follower in part.followers]


def _order(items: Iterable[T], find_needed: Callable[[T], Iterable[T]]) -> list[T]:
    """Return the items in the same order, but each after those that it needs; raise ValueError for a cycle."""
    ordered: dict[T, None] = {}

    def add(item: T, waiting: tuple[T, ...]) -> None:
        if item in waiting:
            raise ValueError(f"parts of a pack depend on each other: {[*waiting, item]}")
        for needed in find_needed(item):
            if needed not in ordered:
                add(needed, (*waiting, item))
        ordered[item] = None

    for item in items:
        if item not in ordered:
            add(item, ())
    return list(ordered)
