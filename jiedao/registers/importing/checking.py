"""A sheet checked against a register before anything is written, row by row, every fault with its cell.

Rows go a thousand at a time: what is there already is read by their codes, so the memory needed does not grow with the
register. Rows that would be written wait in a `Spool`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel.tables.reading import Table
from jiedao.kernel.tables.rows import Row
from jiedao.orgs.actor import Actor
from jiedao.registers.actions.records import audited, differences
from jiedao.registers.bulk import STATED, Among, chunks
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Field
from jiedao.registers.importing.account import SheetAccount
from jiedao.registers.importing.cells import CellReader
from jiedao.registers.importing.columns import VALUES, Column, find_layout
from jiedao.registers.importing.spool import Ready, Spool, stated
from jiedao.registers.models import Record
from jiedao.registers.rows import Checked, Checker

EXAMPLE = ("示例", "example")  # the code of the template's example row
# What a row can differ in; grade and slots follow from these.
TELLING = (
    "name", "place_text", "premise_id", "parent_id", "unit_id", "area_id", "lon", "lat", "active", "values"
)  # fmt: skip
SLOT_TYPES = {"s": "text", "n": "float8", "d": "date"}
Progress = Callable[[int, int | None], None]


@dataclass
class _Row:
    """A row on its way: the record that its code names, and how many faults were found."""

    number: int
    code: str
    row: Row
    faults: int = 0
    before: Record | None = None
    checked: Checked | None = None


class SheetCheck:
    """One sheet against one register."""

    def __init__(self, actor: Actor, info: RegisterInfo, table: Table, spool: Spool) -> None:
        self.account = SheetAccount()
        self._actor, self._info, self._table, self._spool = actor, info, table, spool
        self._layout = find_layout(info, table, self.account)
        self._columns = self._layout.columns
        titles = self._layout.row.cells
        self._width, self._untitled = (
            len(titles),
            [place for place, title in enumerate(titles) if title in (None, "")],
        )
        self._reader = CellReader(self._layout)
        self._checker = Checker(info, actor=actor, bulk=True)
        self._unique = [one for one in info.definition.live if one.unique and one.slot]
        self._rows_of: dict[tuple[str, Any], int] = {}  # (field, value) -> row that has it in this sheet

    def run(self, progress: Progress | None = None) -> SheetAccount:
        """Check every row and return the account; rows fit to be written are in the spool."""
        for chunk in chunks(self._table.below(self._layout.row)):
            rows = [one for one in map(self._begin, chunk) if one is not None]
            self._find(rows)
            for one in rows:
                self._check(one)
            self._taken(rows)
            for one in rows:
                self._settle(one)
            if progress:
                progress(self.account.read, self._table.rows_hint)
        if not self.account.sound:
            self.account.created = self.account.changed = 0
            self.account.changes.clear()
        if not self.account.read and self.account.sound:
            self.account.fault(self._layout.row.number, "", "", _("表头下面没有一行内容。"))
        return self.account

    # -- steps of a row ------------------------------------------------------------------------------------------

    def _begin(self, row: Row) -> _Row | None:
        code = self._reader.code(row)
        if code.lower() in EXAMPLE:
            return None
        self.account.read += 1
        one = _Row(row.number, " ".join(code.split()), row)
        if row.fault:
            self._note(one, None, row.fault)
        for index in self._untitled:
            if index < len(row.cells) and row.cells[index] not in (None, ""):
                self._note(
                    one, Column(index, "", ""), _("这一列没有表头，不知道是哪一项；请补上表头或删去。")
                )
        for index, cell in enumerate(row.cells[self._width :], self._width):
            if cell not in (None, ""):
                self._note(
                    one, Column(index, "", ""), _("这一格在表头之外，不知道是哪一项；请补上表头或删去。")
                )
        self._code(one)
        return one

    def _code(self, one: _Row) -> None:
        column = self._columns.get("code")
        if column is None:
            return
        if not one.code:
            self._note(one, column, _("没有填写编码。"))
        elif (first := self._rows_of.setdefault(("", one.code), one.number)) != one.number:
            self._note(one, column, _("与第 %(row)d 行的编码相同。") % {"row": first})

    def _find(self, rows: Iterable[_Row]) -> None:
        """Find the records that the codes name, in two statements; one that the actor may not see is a fault."""
        codes = [one.code for one in rows if one.code]
        there = Record.objects.filter(Among("code", codes), register_id=self._info.id)
        ids = dict(there.values_list("code", "id"))
        if not ids:
            return
        seen = Record.objects.visible_to(self._actor).filter(Among("id", list(ids.values()), "bigint"))
        records = {record.code: record for record in seen.select_related("premise", "parent")}
        for one in rows:
            one.before = records.get(one.code)
            if one.before is None and one.code in ids:
                self._note(one, self._columns.get("code"), _("这个编码已经有了，而那条记录不归您管。"))

    def _check(self, one: _Row) -> None:
        """Read the cells and check what they give."""

        def unread(column: Column, reason: str) -> None:
            bad.add(column.target)
            self._note(one, column, reason)

        bad: set[str] = set()
        given = self._reader.read(one.row, unread)
        if one.before is None:
            self._need_columns(one)
        checked = self._checker.check(given, one.before)
        same = one.before is not None and not self._differing(one.before, checked.columns)
        for fault in checked.faults:
            target = VALUES + fault.field if VALUES + fault.field in self._columns else fault.field
            if target in bad or (same and target == "on"):
                continue
            if target in self._layout.missing or VALUES + fault.field in self._layout.missing:
                continue  # said once, of the column
            self._note(one, self._columns.get(target), fault.reason)
        one.checked = checked

    def _need_columns(self, one: _Row) -> None:
        """Say once, at the first new record, which columns it lacks."""
        if self._rows_of.setdefault(("", None), one.number) != one.number:
            return
        for title in self._layout.missing.values():
            reason = _("缺少必填的一列“%(title)s”：第 %(row)d 行是新的记录。")
            self.account.fault(
                self._layout.row.number, title, "", reason % {"title": title, "row": one.number}
            )

    def _taken(self, rows: list[_Row]) -> None:
        """Note values of unique fields that another row or record has."""
        for one in self._unique:
            fresh: dict[Any, _Row] = {}
            for row in rows:
                value = row.checked.columns.get(one.slot) if row.checked is not None else None
                if value is None:
                    continue
                first = self._rows_of.setdefault((one.key, value), row.number)
                if first == row.number:
                    fresh[value] = row
                else:
                    self._clash(
                        row, one, _("与第 %(row)d 行的“%(name)s”相同。") % {"row": first, "name": one.label}
                    )
            self._taken_there(one, fresh)

    def _taken_there(self, one: Field, fresh: dict[Any, _Row]) -> None:
        if not fresh:
            return
        given = Among(one.slot, list(fresh), SLOT_TYPES[one.slot[0]])
        there = Record.objects.filter(given, register_id=self._info.id, active=True)
        for value, code in there.values_list(one.slot, "code"):
            if code != fresh[value].code:
                reason = _("“%(name)s”已有另一条记录用了 %(value)s。") % {"name": one.label, "value": value}
                self._clash(fresh[value], one, reason)

    def _clash(self, row: _Row, one: Field, reason: str) -> None:
        self._note(row, self._columns.get(VALUES + one.key), reason)

    def _settle(self, one: _Row) -> None:
        """Count the row, and keep it for writing where it adds or changes a record."""
        if one.faults or one.checked is None:
            self.account.refused += bool(one.faults)
            return
        columns, before = one.checked.columns, one.before
        if before is None:
            self.account.created += 1
            self._keep(Ready(stated(columns | {"code": one.code})))
            return
        differing = self._differing(before, columns)
        if not differing:
            self.account.existing += 1
            return
        self.account.change(one.number, one.code, differing)
        columns = {name: getattr(before, name) for name in STATED} | columns
        old, new = differences(audited(self._info, before), audited(self._info, columns))
        self._keep(Ready(stated(columns), before.pk, before.version, old, new))

    def _keep(self, ready: Ready) -> None:
        if self.account.sound:
            self._spool.add(ready)

    def _differing(self, before: Record, columns: dict[str, Any]) -> list[str]:
        """Return the names of what a row changes."""
        found = [name for name in TELLING if name in columns and getattr(before, name) != columns[name]]
        if "values" not in found:
            return found
        found.remove("values")
        old, new = before.values, columns["values"]
        return found + [
            one.key for one in self._info.definition.fields if old.get(one.store) != new.get(one.store)
        ]

    def _note(self, one: _Row, column: Column | None, reason: str) -> None:
        one.faults += 1
        self.account.fault(
            one.number, column.title if column else "", column.cell(one.number) if column else "", reason
        )
