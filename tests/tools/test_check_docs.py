"""The documents' check finds dead links and a broken glossary."""

from pathlib import Path

import pytest

from tools import check_docs


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(check_docs, "ROOT", tmp_path)
    return tmp_path


def test_a_link_to_a_missing_file_is_found(docs: Path) -> None:
    page = docs / "a.md"
    page.write_text("[b](b.md) [web](https://example.org/b.md)\n```\n[c](c.md)\n```\n", encoding="utf-8")
    assert list(check_docs.find_dead_links(page)) == ["a.md: link to b.md: there is no such file"]


def test_a_link_to_a_missing_heading_is_found(docs: Path) -> None:
    page = docs / "a.md"
    page.write_text("# The `one` heading\n[x](#the-one-heading) [y](a.md#two)\n", encoding="utf-8")
    assert list(check_docs.find_dead_links(page)) == ["a.md: link to a.md#two: there is no such heading"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [("| 案件 | case |", "three filled cells"), ("| 单位 | case | x |", "'case' is already in line 3")],
)
def test_a_fault_of_the_glossary_is_found(docs: Path, row: str, fault: str) -> None:
    page = docs / "glossary.md"
    page.write_text(f"| zh | en | meaning |\n|---|---|---|\n| 案件 | case | x |\n{row}\n", encoding="utf-8")
    faults = list(check_docs.find_glossary_faults(page))
    assert [fault in line for line in faults] == [True]
