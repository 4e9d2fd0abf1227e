"""What belongs to no room: `pack.toml` with the policies that the rooms declare, and `synonyms.toml`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from jiedao.kernel.models import Policy
from jiedao.kernel.packs.own import OwnField, OwnLayer, OwnText
from jiedao.kernel.packs.own_toml import write_table
from jiedao.kernel.packs.pack import ABOUT, Pack
from jiedao.kernel.packs.parts import PackPart
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.section import Retire, TableSection
from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Shape, Table, require_field
from jiedao.kernel.policies import PolicySpec, list_policies
from jiedao.kernel.synonyms import FILES as SYNONYM_FILES
from jiedao.kernel.synonyms import check_synonyms
from jiedao.kernel.tiles import check_tiles

FILE, ABOUT_TABLE = ABOUT
POLICY_TABLE = "policy"
FORMAT = 1  # of the packs that this version reads
# What each format changed, for the authors of packs of an older one.
FORMAT_CHANGES = {1: _("最早发布的格式，说明见 docs/reference/pack-format.md")}
TOWN_HINT = _('写街道的 9 位代码，如 "440307014"。')
JIEDAO_HINT = _('写能读这个数据包的最旧版本，如 "0.1.0"。')
FORMAT_HINT = format_lazy(_("本系统读的是 {format}。"), format=f"format = {FORMAT}")
PACK = Table(
    (
        Column(
            "format",
            Kind.INT,
            required=True,
            least=FORMAT,
            most=FORMAT,
            hint=FORMAT_HINT,
        ),
        require_field("name", most=80),
        Column("name_en", most=120),
        require_field("version", most=20),
        require_field("town", most=9, hint=TOWN_HINT),
        Column("jiedao", most=20, hint=JIEDAO_HINT),
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


class PolicyLayer(OwnLayer):
    """The numbers among the policies. A policy that neither people nor the pack set has its default."""

    kind, model = "policy", Policy
    key_columns = ("key",)
    right, title, file = "kernel.policy:manage", _("办理规则"), FILE
    note = _("从保存起生效；已经开始的计时不变。")

    def list_specs(self) -> dict[str, PolicySpec]:
        """Return the policies that people may change, by key: those that have words for the page."""
        return {spec.key: spec for spec in list_policies() if spec.read is None and spec.label}

    def find_row(self, key: str) -> Policy | None:
        """Return the policy, an unsaved one with its default where neither people nor the pack set it."""
        spec = self.list_specs().get(key)
        if spec is None:
            return None
        return Policy.objects.filter(key=key).first() or Policy(key=key, value=spec.default)

    def list_rows(self) -> Iterable[Policy]:
        """Return the policies that people may change, in the order of declaration."""
        stored = {row.key: row for row in Policy.objects.all()}
        specs = self.list_specs().values()
        return [stored.get(spec.key) or Policy(key=spec.key, value=spec.default) for spec in specs]

    def describe(self, row: Policy) -> str:
        """Return the words of a policy."""
        return str(self.list_specs()[row.key].label)

    def list_fields(self, row: Policy) -> Sequence[OwnField]:
        """Return the value of a policy, with its kind and bounds."""
        spec = self.list_specs()[row.key]
        bounds = {"least": spec.least, "most": spec.most, "hint": spec.hint}
        return (replace(OwnField("value", _("值"), spec.kind, required=True), **bounds),)

    def read_value(self, row: Policy, field: OwnField) -> Any:
        """Return the value, None for the default."""
        return row.value if row.pk else None

    def read_shown(self, row: Policy, field: OwnField) -> Any:
        """Return the value, also where it is the default."""
        return row.value

    def write_values(self, row: Policy, values: Values) -> None:  # type: ignore[override]
        """Store the value; None returns to the default."""
        if values["value"] is None:
            Policy.objects.filter(key=row.key).delete()
        else:
            Policy.objects.update_or_create(key=row.key, defaults={"value": values["value"]})

    def make_row(self, key: str) -> Values | None:
        """Return the row of a policy that the pack does not set."""
        return {"key": key, "value": None} if key in self.list_specs() else None

    def write_toml(self, rows: Sequence[OwnText]) -> str:
        """Return the lines of [policy]."""
        comments = "".join(row.comment for row in rows)
        values = {row.key: row.values["value"] for row in rows}
        return comments + f"# {FILE}\n" + write_table(POLICY_TABLE, values)


class PolicySection(TableSection):
    """The policies that the pack sets. A policy that it no longer sets is deleted, and the default applies again."""

    kind, model = "policy", Policy
    own = PolicyLayer()
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
