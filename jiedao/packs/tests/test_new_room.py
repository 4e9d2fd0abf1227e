"""A new room only has to register its part: its file is then read and checked, its rows written and retired."""

from collections.abc import Iterator

import pytest
from django.apps.registry import Apps
from django.db import connection, models
from django.db.models import CASCADE

from jiedao.audit.models import Entry
from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.comparing import Comparison
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.parts import PackPart, list_parts, list_sections, register_part, unregister_part
from jiedao.kernel.packs.plan import Plan
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.section import TableSection
from jiedao.kernel.packs.successions import Lookup
from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Table, require_field
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Unit
from jiedao.orgs.pack.checks import check_units_named
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.tiny import TinyPack

pytestmark = pytest.mark.django_db(transaction=True)

BENCH = Table(
    (
        require_field("code", most=10),
        require_field("name", most=20),
        require_field("unit", most=40),
        Column("seats", Kind.INT, least=1, most=9, default=3),
    )
)
BENCHES = """[[bench]]
code = "B1"
name = "长椅"
unit = "CG"

[[bench]]
code = "B2"
name = "石凳"
unit = "SQ1"
seats = 2
"""


class Bench(models.Model):
    """A bench that a unit maintains: the table of a room that exists in this test only."""

    code = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=20)
    unit = models.ForeignKey(Unit, on_delete=CASCADE, related_name="+")
    seats = models.IntegerField()
    active = models.BooleanField(default=True)

    class Meta:
        app_label = "toy"
        apps = Apps()  # a registry of its own, so that no other test sees the table

    def __str__(self) -> str:
        return self.name


class BenchSection(TableSection):
    """The benches of a pack."""

    kind, model = "bench", Bench
    file, table = "benches.toml", BENCH
    links = {"unit": "unit"}

    def find_notes(self, comparison: Comparison) -> dict[str, str]:
        """Return the consequence of retiring a bench."""
        return dict.fromkeys(self.find_retired(comparison), "people will stand")


def check_benches(pack: Pack, report: Report) -> None:
    """Check the units that benches name."""
    for row in pack.rows("benches.toml", "bench"):
        check_units_named(pack, row, "unit", [row.get("unit")], report)


def guard_units(retired: dict[str, Values], _lookup: Lookup) -> dict[str, str]:
    """Return the units that still maintain benches, which cannot be retired."""
    benches = Bench.objects.filter(active=True, unit_id__in=[values["pk"] for values in retired.values()])
    return dict.fromkeys(benches.values_list("unit__code", flat=True), "it maintains benches")


PART = PackPart(
    "toy",
    files=(FileSpec("benches.toml", {"bench": BENCH}, required=False),),
    sections=(BenchSection(),),
    checks=(check_benches,),
    guards={"unit": guard_units},
)


@pytest.fixture
def benches(tiny: TinyPack) -> Iterator[TinyPack]:
    """Return the tiny pack with benches, and the toy room registered for as long as the test runs."""
    with connection.schema_editor() as editor:
        editor.create_model(Bench)
    register_part(f"{__name__}.PART")
    tiny.write("benches.toml", BENCHES)
    yield tiny
    unregister_part(f"{__name__}.PART")
    with connection.schema_editor() as editor:
        editor.delete_model(Bench)


def apply(tiny: TinyPack) -> Plan:
    pack, report = check_pack(tiny.folder)
    assert report.passed, report.errors
    return apply_pack(pack=pack, actor=make_system_actor())


def stored_benches() -> list[tuple[str, str, str, int, bool]]:
    return list(Bench.objects.order_by("code").values_list("code", "name", "unit__code", "seats", "active"))


def test_faults_of_a_new_room_are_reported_with_line_code_and_hint(benches: TinyPack) -> None:
    benches.edit("benches.toml", 'unit = "SQ1"', 'unit = "SQ"')
    benches.edit("benches.toml", "seats = 2", "seats = 20")
    faults = [(fault.file, fault.line, fault.code, fault.hint) for fault in sorted(benches.report().errors)]
    assert faults == [
        ("benches.toml", 9, "dangling", "Did you mean 'SQ1'?"),
        ("benches.toml", 10, "bad-value", "Write a number from 1 to 9."),
    ]


def test_rows_of_a_new_room_are_created_changed_retired_and_audited(benches: TinyPack) -> None:
    apply(benches)
    assert stored_benches() == [("B1", "长椅", "CG", 3, True), ("B2", "石凳", "SQ1", 2, True)]
    assert Entry.objects.filter(action="packs.pack:create", object_type="toy.bench").count() == 2
    assert apply(benches).items == []
    benches.write("benches.toml", BENCHES[: BENCHES.index("\n[[bench]]", 1)].replace("长椅", "木椅"))
    plan = make_plan(check_pack(benches.folder)[0])
    assert [(item.action, item.key, item.fields, item.note) for item in plan.items] == [
        ("change", "B1", {"name": ["长椅", "木椅"]}, ""),
        ("retire", "B2", {}, "people will stand"),
    ]
    apply(benches)
    assert stored_benches() == [("B1", "木椅", "CG", 3, True), ("B2", "石凳", "SQ1", 2, False)]


def test_a_new_room_may_block_the_retirement_of_rows_of_another_room(benches: TinyPack) -> None:
    apply(benches)
    benches.edit("units.toml", 'code = "SQ1"', 'code = "SQ2"')
    benches.edit("duties.toml", 'lead = "SQ1"', 'lead = "SQ2"')
    benches.edit("benches.toml", 'unit = "SQ1"', 'unit = "SQ2"')
    with pytest.raises(UserError, match="SQ1 东社区工作站: it maintains benches"):
        apply(benches)


def test_the_file_of_a_room_that_is_not_registered_is_a_warning(tiny: TinyPack) -> None:
    tiny.write("benches.toml", BENCHES)
    assert [(fault.file, fault.code) for fault in tiny.report().warnings] == [
        ("benches.toml", "unknown-file")
    ]


class LostSection(BenchSection):
    """A section whose rows link to a kind that no room declares."""

    kind, links = "lost", {"unit": "nowhere"}


LOST = PackPart("lost", sections=(LostSection(),))


def test_sections_are_ordered_by_their_links_and_those_without_a_table_come_last(benches: TinyPack) -> None:
    kinds = [section.kind for section in list_sections()]
    assert kinds == [
        "area", "premise", "road", "unit", "post", "category", "duty", "reason", "phrase", "question",
        "policy", "day", "project_kind", "project_measure", "register", "campaign", "quota", "pledge", "partner",
        "commitment", "payment", "theme", "measure", "target", "tile", "figure", "scoresheet", "scoresheet_version",
        "scoresheet_item", "report", "data_set", "bench", "hours", "project",
    ]  # fmt: skip
    assert [part.name for part in list_parts()] == [
        "places", "orgs", "cases", "kernel", "calendar", "delivery", "tasks", "projects", "registers", "promises",
        "indicators", "evaluation", "reports", "district", "publishing", "desk", "portal", "api", "toy",
    ]  # fmt: skip


def test_a_link_to_a_kind_that_no_room_declares_is_refused() -> None:
    register_part(f"{__name__}.LOST")
    try:
        with pytest.raises(ValueError, match="'lost' depends on 'nowhere', which no room declares"):
            list_sections()
    finally:
        unregister_part(f"{__name__}.LOST")
