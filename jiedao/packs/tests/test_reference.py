"""The reference of the pack format names everything that a pack may contain and every fault."""

import re
from pathlib import Path

import pytest

from jiedao.kernel.packs.parts import list_files
from jiedao.kernel.packs.tables import FileSpec
from jiedao.orgs.rights import CASE_RIGHTS, PERMISSIONS

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference" / "pack-format.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"[a-z_@-]+", PAGE))


@pytest.mark.parametrize("spec", list_files(), ids=lambda spec: spec.name)
def test_every_file_and_column_is_in_the_reference(spec: FileSpec) -> None:
    assert f"`{spec.name}`" in PAGE
    fields = {column.name for table in spec.tables.values() for column in table.columns}
    assert fields - {"value", "geometry"} <= WORDS


def test_every_permission_is_in_the_reference() -> None:
    assert set(CASE_RIGHTS) <= WORDS
    assert all(name in PAGE for name in PERMISSIONS if not name.startswith("cases.case:"))


def test_every_fault_is_in_the_reference() -> None:
    folders = [ROOT / "jiedao/kernel/packs", *(ROOT / "jiedao").glob("*/pack")]
    sources = "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.glob("*.py"))
    calls = re.findall(
        r"report(?:\.(?:error|error_at|warn|warn_at|unreadable|dangling)|_value)\((.*?)\)\n",
        sources,
        re.DOTALL,
    )
    codes = {code for call in calls for code in re.findall(r'"([a-z]+(?:-[a-z]+)+|overlap|gap|cycle)"', call)}
    assert len(codes) > 20
    assert codes <= WORDS
