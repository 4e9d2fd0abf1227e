"""Mark the cells of a filled file that changed since last time, by a colour and a comment.

The marked file is for the people who check it; the file that goes out has no marks.
"""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from jiedao.reports.forms.blank import CellRef, parse_ref
from jiedao.reports.forms.comparing import CellChange
from jiedao.reports.forms.document_blank import DocumentBlank
from jiedao.reports.forms.marked_document import mark_document
from jiedao.reports.forms.marked_workbook import mark_workbook
from jiedao.reports.forms.opening import open_blank
from jiedao.reports.forms.workbook_blank import WorkbookBlank

COLOUR = "FFE699"
LONGEST_NOTE = 300


def mark_cells(content: bytes, notes: Mapping[CellRef, str]) -> bytes:
    """Return a filled file with a colour and a comment on each of the cells.

    Args:
        notes: the text of the comment by the cell of the file.
    """
    blank = open_blank(content)
    short = {ref: note[:LONGEST_NOTE] for ref, note in notes.items()}
    if isinstance(blank, WorkbookBlank):
        mark_workbook(blank, short, COLOUR)
    elif isinstance(blank, DocumentBlank):
        mark_document(blank, short, COLOUR)
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
