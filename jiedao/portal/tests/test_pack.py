"""What a pack may state about the public's site, and which faults are reported."""

from pathlib import Path

import pytest

from jiedao.cases.pack.tables import FILES as CASE_FILES
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack, load_pack
from jiedao.portal.pack.checks import check_portal
from jiedao.portal.pack.tables import FILES
from jiedao.portal.policies import read_site

SITE = '[portal]\nname = "便民服务"\nprivacy = "保存两年。"\n'
CATEGORIES = "kind,code,name\nMATTER,06,市容\nMATTER,06010,暴露垃圾\n"


def load(folder: Path, text: str) -> tuple[Pack, Report]:
    """Read a pack of these lines and check its site alone."""
    (folder / "portal.toml").write_text(text, encoding="utf-8")
    (folder / "categories.csv").write_text(CATEGORIES, encoding="utf-8")
    report = Report()
    pack = load_pack(folder, [*FILES, CASE_FILES[0]], report)
    check_portal(pack, report)
    return pack, report


def test_a_pack_describes_the_site_and_its_offers(tmp_path: Path) -> None:
    pack, report = load(tmp_path, SITE + '[[offer]]\nkey = "rubbish"\nlabel = "垃圾"\ncategory = "06010"\n')
    assert report.errors == []
    site = read_site(pack)
    assert (site["name"], site["telephone"]) == ("便民服务", "")
    assert [(offer["key"], offer["category"], offer["audience"]) for offer in site["offers"]] == [
        ("rubbish", "06010", "")
    ]


def test_a_pack_without_the_table_has_no_site(tmp_path: Path) -> None:
    pack, _report = load(tmp_path, "")
    assert read_site(pack) == {}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('[[offer]]\nkey = "a"\nlabel = "垃圾"\n', "missing-table", 1),
        (SITE + '[[offer]]\nkey = "A b"\nlabel = "垃圾"\n', "bad-key", 5),
        (SITE + '[[offer]]\nkey = "a"\nlabel = "垃圾"\ncategory = "06999"\n', "dangling", 7),
        (SITE + '[[offer]]\nkey = "a"\nlabel = "垃圾"\n' * 2, "duplicate", 8),
        (SITE + '[[offer]]\nkey = "a"\nlabel = "垃圾"\naudience = "ALL"\n', "bad-value", 7),
        ('[portal]\nname = "便民服务"\n', "missing-key", 1),
    ],
)
def test_a_fault_is_reported_with_its_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    _pack, report = load(tmp_path, text)
    assert [(fault.code, fault.line) for fault in report.errors] == [(code, line)]
