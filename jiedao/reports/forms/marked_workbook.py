"""Mark cells of a workbook by a colour and a comment."""

from collections.abc import Mapping
from copy import deepcopy

from django.utils.translation import gettext as _

from jiedao.reports.forms.blank import CellRef, number_column
from jiedao.reports.forms.package import Element
from jiedao.reports.forms.sheet_xml import R_ID, S, SheetRows
from jiedao.reports.forms.workbook_blank import WORKBOOK, WorkbookBlank

COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
FIRST_SHAPE = 60_000  # numbers that the blank's own shapes do not have
# The elements of a sheet that the schema puts after its drawing of comments.
_AFTER_LEGACY_DRAWING = frozenset(
    f"{S}{name}"
    for name in (
        "legacyDrawingHF",
        "drawingHF",
        "picture",
        "oleObjects",
        "controls",
        "webPublishItems",
        "tableParts",
        "extLst",
    )
)
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


def mark_workbook(blank: WorkbookBlank, notes: Mapping[CellRef, str], colour: str) -> None:
    """Colour cells of a workbook, and add a comment to each; `colour` is six hexadecimal digits."""
    styles = _MarkedStyles(blank, colour)
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

    def __init__(self, blank: WorkbookBlank, colour: str) -> None:
        self.colour = colour
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
        pattern.append(pattern.makeelement(f"{S}fgColor", {"rgb": f"FF{self.colour}"}))
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
        package.add(comments_part, empty, COMMENTS_TYPE)
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
        package.add(drawing, _VML.encode(), DRAWING_TYPE)
        relation = package.add_relation(part, "vmlDrawing", drawing)
        if legacy is None:
            legacy = root.makeelement(f"{S}legacyDrawing", {})
            following = next((child for child in root if child.tag in _AFTER_LEGACY_DRAWING), None)
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
