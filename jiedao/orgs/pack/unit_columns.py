"""Rows of any room that name a unit in a column, and follow when the unit is renamed, merged or split."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from django.db.models import Q

from jiedao.audit.actions import EntryData, record_entries
from jiedao.kernel.packs.section import BATCH
from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession, list_new_ids
from jiedao.orgs.actor import Actor

FOLLOW = "packs.pack:follow"  # the action in the audit


class UnitColumn(Follower):
    """The open rows of a model that name a unit: they follow to its only successor.

    A row of a unit that stays in the pack and only gave away a part stays with it. Where a unit that ends has several
    successors, a person decides: see `orgs.undecided`.
    """

    kind: ClassVar[str] = "unit"
    guards: ClassVar[bool] = True

    def __init__(
        self,
        what: str,
        title: Any,
        model: Any,
        *,
        column: str = "unit_id",
        is_open: Callable[[], Q] = Q,
        section: str = "",
        key_column: str = "key",
        object_type: str = "",
    ) -> None:
        """Store what follows.

        Args:
            what: the rows in a plan; title: in the words of the pages.
            is_open: returns the filter of the rows that are open or in force; past ones name the unit of then.
            section: the kind of row in packs, where a pack may state these rows. Those that it states follow the pack.
            key_column: the column that is the key of such a row.
            object_type: the type of the rows in the audit, by default that of the model.
        """
        self.what, self.title, self.model, self.column = what, title, model, column  # type: ignore[misc]
        self._object_type = object_type or model._meta.label_lower
        self._is_open, self._section, self._key_column = is_open, section, key_column

    def find_open(self, unit_ids: Iterable[int]) -> Any:
        """Return the open rows that name one of the units, by primary key."""
        rows = self.model.objects.filter(self._is_open(), **{f"{self.column}__in": list(unit_ids)})
        return rows.order_by("pk")

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the open rows of the units, without those for which the pack states a unit itself."""
        by_id = {succession.old_id: succession for succession in successions}
        stated = lookup.wanted(self._section) if self._section else {}
        rows = self.find_open(by_id)
        if stated:
            rows = rows.exclude(**{f"{self._key_column}__in": list(stated)})
        for pk, unit_id in rows.values_list("pk", self.column):
            yield Following(pk, by_id[unit_id], choose_unit(by_id[unit_id]))

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Write the new units, each with an entry in the audit."""
        self.write(list_new_ids(followings, lookup), actor)

    def write(self, wanted: dict[int, tuple[int, int]], actor: Actor) -> int:
        """Give rows to other units, in the caller's transaction; return how many were changed.

        Args:
            wanted: the ids of the old and of the new unit, by the primary key of the row.
        """
        changed = 0
        for start in range(0, len(wanted), BATCH):
            pks = sorted(wanted)[start : start + BATCH]
            open_rows = self.find_open({old_id for old_id, _new_id in wanted.values()})
            locked = open_rows.filter(pk__in=pks).select_for_update(of=("self",))
            rows = [row for row in locked if getattr(row, self.column) == wanted[row.pk][0]]
            record_entries([self._make_entry(row, wanted[row.pk][1], actor) for row in rows])
            columns = [self.column.removesuffix("_id"), *self.prepare(rows, wanted)]
            for row in rows:
                setattr(row, self.column, wanted[row.pk][1])
            if rows:
                self.model.objects.bulk_update(rows, columns)
            changed += len(rows)
        return changed

    def prepare(self, rows: Sequence[Any], wanted: dict[int, tuple[int, int]]) -> list[str]:
        """Change further columns of the rows before they are written, and return their names."""
        if not any(field.name == "version" for field in self.model._meta.fields):
            return []
        for row in rows:
            row.version += 1
        return ["version"]

    def _make_entry(self, row: Any, new_id: int, actor: Actor) -> EntryData:
        return {
            "actor": actor,
            "action": FOLLOW,
            "obj_type": self._object_type,
            "obj_id": row.pk,
            "before": {self.column: getattr(row, self.column)},
            "after": {self.column: new_id},
        }


def choose_unit(succession: Succession) -> str | None:
    """Return the unit to which a row of the old unit belongs, None where a person has to decide."""
    if succession.old_key in succession.successors:
        return succession.old_key  # the unit stays and gave away a part
    return succession.only_key
