"""What follows a pack's successions: the unit that represents an office."""

from jiedao.district.pack.followers import FOLLOWERS
from jiedao.kernel.packs.parts import PackPart

PART = PackPart("district", followers=FOLLOWERS)
