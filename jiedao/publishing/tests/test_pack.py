"""What a pack may declare as open data, and which faults are reported, in both languages."""

from pathlib import Path

import pytest
from django.utils.translation import override

from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import load_pack
from jiedao.publishing.pack.checks import check_data_sets
from jiedao.publishing.pack.tables import FILES
from jiedao.registers.pack.tables import FILES as REGISTER_FILES

REGISTER = """[register]
name = "出租屋"
on = "grid"

[[field]]
key = "storeys"
name = "层数"
kind = "number"

[[field]]
key = "owner"
name = "业主"
kind = "person"
personal = true
"""
CASES = '[[data_set]]\nkey = "cases"\nname = "案件"\nsource = "cases"\nlicence = "CC0-1.0"\n'
HOUSES = (
    '[[data_set]]\nkey = "houses"\nname = "出租屋"\nsource = "register"\nlicence = "CC0-1.0"\n'
    'register = "houses"\n'
)


def check(folder: Path, text: str) -> list[tuple[str, int, str]]:
    """Return code, line and words of each fault of these lines."""
    (folder / "open_data.toml").write_text(text, encoding="utf-8")
    (folder / "registers").mkdir(exist_ok=True)
    (folder / "registers" / "houses.toml").write_text(REGISTER, encoding="utf-8")
    report = Report()
    pack = load_pack(folder, [*FILES, *REGISTER_FILES], report)
    check_data_sets(pack, report)
    return [(fault.code, fault.line, f"{fault.message} {fault.hint}") for fault in report.errors]


def test_a_pack_declares_open_data(tmp_path: Path) -> None:
    lines = CASES + 'columns = ["category", "state"]\nposition = "blurred"\n'
    assert check(tmp_path, lines + HOUSES + 'columns = ["code", "area", "storeys"]\n') == []


@pytest.mark.parametrize(
    ("lines", "code", "line", "words"),
    [
        (CASES + 'columns = ["subject"]\n', "dangling", 6, "案件没有可以开放的列 subject"),
        (CASES + 'columns = ["state"]\nposition = "exact"\n', "bad-value", 7, "不能准确公开"),
        (CASES + 'columns = ["state"]\nregister = "houses"\n', "bad-value", 7, "没有台账"),
        (HOUSES + 'columns = ["owner"]\n', "bad-value", 7, "owner 是个人信息"),
        (HOUSES + 'columns = ["storey"]\n', "dangling", 7, "storeys"),
        (HOUSES + 'columns = ["code"]\nposition = "exact"\n', "bad-value", 8, "有个人信息"),
        (HOUSES.replace('"houses"\n', '"flats"\n') + 'columns = ["code"]\n', "dangling", 6, "flats"),
        (CASES + 'columns = ["state"]\n' + CASES + 'columns = ["state"]\n', "duplicate", 8, "cases"),
        (CASES.replace("CC0-1.0", "MIT") + 'columns = ["state"]\n', "bad-value", 5, "MIT"),
    ],
)
def test_a_fault_is_reported_with_its_line(
    tmp_path: Path, lines: str, code: str, line: int, words: str
) -> None:
    faults = check(tmp_path, lines)
    assert [(fault[0], fault[1]) for fault in faults] == [(code, line)]
    assert words in faults[0][2]


def test_a_fault_is_worded_in_english(tmp_path: Path) -> None:
    with override("en"):
        faults = check(tmp_path, HOUSES + 'columns = ["owner"]\n')
    assert "owner is personal data" in faults[0][2]
