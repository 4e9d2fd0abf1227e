"""The part of a pack that the room of deliveries declares."""

from jiedao.delivery.pack.checks import check_delivery
from jiedao.delivery.pack.tables import FILES
from jiedao.kernel.packs.parts import PackPart

PART = PackPart("delivery", files=FILES, checks=(check_delivery,))
