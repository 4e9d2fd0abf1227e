"""The section of reports."""

from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.section import TableSection
from jiedao.reports.models import ReportScope, ReportTemplate
from jiedao.reports.pack.tables import REPORT, REPORTS
from jiedao.reports.pack.texts import read_text


class ReportSection(TableSection):
    """A report with its text. Reports that exist keep the text that they began with, and its versions."""

    kind, model = "report", ReportTemplate
    file, table = REPORTS, REPORT
    key_columns = ("key",)
    columns = ("key", "name", "name_en", "period_kind", "scope", "text", "position")
    after = ("measure",)

    def read(self, pack: Pack) -> dict[str, Values]:
        """Return the wanted values by key, the text from its file."""
        return {
            row.get("key"): {
                "key": row.get("key"),
                "name": row.get("name"),
                "name_en": row.get("name_en"),
                "period_kind": row.get("period"),
                "scope": row.get("scope") or ReportScope.TOWN.value,
                "text": read_text(pack, row.get("text")),
                "position": position,
            }
            for position, row in enumerate(pack.rows(REPORTS, "report"))
        }
