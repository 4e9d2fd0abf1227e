"""The archive of packs that were applied: stored once, compared with the one before and exported."""

from pathlib import Path

import pytest

from jiedao.audit.models import Entry
from jiedao.files.models import Blob
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Unit
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.history import compare_files, compare_with_before, export_pack, find_by_name, list_applied
from jiedao.packs.models import AppliedPack
from jiedao.packs.tests.test_apply import open_case
from jiedao.packs.tests.test_commands import run
from jiedao.packs.tests.tiny import TinyPack

pytestmark = pytest.mark.django_db


def apply(tiny: TinyPack, reason: str = "") -> None:
    apply_pack(pack=check_pack(tiny.folder)[0], actor=make_system_actor(), reason=reason)


def edit_version(tiny: TinyPack, old: str, new: str) -> None:
    tiny.edit("pack.toml", f'version = "{old}"', f'version = "{new}"')


def test_an_apply_is_archived_with_who_and_why(tiny: TinyPack) -> None:
    apply(tiny, "创建")
    row = AppliedPack.objects.get()
    assert (row.name, row.version, row.actor_label, row.reason) == ("小镇", "1", "系统", "创建")
    entry = Entry.objects.get(action="packs.pack:apply")
    assert (entry.after["reason"], entry.object_id) == ("创建", row.pk)


def test_the_same_pack_again_is_not_archived_again(tiny: TinyPack) -> None:
    apply(tiny)
    apply(tiny)
    assert AppliedPack.objects.count() == 1


def test_a_pack_with_another_comment_alone_is_archived(tiny: TinyPack) -> None:
    apply(tiny)
    tiny.append("units.toml", "# checked\n")
    apply(tiny)
    assert [row.counts["change"] for row in list_applied()] == [
        0,
        AppliedPack.objects.first().counts["change"],
    ]
    assert Entry.objects.filter(action="packs.pack:apply").count() == 2


def test_the_way_back_stores_no_second_copy(tiny: TinyPack, tmp_path: Path) -> None:
    apply(tiny)
    edit_version(tiny, "1", "2")
    tiny.edit("units.toml", "城管办", "城管队")
    apply(tiny)
    export_pack(find_by_name("1"), tmp_path / "first")
    apply_pack(pack=check_pack(tmp_path / "first")[0], actor=make_system_actor())
    assert Unit.objects.get(code="CG").name == "城管办"
    versions = [row.version for row in list_applied()]
    assert versions == ["1", "2", "1"]
    assert (AppliedPack.objects.count(), Blob.objects.count()) == (3, 2)


def test_the_way_back_is_refused_while_cases_need_what_it_would_retire(
    tiny: TinyPack, tmp_path: Path
) -> None:
    apply(tiny)
    edit_version(tiny, "1", "2")
    tiny.append(
        "units.toml", '\n[[unit]]\ncode = "NEW"\nname = "新部门"\nkind = "DEPARTMENT"\nparent = "JDB"\n'
    )
    apply(tiny)
    open_case(lead_unit=Unit.objects.get(code="NEW"))
    export_pack(find_by_name("1"), tmp_path / "first")
    assert run("plan", tmp_path / "first").exit_code == 3
    with pytest.raises(UserError, match="1 件在办案件"):
        apply_pack(pack=check_pack(tmp_path / "first")[0], actor=make_system_actor())
    assert AppliedPack.objects.count() == 2


def test_the_difference_names_files_and_changed_lines(tiny: TinyPack) -> None:
    apply(tiny)
    edit_version(tiny, "1", "2")
    tiny.edit("duties.toml", 'handle = "1wd"', 'handle = "2wd"')
    apply(tiny)
    newest, first = list_applied()
    assert compare_with_before(first) == []
    duties, about = compare_with_before(newest)
    assert (duties.name, duties.added, duties.removed) == ("duties.toml", 1, 1)
    assert '-limits = { handle = "1wd" }' in duties.lines
    assert '+limits = { handle = "2wd" }' in duties.lines
    assert about.name == "pack.toml"


def test_new_and_removed_files_and_long_lines_are_stated() -> None:
    changes = compare_files({"a": b"1\n2\n", "b": b"x" * 1000}, {"b": b"y" * 1000, "c": b"\n"})
    assert [(change.name, change.action, change.added, change.removed) for change in changes] == [
        ("a", "retire", 0, 2),
        ("b", "change", 1, 1),
        ("c", "create", 1, 0),
    ]
    assert max(map(len, changes[1].lines)) == 301


def test_history_and_export_on_the_command_line(tiny: TinyPack, tmp_path: Path) -> None:
    assert run("apply", tiny.folder, "--yes", "--reason", "founding").exit_code == 0
    edit_version(tiny, "1", "2")
    assert run("apply", tiny.folder, "--yes").exit_code == 0
    text = run("history", "--diff").stdout
    assert "2 小镇" in text
    assert "founding" in text
    assert '+version = "2"' in text
    assert '"version": "2"' in run("history", "--json").stdout
    result = run("export", "1", tmp_path / "out")
    assert result.exit_code == 0
    assert 'version = "1"' in (tmp_path / "out" / "pack.toml").read_text(encoding="utf-8")
    assert isinstance(run("export", "1", tmp_path / "out").exception, UserError)
    unknown = run("export", "9", tmp_path / "other").exception
    assert isinstance(unknown, UserError)
    assert "1 (#" in str(unknown.hint)
