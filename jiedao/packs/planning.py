"""Plan what applying a pack would change, as `jiedao pack plan` does."""

from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.parts import list_sections
from jiedao.kernel.packs.plan import Plan, compare_sections


def make_plan(pack: Pack) -> Plan:
    """Compare a checked pack with the database: a few statements for each table, six for a project."""
    return compare_sections(pack, list_sections())
