"""The part of a pack that the room of places declares."""

from jiedao.kernel.packs.parts import PackPart
from jiedao.places.pack.checks import check_places
from jiedao.places.pack.sections import AreaSection, PremiseSection, RoadSection
from jiedao.places.pack.tables import FILES

PART = PackPart(
    "places", files=FILES, sections=(AreaSection(), PremiseSection(), RoadSection()), checks=(check_places,)
)
