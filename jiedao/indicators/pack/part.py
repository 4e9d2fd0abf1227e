"""The part of a pack that the room of indicators declares."""

from jiedao.indicators.pack.checks import check_measures
from jiedao.indicators.pack.sections import (
    FigureSection,
    MeasureSection,
    TargetSection,
    ThemeSection,
    TileSection,
)
from jiedao.indicators.pack.tables import FILES
from jiedao.indicators.pack.unit_followers import UNIT_FOLLOWERS
from jiedao.kernel.packs.parts import PackPart

PART = PackPart(
    "indicators",
    files=FILES,
    sections=(ThemeSection(), MeasureSection(), TargetSection(), TileSection(), FigureSection()),
    checks=(check_measures,),
    followers=UNIT_FOLLOWERS,
)
