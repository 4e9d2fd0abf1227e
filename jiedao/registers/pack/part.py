"""The part of a pack that the room of registers declares."""

from jiedao.kernel.packs.parts import PackPart
from jiedao.registers.pack.checks import check_registers
from jiedao.registers.pack.effects import EFFECTS
from jiedao.registers.pack.sections import RegisterSection
from jiedao.registers.pack.tables import FILES

PART = PackPart(
    "registers", files=FILES, sections=(RegisterSection(),), checks=(check_registers,), effects=EFFECTS
)
