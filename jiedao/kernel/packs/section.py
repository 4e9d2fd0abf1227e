"""A section: one kind of row that a pack fills, how it is compared with the database and how it is written."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, ClassVar

from jiedao.kernel.packs.comparing import CHANGE, CREATE, RETIRE, Changes, Comparison, list_items, shorten
from jiedao.kernel.packs.own import ACTIVE, OwnLayer
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values, find_name
from jiedao.kernel.packs.tables import WAS, Table

BATCH = 500


class Retire(Enum):
    """What happens to a stored row that the pack no longer contains."""

    FLAG = "flag"  # active = False, because other rows may still refer to it
    DELETE = "delete"
    KEEP = "keep"


class Audit(Enum):
    """Where the audit records what applying a section changed."""

    ROWS = "rows"  # in one entry for each row
    ACTION = "action"  # in the entry that the room's own action writes
    PACK = "pack"  # in the entry of the pack, for a section without rows of its own


class RowIds:
    """The primary keys of rows by kind and key; sections add them while they compare and write."""

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, int]] = {}

    def add(self, kind: str, ids: Mapping[str, int]) -> None:
        """Add the primary keys of rows of a kind."""
        self._ids.setdefault(kind, {}).update(ids)

    def of(self, kind: str) -> dict[str, int]:
        """Return the primary keys of a kind by key."""
        return self._ids.get(kind, {})

    def keys_of(self, kind: str) -> dict[int, str]:
        """Return the keys of a kind by primary key."""
        return {pk: key for key, pk in self.of(kind).items()}


class Section(ABC):
    """One kind of object that a pack declares.

    Most sections are tables: see `TableSection`. A section of another shape (the office hours, a project with its
    tasks) implements the two abstract methods itself; it is planned and written after all tables, because it may refer
    to their rows.

    Attributes:
        kind: the name of the kind of row in plans, messages and links, such as "unit".
        model: the table that holds the rows; None for a section of another shape.
        audit: where the audit records changes; for `Audit.ROWS` there must be a model.
        after: further kinds that must be written before this one, beside those that are linked.
    """

    kind: ClassVar[str]
    model: ClassVar[Any] = None
    after: tuple[str, ...] = ()
    audit: ClassVar[Audit] = Audit.ROWS

    @property
    def depends_on(self) -> set[str]:
        """The kinds whose rows have to be written before those of this section."""
        return set(self.after) - {self.kind}

    @abstractmethod
    def compare(self, pack: Pack, ids: RowIds) -> Comparison:
        """Compare the pack with the database and return the differences. Nothing is written."""

    @abstractmethod
    def write(self, comparison: Comparison, ids: RowIds, actor: Any) -> None:
        """Apply the items of a comparison, none of which is blocked, in the caller's transaction."""


