"""The part of a pack that the room of evaluation declares."""

from jiedao.evaluation.pack.checks import check_scoresheets
from jiedao.evaluation.pack.sections import ItemSection, ScoreSheetSection, VersionSection
from jiedao.evaluation.pack.tables import FILES
from jiedao.kernel.packs.parts import PackPart

PART = PackPart(
    "evaluation",
    files=FILES,
    sections=(ScoreSheetSection(), VersionSection(), ItemSection()),
    checks=(check_scoresheets,),
)
