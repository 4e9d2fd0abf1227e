"""Open an uploaded or stored blank: its content decides its kind."""

from django.utils.translation import gettext as _

from jiedao.files.storage import open_content
from jiedao.kernel.errors import UserError
from jiedao.reports.forms.blank import Blank
from jiedao.reports.forms.document_blank import DocumentBlank
from jiedao.reports.forms.models import FormBlank
from jiedao.reports.forms.package import Package
from jiedao.reports.forms.workbook_blank import WorkbookBlank


def open_blank(content: bytes) -> Blank:
    """Return the blank of an uploaded file; raise UserError for a file that cannot be one."""
    package = Package(content)
    if "xl/workbook.xml" in package:
        return WorkbookBlank(package)
    if "word/document.xml" in package:
        return DocumentBlank(package)
    raise UserError(_("这种文件不能用作空白表。"), hint=_("可用：.xlsx，以及带表格的 .docx。"), field="blank")


def count_cells(content: bytes) -> int:
    """Return the number of cells of an uploaded file; raise UserError where it cannot be a blank."""
    return sum(len(grid.cells) for grid in open_blank(content).grids)


def open_stored_blank(blank: FormBlank) -> Blank:
    """Return the stored blank of a form."""
    with open_content(blank.blob.sha256) as file:
        return open_blank(file.read())
