"""The part of a pack that the public's site declares."""

from jiedao.kernel.packs.parts import PackPart
from jiedao.portal.pack.checks import check_portal
from jiedao.portal.pack.tables import FILES

PART = PackPart("portal", files=FILES, checks=(check_portal,))
