"""The part of a pack that the room of registers declares."""

from jiedao.kernel.packs.parts import PackPart
from jiedao.registers.pack.checks import check_registers
from jiedao.registers.pack.effects import EFFECTS
from jiedao.registers.pack.followers import FOLLOWERS
from jiedao.registers.pack.guards import guard_areas, guard_premises
from jiedao.registers.pack.sections import RegisterSection
from jiedao.registers.pack.tables import FILES
from jiedao.registers.pack.unit_followers import UNIT_FOLLOWERS
from jiedao.registers.pack.warnings import warn_of_registers

PART = PackPart(
    "registers",
    files=FILES,
    sections=(RegisterSection(),),
    checks=(check_registers, warn_of_registers),
    guards={"area": guard_areas, "premise": guard_premises},
    followers=(*FOLLOWERS, *UNIT_FOLLOWERS),
    effects=EFFECTS,
)
