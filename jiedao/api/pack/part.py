"""The part of a pack that the interfaces declare."""

from jiedao.api.pack.checks import check_open311
from jiedao.api.pack.tables import FILES
from jiedao.kernel.packs.parts import PackPart

PART = PackPart("api", files=FILES, checks=(check_open311,))
