"""What belongs to no room: `pack.toml` with the policies that the rooms declare, and `synonyms.toml`."""

from jiedao.kernel.models import Policy
from jiedao.kernel.packs.pack import ABOUT, Pack
from jiedao.kernel.packs.parts import PackPart
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.section import Retire, TableSection
from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Shape, Table, require_field
from jiedao.kernel.policies import list_policies
from jiedao.kernel.synonyms import FILES as SYNONYM_FILES
from jiedao.kernel.synonyms import check_synonyms
from jiedao.kernel.tiles import check_tiles

FILE, ABOUT_TABLE = ABOUT
POLICY_TABLE = "policy"
TOWN_HINT = 'The 9-digit code of the sub-district, such as "440307014".'
PACK = Table(
    (
        Column("format", Kind.INT, required=True, least=1, most=1, hint="This jiedao reads format = 1."),
        require_field("name", most=80),
        Column("name_en", most=120),
        require_field("version", most=20),
        require_field("town", most=9, hint=TOWN_HINT),
        Column("schematic", Kind.BOOL),
        Column("note", most=2000),
        Column("demonstration", Kind.BOOL),
    ),
    Shape.ONE,
)


def list_about_files() -> tuple[FileSpec, ...]:
    """Return the specs of `synonyms.toml`, and of `pack.toml` with a column of [policy] for each policy of it."""
    columns = tuple(spec.column for spec in list_policies() if spec.read is None)
    return (FileSpec(FILE, {ABOUT_TABLE: PACK, POLICY_TABLE: Table(columns, Shape.ONE)}), *SYNONYM_FILES)


class PolicySection(TableSection):
    """The policies that the pack sets. A policy that it no longer sets is deleted, and the default applies again."""

    kind, model = "policy", Policy
    key_columns = ("key",)
    columns = ("key", "value")
    retire = Retire.DELETE

    @property
    def depends_on(self) -> set[str]:
        """The kinds whose codes policies hold."""
        return {spec.names for spec in list_policies() if spec.names}

    def read(self, pack: Pack) -> dict[str, Values]:
        """Return the policies of [policy], then those that the rooms read elsewhere in the pack."""
        values = dict(pack.single(FILE, POLICY_TABLE))
        values |= {spec.key: spec.read(pack) for spec in list_policies() if spec.read is not None}
        return {key: {"key": key, "value": value} for key, value in values.items()}

    def may_retire(self, key: str) -> bool:
        """Return whether a room declares the policy; rows of other keys were not written by a pack."""
        return any(spec.key == key for spec in list_policies())


PART = PackPart(
    "kernel", files=list_about_files, sections=(PolicySection(),), checks=(check_synonyms, check_tiles)
)
