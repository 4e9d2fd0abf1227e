"""Mark the cells of a filled file that changed since last time, by a colour and a comment.

The marked file is for the people who check it; the file that goes out has no marks.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy

from django.utils.translation import gettext as _

from jiedao.reports.forms.blank import CellRef, number_column, parse_ref
from jiedao.reports.forms.comparing import CellChange
from jiedao.reports.forms.document_blank import DOCUMENT, DocumentBlank, W, find_cell
from jiedao.reports.forms.opening import open_blank
from jiedao.reports.forms.package import Element
from jiedao.reports.forms.sheet_xml import R_ID, S, SheetRows
from jiedao.reports.forms.workbook_blank import WORKBOOK, WorkbookBlank

COLOUR = "FFE699"
LONGEST_NOTE = 300
FIRST_SHAPE = 60_000  # numbers that the blank's own shapes do not have
_OFFICE = "application/vnd.openxmlformats-officedocument."
_AFTER_LEGACY_DRAWING = (
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
_SPACES = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_VML = (
    f"<xml {_SPACES}>"
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>'
)
_SHAPE = (
    f"<v:shape {_SPACES} "  # a drawing of another program may name these spaces differently
    'id="_x0000_s{shape}" type="#_x0000_t202" fillcolor="#ffffe1" o:insetmode="auto" '
    'style="position:absolute;margin-left:60pt;margin-top:2pt;width:144pt;height:40pt;z-index:{number};'
    'visibility:hidden"><v:fill color2="#ffffe1"/><v:textbox/><x:ClientData ObjectType="Note"><x:MoveWithCells/>'
    "<x:SizeWithCells/><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column>"
    "</x:ClientData></v:shape>"
)


def mark_cells(content: bytes, notes: Mapping[CellRef, str]) -> bytes:
    """Return a filled file with a colour and a comment on each of the cells.

    Args:
        notes: the text of the comment by the cell of the file.
    """
    blank = open_blank(content)
    short = {ref: note[:LONGEST_NOTE] for ref, note in notes.items()}
    if isinstance(blank, WorkbookBlank):
        _mark_workbook(blank, short)
    elif isinstance(blank, DocumentBlank):
        _mark_document(blank, short)
    return blank.package.write()


def write_notes(changes: Iterable[CellChange], last: str) -> dict[CellRef, str]:
    """Return the text of the comment for each cell that changed.

    Args:
        last: the period of the filling before, as readers see it.
    """
    notes: dict[CellRef, str] = {}
    for change in changes:
        if change.is_removed:
            text = _("上次（%(last)s）有、这次没有：%(text)s") % {"last": last, "text": change.before}
        elif change.before:
            text = _("上次（%(last)s）：%(text)s") % {"last": last, "text": change.before}
        else:
            text = _("上次（%(last)s）没有") % {"last": last}
        ref = parse_ref(change.cell)
        notes[ref] = f"{notes[ref]}\n{text}" if ref in notes else text
    return notes


# -- workbooks ---------------------------------------------------------------------------------------------------


def _mark_workbook(blank: WorkbookBlank, notes: Mapping[CellRef, str]) -> None:
    styles = _MarkedStyles(blank)
    for name, part in blank.parts.items():
        own = {ref: note for ref, note in notes.items() if ref.sheet == name}
        if not own:
            continue
        sheet = SheetRows(blank.package.get_tree(part))
        for ref in own:
            cell = sheet.get_cell(ref.row, ref.column)
            cell.set("s", str(styles.mark(int(cell.get("s", "0")))))
        _add_comments(blank, part, own)


class _MarkedStyles:
    """The styles of a workbook, with a copy of each that is needed on the colour of a mark."""

    def __init__(self, blank: WorkbookBlank) -> None:
        part = next(
            part for kind, part in blank.package.read_relations(WORKBOOK).values() if kind == "styles"
        )
        self.root = blank.package.get_tree(part)
        self.marked: dict[int, int] = {}
        self.fill = -1

    def mark(self, style: int) -> int:
        """Return the number of a style that differs from another one by its colour alone."""
        if style not in self.marked:
            styles = self.root.find(f"{S}cellXfs")
            if self.fill < 0:
                self.fill = self._add_fill()
            copy = deepcopy(styles[min(style, len(styles) - 1)])
            copy.set("fillId", str(self.fill))
            copy.set("applyFill", "1")
            styles.append(copy)
            styles.set("count", str(len(styles)))
            self.marked[style] = len(styles) - 1
        return self.marked[style]

    def _add_fill(self) -> int:
        fills = self.root.find(f"{S}fills")
        fill = fills.makeelement(f"{S}fill", {})
        pattern = fill.makeelement(f"{S}patternFill", {"patternType": "solid"})
        pattern.append(pattern.makeelement(f"{S}fgColor", {"rgb": f"FF{COLOUR}"}))
        fill.append(pattern)
        fills.append(fill)
        fills.set("count", str(len(fills)))
        return len(fills) - 1


def _add_comments(blank: WorkbookBlank, part: str, notes: Mapping[CellRef, str]) -> None:
    """Add comments to a sheet; a cell that has one already gets another paragraph."""
    package = blank.package
    comments_part = next(
        (other for kind, other in package.read_relations(part).values() if kind == "comments"), ""
    )
    if not comments_part:
        comments_part = _find_free_name(blank, "xl/commentsJ{}.xml")
        empty = f'<comments xmlns="{S[1:-1]}"><authors/><commentList/></comments>'.encode()
        package.add(comments_part, empty, f"{_OFFICE}spreadsheetml.comments+xml")
        package.add_relation(part, "comments", comments_part)
    root = package.get_tree(comments_part)
    authors, items = root.find(f"{S}authors"), root.find(f"{S}commentList")
    author = authors.makeelement(f"{S}author", {})
    author.text = _("与上次比较")
    authors.append(author)
    existing = {item.get("ref"): item for item in items}
    shapes = []
    for number, (ref, note) in enumerate(sorted(notes.items()), start=1):
        item = existing.get(ref.short)
        if item is None:
            item = items.makeelement(f"{S}comment", {"ref": ref.short, "authorId": str(len(authors) - 1)})
            item.append(item.makeelement(f"{S}text", {}))
            items.append(item)
            shapes.append(
                _SHAPE.format(
                    shape=FIRST_SHAPE + number, number=number, row=ref.row - 1, column=ref.column - 1
                )
            )
        elif len(item.find(f"{S}text")):
            note = f"\n{note}"  # noqa: PLW2901 (the same note, in a paragraph of its own)
        _add_text(item.find(f"{S}text"), note)
    items[:] = sorted(items, key=lambda item: _read_order(item.get("ref", "")))
    _add_shapes(blank, part, shapes)


def _read_order(ref: str) -> tuple[int, int]:
    letters = ref.rstrip("0123456789")
    return int(ref[len(letters) :] or 0), number_column(letters)


def _add_text(text: Element, note: str) -> None:
    if text.find(f"{S}t") is not None and text.find(f"{S}r") is None:  # a plain text becomes the first run
        plain = text.find(f"{S}t")
        run = text.makeelement(f"{S}r", {})
        text.remove(plain)
        run.append(plain)
        text.insert(0, run)
    run = text.makeelement(f"{S}r", {})
    words = run.makeelement(f"{S}t", {"{http://www.w3.org/XML/1998/namespace}space": "preserve"})
    words.text = note
    run.append(words)
    text.append(run)


def _add_shapes(blank: WorkbookBlank, part: str, shapes: list[str]) -> None:
    """Add the boxes in which the comments are shown to the drawing of a sheet, or to a new one."""
    if not shapes:
        return
    package = blank.package
    root = package.get_tree(part)
    legacy = root.find(f"{S}legacyDrawing")
    drawing = ""
    if legacy is not None:
        drawing = package.read_relations(part).get(legacy.get(R_ID, ""), ("", ""))[1]
    if drawing not in package:
        drawing = _find_free_name(blank, "xl/drawings/vmlDrawingJ{}.vml")
        package.add(drawing, _VML.encode(), f"{_OFFICE}vmlDrawing")
        relation = package.add_relation(part, "vmlDrawing", drawing)
        if legacy is None:
            legacy = root.makeelement(f"{S}legacyDrawing", {})
            following = next(
                (child for child in root if child.tag in {f"{S}{tag}" for tag in _AFTER_LEGACY_DRAWING}), None
            )
            if following is not None:
                following.addprevious(legacy)
            else:
                root.append(legacy)
        legacy.set(R_ID, relation)
    before, end, after = package.get_text(drawing).rpartition("</xml>")
    package.set_text(drawing, f"{before}{''.join(shapes)}{end}{after}")


def _find_free_name(blank: WorkbookBlank, pattern: str) -> str:
    number = 1
    while pattern.format(number) in blank.package:
        number += 1
    return pattern.format(number)


# -- documents ---------------------------------------------------------------------------------------------------

_COMMENTS = "word/comments.xml"
_AFTER_SHADING = (
    "noWrap", "tcMar", "textDirection", "tcFitText", "vAlign", "hideMark", "headers", "cellIns", "cellDel", "cellMerge",
)  # fmt: skip


def _mark_document(blank: DocumentBlank, notes: Mapping[CellRef, str]) -> None:
    for ref, note in notes.items():
        table = blank.get_table(ref.sheet)
        lines = table.findall(f"{W}tr") if table is not None else []
        if ref.row <= len(lines):
            cell = find_cell(lines[ref.row - 1], ref.column)
            _shade(cell)
            _add_word_comment(blank, cell, note)


def _shade(cell: Element) -> None:
    look = cell.find(f"{W}tcPr")
    if look is None:
        look = cell.makeelement(f"{W}tcPr", {})
        cell.insert(0, look)
    for old in look.findall(f"{W}shd"):
        look.remove(old)
    shade = look.makeelement(f"{W}shd", {f"{W}val": "clear", f"{W}color": "auto", f"{W}fill": COLOUR})
    following = next((child for child in look if child.tag in {f"{W}{tag}" for tag in _AFTER_SHADING}), None)
    if following is not None:
        following.addprevious(shade)
    else:
        look.append(shade)


def _add_word_comment(blank: DocumentBlank, cell: Element, note: str) -> None:
    package = blank.package
    part = next(
        (other for kind, other in package.read_relations(DOCUMENT).values() if kind == "comments"), ""
    )
    if not part:
        part = _COMMENTS
        package.add(
            part, f'<w:comments xmlns:w="{W[1:-1]}"/>'.encode(), f"{_OFFICE}wordprocessingml.comments+xml"
        )
        package.add_relation(DOCUMENT, "comments", part)
    comments = package.get_tree(part)
    number = 1 + max((int(item.get(f"{W}id", "0")) for item in comments), default=-1)
    comment = comments.makeelement(f"{W}comment", {f"{W}id": str(number), f"{W}author": _("与上次比较")})
    paragraph = comment.makeelement(f"{W}p", {})
    run = paragraph.makeelement(f"{W}r", {})
    words = run.makeelement(f"{W}t", {"{http://www.w3.org/XML/1998/namespace}space": "preserve"})
    words.text = note
    run.append(words)
    paragraph.append(run)
    comment.append(paragraph)
    comments.append(comment)
    target = cell.find(f"{W}p")
    if target is None:
        return
    mark = target.makeelement(f"{W}r", {})
    mark.append(mark.makeelement(f"{W}commentReference", {f"{W}id": str(number)}))
    target.append(mark)
