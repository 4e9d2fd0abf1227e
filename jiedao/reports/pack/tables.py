"""The tables of the file `reports.toml`."""

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.packs.tables import Column, FileSpec, Table, require_field
from jiedao.reports.models import PeriodKind, ReportScope

REPORTS, FOLDER = "reports.toml", "reports"
LONGEST = 100_000  # characters of a text

REPORT = Table(
    (
        require_field("key", most=40),
        require_field("name", most=120),
        Column("name_en", most=200),
        Column("period", required=True, choices=tuple(PeriodKind.values)),
        Column("scope", choices=tuple(ReportScope.values), default=ReportScope.TOWN.value),
        require_field("text", most=80, hint=_('写 reports 文件夹里的文件名，如 "half-year.txt"。')),
    )
)
FILES = (FileSpec(REPORTS, {"report": REPORT}, required=False),)
