"""Mark cells of a document's tables by a colour and a comment."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from jiedao.reports.forms.blank import CellRef
from jiedao.reports.forms.document_blank import DOCUMENT, DocumentBlank, W, find_cell
from jiedao.reports.forms.package import Element

COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
_COMMENTS = "word/comments.xml"
# The elements of a cell's properties that the schema puts after its shading.
_AFTER_SHADING = frozenset(
    f"{W}{name}"
    for name in (
        "noWrap",
        "tcMar",
        "textDirection",
        "tcFitText",
        "vAlign",
        "hideMark",
        "headers",
        "cellIns",
        "cellDel",
        "cellMerge",
    )
)


def mark_document(blank: DocumentBlank, notes: Mapping[CellRef, str], colour: str) -> None:
    """Shade cells of a document's tables, and add a comment to each; `colour` is six hexadecimal digits."""
    for ref, note in notes.items():
        table = blank.get_table(ref.sheet)
        lines = table.findall(f"{W}tr") if table is not None else []
        if ref.row <= len(lines):
            cell = find_cell(lines[ref.row - 1], ref.column)
            _shade(cell, colour)
            _add_word_comment(blank, cell, note)


def _shade(cell: Element, colour: str) -> None:
    look = cell.find(f"{W}tcPr")
    if look is None:
        look = cell.makeelement(f"{W}tcPr", {})
        cell.insert(0, look)
    for old in look.findall(f"{W}shd"):
        look.remove(old)
    shade = look.makeelement(f"{W}shd", {f"{W}val": "clear", f"{W}color": "auto", f"{W}fill": colour})
    following = next((child for child in look if child.tag in _AFTER_SHADING), None)
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
        package.add(part, f'<w:comments xmlns:w="{W[1:-1]}"/>'.encode(), COMMENTS_TYPE)
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
