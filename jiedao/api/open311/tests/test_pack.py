"""What a pack may state about Open311, and which faults are reported."""

from pathlib import Path

import pytest

from jiedao.api.pack.checks import check_open311
from jiedao.api.pack.tables import FILES
from jiedao.api.policies import read_open311
from jiedao.cases.pack.tables import FILES as CASE_FILES
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack, load_pack

TABLE = '[open311]\ncontact = "办事处"\nkey_service = "书面申请"\n'
CATEGORIES = "kind,code,name\nMATTER,06,市容\nMATTER,06010,暴露垃圾\n"


def load(folder: Path, text: str) -> tuple[Pack, Report]:
    """Read a pack of these lines and check its endpoint alone."""
    (folder / "open311.toml").write_text(text, encoding="utf-8")
    (folder / "categories.csv").write_text(CATEGORIES, encoding="utf-8")
    report = Report()
    pack = load_pack(folder, [*FILES, CASE_FILES[0]], report)
    check_open311(pack, report)
    return pack, report


def test_a_pack_describes_the_endpoint(tmp_path: Path) -> None:
    pack, report = load(tmp_path, TABLE + 'services = ["MATTER:06", "MATTER:06010"]\nwithout_key = true\n')
    assert report.errors == []
    endpoint = read_open311(pack)
    assert (endpoint["contact"], endpoint["without_key"], endpoint["jurisdiction"]) == ("办事处", True, "")
    assert endpoint["services"] == ["MATTER:06", "MATTER:06010"]


def test_a_pack_without_the_table_has_no_endpoint(tmp_path: Path) -> None:
    pack, _report = load(tmp_path, "")
    assert read_open311(pack) == {}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (TABLE + 'services = ["MATTER:06999"]\n', "dangling", 4),
        (TABLE + 'type = "live"\n', "bad-value", 4),
        ('[open311]\ncontact = "办事处"\n', "missing-key", 1),
        (TABLE + 'without_key = "maybe"\n', "bad-type", 4),
        (TABLE + "keyless = true\n", "unknown-key", 4),
    ],
)
def test_a_fault_is_reported_with_its_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    _pack, report = load(tmp_path, text)
    assert [(fault.code, fault.line) for fault in [*report.errors, *report.warnings]] == [(code, line)]
