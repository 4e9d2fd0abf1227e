"""Rows of the town's own beside those of the pack, and rows of the pack that the town has switched off.

Both are an `OwnValue` whose field is ROW: its value holds the values of the row in the form that a section wants them,
or None for a row that is switched off. So plans show them, an apply leaves them, and they end once the pack agrees.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from jiedao.kernel.models import OwnValue
from jiedao.kernel.packs.own import (
    ACTIVE,
    ROW,
    OwnField,
    OwnLayer,
    OwnLine,
    OwnState,
    OwnText,
    get_part,
    make_line,
)
from jiedao.kernel.packs.rows import Values, find_name


class RowLayer(OwnLayer):
    """A layer whose rows people may add, and switch off where `may_switch_off` is true.

    A room states the fields that identify a new row, and how a row is made, created, removed and read.

    Attributes:
        key_fields: what a new row needs beside the fields that can be changed later.
        add_label: the words of the button and the page.
        may_switch_off: whether a row can be switched off as a whole; other rows have the field `active`.
    """

    key_fields: Sequence[OwnField] = ()
    add_label: ClassVar[Any] = ""
    may_switch_off: ClassVar[bool] = False

    def list_new_fields(self) -> list[OwnField]:
        """Return the fields of the form of a new row."""
        return [*self.key_fields, *(field for field in self.fields if field.name != ACTIVE)]

    def make_values(self, values: Mapping[str, Any]) -> Values:
        """Return the values of a new row, as the section wants them, from those of its form."""
        raise NotImplementedError

    def make_key(self, values: Values) -> str:
        """Return the key of wanted values."""
        return " ".join(str(values[column]) for column in self.key_columns)

    def create_row(self, values: Values) -> Any:
        """Store a row with these values and return it."""
        raise NotImplementedError

    def remove_row(self, row: Any) -> None:
        """Remove a stored row; one that others may refer to is deactivated."""
        row.active = False
        row.save(update_fields=[ACTIVE])

    def read_row(self, row: Any) -> Values:
        """Return the values of a stored row as the section wants them."""
        raise NotImplementedError

    def flatten(self, values: Values | None) -> dict[str, Any]:
        """Return the values of a row by the names of its fields, without those that it does not state."""
        if values is None:
            return {}
        parts = {field.name: get_part(values, field.name) for field in (*self.key_fields, *self.fields)}
        return {name: value for name, value in parts.items() if value not in (None, "", [])}

    def put_over(self, wanted: dict[str, Values]) -> list[OwnLine]:
        """Add the own rows, leave out those that are switched off, and replace values as every layer does."""
        lines = [
            self._put_row(own, wanted)
            for own in OwnValue.objects.filter(kind=self.kind, field=ROW).order_by("key")
        ]
        return [*lines, *super().put_over(wanted)]

    def _put_row(self, own: OwnValue, wanted: dict[str, Values]) -> OwnLine:
        stated = wanted.pop(own.key, None)
        pack_now = None if stated is None else {name: get_part(stated, name) for name in sorted(stated)}
        if own.value is None:
            is_moved, name = pack_now is None, ""
        else:
            is_moved = pack_now is not None and self.flatten(pack_now) == self.flatten(own.value)
            name = find_name(own.value)
            wanted[own.key] = stated if is_moved and stated is not None else dict(own.value)
        state = OwnState.KEPT if pack_now == own.pack_value else OwnState.CONFLICT
        return make_line(own, name, pack_now, OwnState.MOVED if is_moved else state)

    def write_toml(self, rows: Sequence[OwnText]) -> str:
        """Return own rows as the pack has them; what is switched off is a comment."""
        return "\n".join(row.comment + self._write_own_row(row) for row in rows)

    def _write_own_row(self, row: OwnText) -> str:
        if ROW not in row.values:
            return self.write_row(row.key, row.values)
        stated = row.values[ROW]
        if stated is None or not stated.get(ACTIVE, True):
            return f"# {self.file} is to be without it\n"
        values = {name: value for name, value in self.flatten(stated).items() if name != ACTIVE}
        return self.write_row(row.key, values)


def describe_row_state(value: Any) -> str:
    """Return what an own row is, in words."""
    return _("本街道停用的一条") if value is None else _("本街道增加的一条")
