"""The part of a pack that the room of publishing declares."""

from jiedao.kernel.packs.parts import PackPart
from jiedao.publishing.pack.checks import check_data_sets
from jiedao.publishing.pack.sections import DataSetSection
from jiedao.publishing.pack.tables import FILES

PART = PackPart("publishing", files=FILES, sections=(DataSetSection(),), checks=(check_data_sets,))
