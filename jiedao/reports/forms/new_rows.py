"""Add rows to the XML of a worksheet: everything below moves down, and the new rows look like the list's last one."""

from copy import deepcopy

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.reports.forms.blank import name_column
from jiedao.reports.forms.package import Element
from jiedao.reports.forms.sheet_xml import CELL, MAIN_2006, S, read_place
from jiedao.reports.forms.shifting import AddedRows, copy_formula

LAST_ROW = 1_048_576


def move_pivot_table(root: Element, added: AddedRows) -> None:
    """Move a pivot table below the list; raise UserError where the new rows would go through it."""
    location = root.find(f"{S}location")
    ref = location.get("ref", "") if location is not None else ""
    ends = [int(end[2]) for end in map(CELL.fullmatch, ref.split(":")) if end is not None]
    if not ends:
        return
    if min(ends) <= added.last_row < max(ends):
        raise UserError(
            _("清单旁边有数据透视表（%(sheet)s!%(ref)s），不能增加行。") % {"sheet": added.sheet, "ref": ref},
            hint=_("请把透视表移到清单下面或别的工作表，再上传；或让上级在空白表里留足行。"),
        )
    location.set("ref", added.move_ref(ref, grows=False))


def move_attributes(root: Element, added: AddedRows) -> None:
    """Move the rows and cells of a sheet, and the ranges of its merges, formats, lists, links and breaks."""
    for line in root.iterfind(f"{S}sheetData/{S}row"):
        row = int(line.get("r", "0"))
        moved = added.move(row)
        if moved > LAST_ROW:
            raise UserError(_("行数超过工作表的限度。"), hint=_("请缩小清单的范围。"))
        if moved != row:
            line.set("r", str(moved))
            for cell in line.iterfind(f"{S}c"):
                cell.set("r", f"{name_column(read_place(cell)[1])}{moved}")
    for line_break in root.iterfind(f"{S}rowBreaks/{S}brk"):
        line_break.set("id", str(added.move(int(line_break.get("id", "0")))))
    left = {f"{S}c", f"{S}row", f"{S}selection"}  # a selection is where the cursor was
    for node in root.iter("{*}*"):
        if node.tag not in left:
            _move_ranges(node, added)


def _move_ranges(node: Element, added: AddedRows) -> None:
    for name in ("ref", "sqref"):
        if (value := node.get(name)) is not None:
            is_merge = node.tag == f"{S}mergeCell"
            node.set(name, added.move_ref(value, grows=False) if is_merge else added.move_refs(value))
    if node.tag == f"{MAIN_2006}sqref" and node.text:
        node.text = added.move_refs(node.text)


def insert_copies(root: Element, added: AddedRows) -> None:
    """Insert copies of the list's last row, with its look, its formulas and its merged cells, but without its texts."""
    lines = {int(line.get("r", "0")): line for line in root.iterfind(f"{S}sheetData/{S}row")}
    template = lines.get(added.last_row)
    if template is not None:
        after = template
        for row in range(added.last_row + 1, added.last_row + added.count + 1):
            copy = _copy_row(template, row)
            after.addnext(copy)
            after = copy
    merges = root.find(f"{S}mergeCells")
    if merges is not None:
        _copy_merges(merges, added)


def _copy_row(template: Element, row: int) -> Element:
    copy = deepcopy(template)
    copy.set("r", str(row))
    for cell in copy.iterfind(f"{S}c"):
        origin = cell.get("r", "")
        cell.set("r", f"{name_column(read_place(cell)[1])}{row}")
        formula = cell.find(f"{S}f")
        for child in list(cell):
            if child is not formula:
                cell.remove(child)
        cell.attrib.pop("t", None)
        if formula is not None and formula.text:
            formula.text = copy_formula(formula.text, origin, cell.get("r"))
    return copy


def _copy_merges(merges: Element, added: AddedRows) -> None:
    """Merge the cells of new rows as those of the list's last row are."""
    for merge in list(merges):
        ends = [
            match for end in merge.get("ref", "").split(":") if (match := CELL.fullmatch(end)) is not None
        ]
        if {int(end[2]) for end in ends} == {added.last_row}:
            for row in range(added.last_row + 1, added.last_row + added.count + 1):
                ref = ":".join(f"{end[1]}{row}" for end in ends)
                merges.append(merges.makeelement(f"{S}mergeCell", {"ref": ref}))
    if merges.get("count"):
        merges.set("count", str(len(merges)))
