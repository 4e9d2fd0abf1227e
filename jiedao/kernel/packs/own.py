"""The town's own layer: values that people set on a page over those of the pack, and that an apply leaves unchanged.

A section whose rows people may change has a layer (`TableSection.own`). It names the right, the fields and the words;
`OwnValue` stores each value that was set, with the pack's value at that time. When a pack is compared with the
database, the own values replace those of the pack, so that a plan shows and an apply writes what the town decided.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from django.db import connection
from django.utils.translation import gettext as _

from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.models import OwnValue
from jiedao.kernel.packs.own_toml import write_table
from jiedao.kernel.packs.rows import Values, find_name
from jiedao.kernel.packs.tables import Kind
from jiedao.kernel.storable import make_storable
from jiedao.kernel.worktime import Limit

ACTIVE = "active"
ROW = "row"  # the field of an own value that is a complete row, see own_rows
MAX_TEXT = 200
MAX_TEXTS = 60
MULTILINE = 400  # as in packs: a column that allows texts of this length allows line breaks, too


class OwnState(Enum):
    """How an own value and the pack are related."""

    KEPT = "kept"  # the pack's value is the one that the town replaced
    CONFLICT = "conflict"  # the pack has changed its value since
    MOVED = "moved"  # the pack has the same value now: the own value ends when the pack is applied
    ORPHANED = "orphaned"  # the pack no longer contains the row


@dataclass(frozen=True)
class OwnLine:
    """An own value beside the values of a pack, as a plan lists it.

    Attributes:
        pack_value: the pack's value when the own value was set or last confirmed.
        pack_now: the pack's value now.
    """

    kind: str
    key: str
    name: str
    field: str
    value: Any
    pack_value: Any
    pack_now: Any
    state: str
    set_by: str
    set_at: str
    reason: str


@dataclass(frozen=True)
class OwnField:
    """A field that people may change.

    Attributes:
        name: the column, or for one entry of a table within a column the column and the entry: "limits.HANDLE".
        links: the kind of row whose key the value is, such as "unit"; `many` where it is a list of keys.
        choices: returns the values to choose from, each with its label; None where any text is one.
        least, most: as of `Column`: bounds of a number, `most` also the greatest length of a text.
    """

    name: str
    label: Any
    kind: Kind = Kind.TEXT
    required: bool = False
    links: str = ""
    many: bool = False
    least: float | None = None
    most: float | None = None
    hint: Any = ""
    choices: Callable[[], list[tuple[str, Any]]] | None = None

    def clean(self, value: Any) -> Any:
        """Return the value as it is stored; raise UserError for one that the field cannot have."""
        value = value.strip() if isinstance(value, str) else value
        if value in (None, "", [], ()) and self.kind is not Kind.BOOL:
            if self.required:
                raise UserError(_("请填写“%(field)s”。") % {"field": self.label}, field=self.name)
            return [] if self.many or self.kind is Kind.TEXTS else "" if self.kind is Kind.TEXT else None
        if self.choices is not None and value not in dict(self.choices()):
            raise UserError(
                _("“%(field)s”没有这一项。") % {"field": self.label},
                hint=_("请从列表里选。"),
                field=self.name,
            )
        if self.many or self.kind is Kind.TEXTS:
            return sorted(set(value)) if self.many else _clean_texts(self, value)
        return _CLEANERS.get(self.kind, _clean_text)(self, value)


def _clean_text(field: OwnField, value: Any) -> str:
    text, most = make_storable(str(value)).strip(), int(field.most or MAX_TEXT)
    if most < MULTILINE:
        text = " ".join(text.split())
    if len(text) > most:
        raise UserError(
            _("“%(field)s”太长。") % {"field": field.label},
            hint=_("最多 %(n)d 个字。") % {"n": most},
            field=field.name,
        )
    return text


def _clean_texts(field: OwnField, values: Iterable[Any]) -> list[str]:
    texts = list(dict.fromkeys(text for value in values if (text := make_storable(str(value)).strip())))
    most = int(field.most or MAX_TEXT)
    if len(texts) > MAX_TEXTS or any(len(text) > most for text in texts):
        raise UserError(
            _("“%(field)s”太多或太长。") % {"field": field.label},
            hint=_("最多 %(n)d 个，每个不超过 %(most)d 个字。") % {"n": MAX_TEXTS, "most": most},
            field=field.name,
        )
    return texts


def _clean_limit(field: OwnField, value: Any) -> str:
    try:
        return str(Limit.parse(str(value)))
    except ValueError as fault:
        raise UserError(
            _("看不懂时限“%(text)s”。") % {"text": str(value)[:20]},
            hint=_("填 1 到 9999 的数，再选单位。"),
            field=field.name,
        ) from fault


def _clean_number(field: OwnField, value: Any) -> Any:
    number = int(value) if field.kind is Kind.INT else float(value)
    if (field.least is not None and number < field.least) or (field.most is not None and number > field.most):
        raise UserError(
            _("“%(field)s”超出范围。") % {"field": field.label},
            hint=_("填 %(least)g 到 %(most)g 的数。") % {"least": field.least, "most": field.most},
            field=field.name,
        )
    return number


_CLEANERS: dict[Kind, Any] = {
    Kind.LIMIT: _clean_limit,
    Kind.INT: _clean_number,
    Kind.NUMBER: _clean_number,
    Kind.BOOL: lambda _field, value: bool(value),
}


@dataclass(frozen=True)
class OwnText:
    """The own values of a row, to be written as TOML after a comment that names the row, the authors and reasons."""

    key: str
    values: Values
    comment: str


class OwnLayer:
    """What people may change in the rows of a section, and how the values are read, written and named.

    A room states at least kind, model, right and fields. Override `get_key` and `find_row` where the key of a row is
    not made of its own columns, and `describe` for the heading of a row.

    Attributes:
        right: the permission to change the rows.
        title: the rows in the words of the pages; file: the file of the pack that holds them.
        note: what a change affects; hint: how to fill in the form.
    """

    kind: ClassVar[str]
    model: ClassVar[Any]
    key_columns: ClassVar[tuple[str, ...]] = ("code",)
    right: ClassVar[str]
    title: ClassVar[Any]
    note: ClassVar[Any] = ""
    hint: ClassVar[Any] = ""
    file: ClassVar[str] = ""
    fields: Sequence[OwnField] = ()

    # -- rows ------------------------------------------------------------------------------------------------------

    def get_key(self, row: Any) -> str:
        """Return the key by which plans name a row."""
        return " ".join(str(getattr(row, column)) for column in self.key_columns)

    def find_row(self, key: str) -> Any:
        """Return the stored row with this key, None where there is none."""
        parts = key.split(" ", len(self.key_columns) - 1)
        if len(parts) != len(self.key_columns):
            return None
        return self.model.objects.filter(**dict(zip(self.key_columns, parts, strict=True))).first()

    def get_row(self, key: str) -> Any:
        """Return the stored row with this key; raise NotFoundError without one."""
        row = self.find_row(key)
        if row is None:
            raise NotFoundError(_("没有这一项。"), hint=_("请回到列表再选。"))
        return row

    def list_rows(self) -> Iterable[Any]:
        """Return the rows in the order of their list."""
        rows: Iterable[Any] = self.model.objects.order_by("pk")
        return rows

    def describe(self, row: Any) -> str:
        """Return the heading of a row in the reader's language."""
        return str(row)

    def describe_key(self, key: str) -> str:
        """Return the heading of a row that is not stored any more."""
        return key

    def describe_group(self, row: Any) -> str:
        """Return the heading under which lists put the row."""
        return ""

    def list_fields(self, row: Any) -> Sequence[OwnField]:
        """Return the fields of a row."""
        return self.fields

    # -- values ----------------------------------------------------------------------------------------------------

    def read_value(self, row: Any, field: OwnField) -> Any:
        """Return the value of a stored row: a link as the key of its row."""
        if field.many:
            return sorted(other.code for other in getattr(row, field.name).all())
        if field.links:
            other = getattr(row, field.name)
            return other.code if other is not None else ""
        return get_part(
            {field.name.partition(".")[0]: getattr(row, field.name.partition(".")[0])}, field.name
        )

    def read_shown(self, row: Any, field: OwnField) -> Any:
        """Return the value that applies, which is the stored one unless a default replaces it."""
        return self.read_value(row, field)

    def write_values(self, row: Any, values: Mapping[str, Any]) -> None:
        """Write values, by field, to a stored row."""
        fields = {field.name: field for field in self.list_fields(row)}
        many: dict[str, list[Any]] = {}
        for name, value in values.items():
            field, column = fields[name], name.partition(".")[0]
            if field.links:
                related = self.model._meta.get_field(column).related_model
                others = related.objects.filter(code__in=value if field.many else [value])
                if field.many:
                    many[column] = list(others)
                else:
                    setattr(row, column, others.get())
            else:
                holder = {column: getattr(row, column)}
                set_part(holder, name, value)
                setattr(row, column, holder[column])
        row.save()
        for column, others in many.items():
            getattr(row, column).set(others)

    def make_row(self, key: str) -> Values | None:
        """Return the wanted values of a row that the pack lacks but people may set; None where they cannot."""
        return None

    def finish_row(self, values: Values) -> None:
        """Bring the wanted values of a row into agreement after own values have replaced some of them."""

    # -- packs -----------------------------------------------------------------------------------------------------

    def put_over(self, wanted: dict[str, Values]) -> list[OwnLine]:
        """Replace the values of a pack by the own values, and return these beside the pack's."""
        lines, changed = [], dict[str, Values]()
        for own in OwnValue.objects.filter(kind=self.kind).exclude(field=ROW).order_by("key", "field"):
            values = wanted.get(own.key)
            if values is None and (values := self.make_row(own.key)) is not None:
                wanted[own.key] = values
            if values is None:
                lines.append(make_line(own, "", None, OwnState.ORPHANED))
                continue
            pack_now = get_part(values, own.field)
            state = OwnState.KEPT if pack_now == own.pack_value else OwnState.CONFLICT
            state = OwnState.MOVED if pack_now == own.value else state
            lines.append(make_line(own, find_name(values), pack_now, state))
            set_part(values, own.field, own.value)
            changed[own.key] = values
        for values in changed.values():
            self.finish_row(values)
        return lines

    def write_toml(self, rows: Sequence[OwnText]) -> str:
        """Return the own values of all rows as the pack has them; a table of the pack is opened once."""
        return "\n".join(row.comment + self.write_row(row.key, row.values) for row in rows)

    def write_row(self, key: str, values: Values) -> str:
        """Return the own values of a row as they are written in the pack."""
        return write_table(f"{self.kind}.{quote_key(key)}", values)


