"""The part of a pack that the room of reports declares."""

from jiedao.kernel.packs.parts import PackPart
from jiedao.reports.pack.checks import check_reports
from jiedao.reports.pack.followers import FOLLOWERS
from jiedao.reports.pack.sections import ReportSection
from jiedao.reports.pack.tables import FILES

PART = PackPart(
    "reports", files=FILES, sections=(ReportSection(),), checks=(check_reports,), followers=FOLLOWERS
)