class TableSection(Section):
    """A table that a pack fills: rows are compared by key, created, changed and retired in bulk.

    A section must state at least its model, file and table. A link names the kind of another section:

        class UnitSection(TableSection):
            kind, model = "unit", Unit
            file, table = "units.toml", UNIT
            links = {"parent": "unit", "area": "area"}

    Override `read` or `read_row` where a row of the pack differs in form from the row of the database; `find_blocked`
    and `find_notes` where a change may be blocked or has consequences; `describe_change` to show a change differently
    in a plan; and `write` to use the room's own actions.

    Attributes:
        file, table: where the rows are in the pack; in a TOML file the table has the name of the kind.
        key_columns: the columns that make the key, joined by a space.
        columns: the plain columns to store; by default all columns of the table that are not in `links` or `many`.
        links: foreign keys, column -> kind.
        many: many-to-many relations, column -> kind.
        numbered: whether the column `position` holds the row's place in the file, unless the row states a position.
        retire: what happens to rows that the pack no longer contains.
        own: what people may change on a page; None where the pack alone decides.
        area_column: the link to an area that other rows follow when it changes, "" where none do.
    """

    file: ClassVar[str] = ""
    table: ClassVar[Table] = Table(())
    key_columns: ClassVar[tuple[str, ...]] = ("code",)
    columns: tuple[str, ...] = ()
    links: ClassVar[Mapping[str, str]] = {}
    many: ClassVar[Mapping[str, str]] = {}
    numbered: ClassVar[bool] = False
    retire: ClassVar[Retire] = Retire.FLAG
    own: ClassVar[OwnLayer | None] = None
    area_column: ClassVar[str] = ""

    def __init__(self) -> None:
        if not self.columns:
            names = [column.name for column in self.table.columns]
            names += ["position"] if self.numbered and "position" not in names else []
            self.columns = tuple(name for name in names if name not in {*self.links, *self.many, WAS.name})

    @property
    def depends_on(self) -> set[str]:
        """The kinds that are linked, and those of `after`."""
        return {*self.links.values(), *self.many.values(), *self.after} - {self.kind}

    # -- reading the pack ---------------------------------------------------------------------------------------

    def read(self, pack: Pack) -> dict[str, Values]:
        """Return the wanted values by key, links as keys of the linked rows."""
        rows = pack.rows(self.file, self.kind if self.file.endswith(".toml") else "")
        wanted = [self.read_row(row, position) for position, row in enumerate(rows)]
        return {self.make_key(values): values for values in wanted}

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values of a row; `position` is its place in the file."""
        values = {
            column.name: row.values.get(column.name, column.empty)
            for column in self.table.columns
            if column is not WAS
        }
        for column in self.many:
            values[column] = sorted(values[column] or [])
        if self.numbered:
            values["position"] = row.values.get("position", position)
        return values

    def read_was(self, pack: Pack) -> dict[str, list[str]]:
        """Return the former keys of the rows that state any, by key."""
        rows = pack.rows(self.file, self.kind if self.file.endswith(".toml") else "")
        return {self.make_key(row.values): row.values[WAS.name] for row in rows if WAS.name in row.values}

    def make_key(self, values: Values) -> str:
        """Return the key of wanted or stored values."""
        return " ".join(str(values[column]) for column in self.key_columns)

    # -- reading the database ------------------------------------------------------------------------------------

    def read_current(self, ids: RowIds) -> dict[str, Values]:
        """Return every stored row by key, with its `pk` and, where retired rows are only flagged, `active`."""
        flag = ["active"] if self.retire is Retire.FLAG else []
        names = ["pk", *self.columns, *flag, *(f"{link}_id" for link in self.links)]
        rows = list(self.model.objects.values(*names))
        if self.kind in self.links.values():
            ids.add(self.kind, {self.make_key(row): row["pk"] for row in rows})
        keys = {kind: ids.keys_of(kind) for kind in {*self.links.values(), *self.many.values()}}
        many = {column: self._read_pairs(column, keys[kind]) for column, kind in self.many.items()}
        current = {}
        for row in rows:
            for link, kind in self.links.items():
                row[link] = keys[kind].get(row.pop(f"{link}_id"), "")
            for column, pairs in many.items():
                row[column] = sorted(pairs.get(row["pk"], []))
            current[self.make_key(row)] = row
        ids.add(self.kind, {key: row["pk"] for key, row in current.items()})
        return current

    def _read_pairs(self, column: str, keys: dict[int, str]) -> dict[int, list[str]]:
        through, own, other = self._relation(column)
        pairs: dict[int, list[str]] = {}
        for pk, other_pk in through.objects.values_list(own, other):
            pairs.setdefault(pk, []).append(keys[other_pk])
        return pairs

    def _relation(self, column: str) -> tuple[Any, str, str]:
        """Return the table of a many-to-many relation and its two columns."""
        relation = self.model._meta.get_field(column)
        own, other = relation.m2m_field_name(), relation.m2m_reverse_field_name()
        return relation.remote_field.through, f"{own}_id", f"{other}_id"

    # -- comparing -----------------------------------------------------------------------------------------------

    def compare(self, pack: Pack, ids: RowIds) -> Comparison:
        """Compare the pack with the database, in one statement for the table and one for each relation to many."""
        comparison = Comparison(self.kind, self.read(pack), self.read_current(ids))
        if self.own is not None:
            comparison.own = self.own.put_over(comparison.wanted)
        self.add_items(comparison)
        return comparison

    def add_items(self, comparison: Comparison) -> None:
        """Fill the items of a comparison."""
        comparison.items = list_items(
            comparison,
            retired=self.find_retired(comparison),
            find_changes=self.find_changes,
            name=lambda _key, values: find_name(values),
            blocked=self.find_blocked(comparison),
            notes=self.find_notes(comparison),
        )

    def find_retired(self, comparison: Comparison) -> dict[str, Values]:
        """Return the stored rows to retire, by key in order: those that the pack no longer contains."""
        if self.retire is Retire.KEEP:
            return {}
        return {
            key: values
            for key, values in sorted(comparison.current.items())
            if key not in comparison.wanted and values.get("active", True) and self.may_retire(key)
        }

    def may_retire(self, key: str) -> bool:
        """Return whether the pack may retire a stored row; False protects rows that people have added."""
        return True

    def find_changes(self, stored: Values, wanted: Values) -> Changes:
        """Return the columns that differ, each with its old and new value in short form."""
        if self.retire is Retire.FLAG:
            wanted = {ACTIVE: True, **wanted}
        changes: Changes = {}
        for name, value in wanted.items():
            if stored[name] != value:
                changes |= self.describe_change(name, stored[name], value)
        return changes

    def describe_change(self, column: str, before: Any, after: Any) -> Changes:
        """Return the change of one column as a plan shows it, by default under the name of the column."""
        return {column: [shorten(before), shorten(after)]}

    def find_blocked(self, comparison: Comparison) -> dict[str, str]:
        """Return by key why a row cannot be created, changed or retired now."""
        return {}

    def find_notes(self, comparison: Comparison) -> dict[str, str]:
        """Return by key the consequences of a change that people should know."""
        return {}

    # -- writing -------------------------------------------------------------------------------------------------

    def write(self, comparison: Comparison, ids: RowIds, actor: Any) -> None:
        """Create, change and retire the rows of a comparison."""
        if created := comparison.wanted_rows(CREATE):
            self.create_rows(created, ids)
        if changed := comparison.wanted_rows(CHANGE):
            self.change_rows(changed, ids)
        if retired := [comparison.current[key]["pk"] for key in comparison.keys(RETIRE)]:
            self.retire_rows(retired)

    def create_rows(self, rows: dict[str, Values], ids: RowIds) -> None:
        """Insert rows. Links to rows of the same insert are filled in afterwards."""
        objects = self.insert({key: self.make_object(row, ids) for key, row in rows.items()})
        ids.add(self.kind, {key: row.pk for key, row in objects.items()})
        if self.kind in self.links.values():
            self.change_rows(rows, ids)
        else:
            self._write_many(rows, ids)

    def insert(self, objects: dict[str, Any]) -> dict[str, Any]:
        """Insert the objects and return them with their primary keys."""
        self.model.objects.bulk_create(objects.values(), batch_size=BATCH)
        return objects

    def change_rows(self, rows: dict[str, Values], ids: RowIds) -> None:
        """Update the rows to the wanted values; a retired row becomes active again."""
        objects = []
        for key, row in rows.items():
            changed = self.make_object(row, ids)
            changed.pk = ids.of(self.kind)[key]
            objects.append(changed)
        columns = [*self.columns, *self.links, *(["active"] if self.retire is Retire.FLAG else [])]
        self.model.objects.bulk_update(objects, columns, batch_size=BATCH)
        self._write_many(rows, ids)

    def retire_rows(self, pks: Iterable[int]) -> None:
        """Deactivate the rows, or delete them where no other row can refer to them."""
        rows = self.model.objects.filter(pk__in=list(pks))
        if self.retire is Retire.FLAG:
            rows.update(active=False)
        else:
            rows.delete()

    def make_object(self, row: Values, ids: RowIds) -> Any:
        """Return an unsaved object with the wanted values."""
        values = {name: row[name] for name in self.columns}
        if ACTIVE in row and self.retire is Retire.FLAG:
            values[ACTIVE] = row[ACTIVE]
        for link, kind in self.links.items():
            values[f"{link}_id"] = ids.of(kind).get(row[link]) if row[link] else None
        return self.model(**values)

    def _write_many(self, rows: dict[str, Values], ids: RowIds) -> None:
        for column, kind in self.many.items():
            through, own, other = self._relation(column)
            pks, other_pks = ids.of(self.kind), ids.of(kind)
            through.objects.filter(**{f"{own}__in": [pks[key] for key in rows]}).delete()
            pairs = [
                through(**{own: pks[key], other: other_pks[name]})
                for key, row in rows.items()
                for name in row[column]
            ]
            through.objects.bulk_create(pairs, batch_size=BATCH)