def quote_key(key: str) -> str:
    """Return a key in the quotes of TOML."""
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def get_part(values: Mapping[str, Any], name: str) -> Any:
    """Return a column, or one entry of the table in a column; a row of a pack is active unless it states otherwise."""
    column, _dot, entry = name.partition(".")
    value = values.get(column, True if column == ACTIVE else None)
    if entry:
        value = (value or {}).get(entry)
    return list(value) if isinstance(value, tuple) else value


def set_part(values: Values, name: str, value: Any) -> None:
    """Set a column, or one entry of the table in a column; None removes the entry."""
    column, _dot, entry = name.partition(".")
    if not entry:
        values[column] = value
        return
    table = {key: old for key, old in (values.get(column) or {}).items() if key != entry}
    values[column] = table if value is None else {**table, entry: value}


def make_line(own: OwnValue, name: str, pack_now: Any, state: OwnState) -> OwnLine:
    """Return the line of a plan for an own value."""
    moment: datetime = own.set_at
    about = (own.kind, own.key, name, own.field, own.value, own.pack_value, pack_now, state.value)
    return OwnLine(*about, own.set_by, moment.isoformat(timespec="seconds"), own.reason)


def settle_own_values(lines: Iterable[OwnLine]) -> list[OwnLine]:
    """Store what an applied pack states beside each own value; end and return the own values that the pack has now."""
    stored = {(own.kind, own.key, own.field): own for own in OwnValue.objects.all()}
    moved = []
    for line in lines:
        own = stored[line.kind, line.key, line.field]
        if line.state == OwnState.MOVED.value:
            own.delete()
            moved.append(line)
            continue
        is_missing = line.state == OwnState.ORPHANED.value
        pack_now = own.pack_now if is_missing else line.pack_now
        if (own.pack_now, own.is_missing) != (pack_now, is_missing):
            own.pack_now, own.is_missing = pack_now, is_missing
            own.save(update_fields=["pack_now", "is_missing"])
    return moved


def is_settled(lines: Iterable[OwnLine]) -> bool:
    """Return whether the database already holds what a pack states beside each own value."""
    stored = {(own.kind, own.key, own.field): own for own in OwnValue.objects.all()}
    for line in lines:
        own = stored[line.kind, line.key, line.field]
        is_missing = line.state == OwnState.ORPHANED.value
        if line.state == OwnState.MOVED.value or own.is_missing != is_missing:
            return False
        if not is_missing and own.pack_now != line.pack_now:
            return False
    return True


def lock_pack_rows() -> None:
    """Wait until other transactions that write rows of the pack have ended. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Advisory locks belong to the database, which other offices may share.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('packs.pack:apply ' || current_schema()))")
