"""Check a sheet against a register before anything is written, and report every fault with its cell.

Rows are checked a thousand at a time, and only the records with their codes are loaded, so that memory does not grow
with the register. Rows that are ready to be written wait in a `Spool`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel.readers.codes import find_lost_code
from jiedao.kernel.tables.reading import Table
from jiedao.kernel.tables.rows import Row
from jiedao.orgs.actor import Actor
from jiedao.registers.actions.records import audit_values, find_differences
from jiedao.registers.bulk import STATE_COLUMNS, InArray, split_chunks
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Field
from jiedao.registers.importing.account import SheetAccount
from jiedao.registers.importing.cells import CellReader
from jiedao.registers.importing.columns import VALUES, Column, find_layout
from jiedao.registers.importing.spool import Spool, SpooledRow, to_state
from jiedao.registers.models import Record
from jiedao.registers.rows import CheckedRow, RowChecker

EXAMPLE = ("示例", "example")  # the code of the template's example row
TOTALS = ("合计", "总计", "小计", "共计")
# The columns that decide whether a row changes a record; grade and slots follow from them.
COMPARED = (
    "name",
    "place_text",
    "premise_id",
    "parent_id",
    "unit_id",
    "area_id",
    "lon",
    "lat",
    "active",
    "values",
)
SLOT_TYPES = {"s": "text", "n": "float8", "d": "date"}
Progress = Callable[[int, int | None], None]


@dataclass
class _SheetRow:
    """A row of the sheet, the record with its code, and the number of faults found so far."""

    number: int
    code: str
    row: Row
    faults: int = 0
    before: Record | None = None
    checked: CheckedRow | None = None


class SheetCheck:
    """The check of one sheet against one register."""

    def __init__(self, actor: Actor, info: RegisterInfo, table: Table, spool: Spool) -> None:
        self.account = SheetAccount(passed_over=table.passed_over)
        self._actor, self._info, self._table, self._spool = actor, info, table, spool
        self._layout = find_layout(info, table, self.account)
        self._columns = self._layout.columns
        titles = self._layout.row.cells
        self._width = len(titles)
        self._untitled = [index for index, title in enumerate(titles) if title in (None, "")]
        self._reader = CellReader(self._layout, table.serial_shift)
        self._checker = RowChecker(info, actor=actor, bulk=True)
        self._unique = [field for field in info.definition.active_fields if field.unique and field.slot]
        # (field key, value) -> number of the first row that has the value
        self._rows_of: dict[tuple[str, Any], int] = {}

    def run(self, progress: Progress | None = None) -> SheetAccount:
        """Check every row and return the account; rows without a fault are in the spool afterwards."""
        for chunk in split_chunks(self._table.below(self._layout.row)):
            rows = [row for row in map(self._read_row, chunk) if row is not None]
            self._find_records(rows)
            for row in rows:
                self._check_row(row)
            self._check_unique(rows)
            for row in rows:
                self._count_row(row)
            if progress:
                progress(self.account.read, self._table.rows_hint)
        if not self.account.sound:
            self.account.created = self.account.changed = 0
            self.account.changes.clear()
        if not self.account.read and self.account.sound:
            self.account.fault(self._layout.row.number, "", "", _("表头下面没有一行内容。"))
        return self.account

    # -- steps of a row ------------------------------------------------------------------------------------------

    def _read_row(self, row: Row) -> _SheetRow | None:
        code = self._reader.code(row)
        if code.lower() in EXAMPLE:
            self.account.passed_over.example_rows += 1
            return None
        self.account.read += 1
        checked_row = _SheetRow(row.number, code, row)
        if row.fault:
            self._add_fault(checked_row, None, row.fault)
        for index in self._untitled:
            if index < len(row.cells) and row.cells[index] not in (None, ""):
                self._add_fault(
                    checked_row,
                    Column(index, "", ""),
                    _("这一列没有表头，不知道是哪一项；请补上表头或删去。"),
                )
        for index, cell in enumerate(row.cells[self._width :], self._width):
            if cell not in (None, ""):
                self._add_fault(
                    checked_row,
                    Column(index, "", ""),
                    _("这一格在表头之外，不知道是哪一项；请补上表头或删去。"),
                )
        self._check_code(checked_row)
        return checked_row

    def _check_code(self, row: _SheetRow) -> None:
        column = self._columns.get("code")
        if column is None:
            return
        if not row.code:
            self._add_fault(row, column, _("没有填写编码。"))
        elif "".join(row.code.split()).rstrip("：:") in TOTALS:
            self._add_fault(row, column, _("这一行是合计，不是一条记录；请删去这一行。"))
        elif find_lost_code(row.code):
            return  # reported with its cell; rows whose codes were shortened alike are not the same
        elif (first := self._rows_of.setdefault(("", row.code), row.number)) != row.number:
            self._add_fault(row, column, _("与第 %(row)d 行的编码相同。") % {"row": first})

    def _find_records(self, rows: Iterable[_SheetRow]) -> None:
        """Load the records with the rows' codes, in two queries; a record that the actor may not see is a fault."""
        codes = [row.code for row in rows if row.code]
        existing = Record.objects.filter(InArray("code", codes), register_id=self._info.id)
        ids = dict(existing.values_list("code", "id"))
        if not ids:
            return
        visible = Record.objects.visible_to(self._actor).filter(InArray("id", list(ids.values()), "bigint"))
        records = {record.code: record for record in visible.select_related("premise", "parent")}
        for row in rows:
            row.before = records.get(row.code)
            if row.before is None and row.code in ids:
                self._add_fault(row, self._columns.get("code"), _("这个编码已经有了，而那条记录不归您管。"))

    def _check_row(self, row: _SheetRow) -> None:
        """Read the cells of a row and check the input."""

        def report_unread(column: Column, reason: str) -> None:
            unread_targets.add(column.target)
            self._add_fault(row, column, reason)

        unread_targets: set[str] = set()
        data = self._reader.read(row.row, report_unread)
        if row.before is None:
            self._require_columns(row)
        checked = self._checker.check(data, row.before)
        unchanged = row.before is not None and not self._find_changes(row.before, checked.columns)
        for fault in checked.faults:
            target = VALUES + fault.field if VALUES + fault.field in self._columns else fault.field
            if target in unread_targets or (unchanged and target == "on"):
                continue
            if target in self._layout.missing or VALUES + fault.field in self._layout.missing:
                continue  # reported once, for the column
            self._add_fault(row, self._columns.get(target), fault.reason)
        row.checked = checked

    def _require_columns(self, row: _SheetRow) -> None:
        """Report the missing columns once, at the first row with a new record."""
        if self._rows_of.setdefault(("", None), row.number) != row.number:
            return
        for title in self._layout.missing.values():
            reason = _("缺少必填的一列“%(title)s”：第 %(row)d 行是新的记录。")
            self.account.fault(
                self._layout.row.number, title, "", reason % {"title": title, "row": row.number}
            )

    def _check_unique(self, rows: list[_SheetRow]) -> None:
        """Report values of unique fields that another row or record has already."""
        for field in self._unique:
            rows_by_value: dict[Any, _SheetRow] = {}
            for row in rows:
                value = row.checked.columns.get(field.slot) if row.checked is not None else None
                if value is None:
                    continue
                first = self._rows_of.setdefault((field.key, value), row.number)
                if first == row.number:
                    rows_by_value[value] = row
                else:
                    self._add_unique_fault(
                        row,
                        field,
                        _("与第 %(row)d 行的“%(name)s”相同。") % {"row": first, "name": field.label},
                    )
            self._check_unique_stored(field, rows_by_value)

    def _check_unique_stored(self, field: Field, rows_by_value: dict[Any, _SheetRow]) -> None:
        if not rows_by_value:
            return
        condition = InArray(field.slot, list(rows_by_value), SLOT_TYPES[field.slot[0]])
        existing = Record.objects.filter(condition, register_id=self._info.id, active=True)
        for value, code in existing.values_list(field.slot, "code"):
            if code != rows_by_value[value].code:
                reason = _("“%(name)s”已有另一条记录用了 %(value)s。") % {"name": field.label, "value": value}
                self._add_unique_fault(rows_by_value[value], field, reason)

    def _add_unique_fault(self, row: _SheetRow, field: Field, reason: str) -> None:
        self._add_fault(row, self._columns.get(VALUES + field.key), reason)

    def _count_row(self, row: _SheetRow) -> None:
        """Count the row, and spool it if it adds or changes a record."""
        if row.faults or row.checked is None:
            self.account.refused += bool(row.faults)
            return
        columns, before = row.checked.columns, row.before
        if before is None:
            self.account.created += 1
            self._spool_row(SpooledRow(to_state(columns | {"code": row.code})))
            return
        changes = self._find_changes(before, columns)
        if not changes:
            self.account.existing += 1
            return
        self.account.change(row.number, row.code, changes)
        columns = {name: getattr(before, name) for name in STATE_COLUMNS} | columns
        old, new = find_differences(audit_values(self._info, before), audit_values(self._info, columns))
        self._spool_row(SpooledRow(to_state(columns), before.pk, before.version, old, new))

    def _spool_row(self, row: SpooledRow) -> None:
        if self.account.sound:
            self._spool.add(row)

    def _find_changes(self, before: Record, columns: dict[str, Any]) -> list[str]:
        """Return the names of the columns and fields that a row changes."""
        names = [name for name in COMPARED if name in columns and getattr(before, name) != columns[name]]
        if "values" not in names:
            return names
        names.remove("values")
        old, new = before.values, columns["values"]
        return names + [
            field.key
            for field in self._info.definition.fields
            if old.get(field.store) != new.get(field.store)
        ]

    def _add_fault(self, row: _SheetRow, column: Column | None, reason: str) -> None:
        row.faults += 1
        self.account.fault(
            row.number, column.title if column else "", column.cell(row.number) if column else "", reason
        )
