"""Vendored files match their lock, and the static colour sheet is correct."""

from pathlib import Path

import pytest

from tools import css_tools, vendor


def test_every_vendored_file_matches_the_lock():
    assert vendor.find_faults() == []


def test_no_vendored_file_names_a_source_map():
    for path in vendor.VENDOR.rglob("*.*"):
        assert "sourceMappingURL=" not in path.read_text(encoding="utf-8")


def test_a_changed_file_and_an_unlisted_one_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "tabler").mkdir()
    for name in ("tabler/tabler.min.css", vendor.FALLBACK, "tabler/LICENSE", "htmx"):
        (tmp_path / name).write_text("")
    lock = '{"files": {"tabler/LICENSE": {"sha256": "0"}, "gone.js": {"sha256": "0"}}}'
    (tmp_path / "vendor.lock.json").write_text(lock)
    monkeypatch.setattr(vendor, "VENDOR", tmp_path)
    monkeypatch.setattr(vendor, "LOCK", tmp_path / "vendor.lock.json")
    faults = vendor.find_faults()
    assert "gone.js: in the lock, not on disk" in faults
    assert "htmx: on disk, not in the lock" in faults
    assert "tabler/LICENSE: content differs from the lock" in faults


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("oklch(54.6% 0.1724 254.2deg)", "#066fd1"),
        ("color-mix(in oklab, #fff 50%, #000)", "#636363"),
        ("color-mix(in oklab, var(--a) calc(var(--o, 1) * 40%), transparent)", "rgba(18,52,86,0.4)"),
        ("1px solid light-dark(var(--a), #fff)", "1px solid #123456"),
        ("color-mix(in oklab, var(--unknown) 10%, transparent)", "var(--unknown)"),
        ("var(--b, red)", "red"),
    ],
)
def test_colour_functions_become_static_values(written, resolved):
    assert css_tools.resolve(written, {"--a": "#123456"}, dark=False) == resolved


def test_the_static_sheet_has_light_and_dark_values_and_is_ignored_by_new_browsers():
    sheet = ":root{--x:1}.card{color:light-dark(#111,#eee);margin:0}"
    fallback = css_tools.build_fallback(sheet, ":root { --y: 2; }")
    assert "@supports not (color:light-dark(#000,#fff))" in fallback
    assert ".card{color:#111}" in fallback
    assert ":where(:root[data-bs-theme=dark]) .card{color:#eee}" in fallback
    assert "margin" not in fallback


def test_trimming_drops_unused_families_and_keeps_the_header():
    trimmed = css_tools.trim("/*! T */.btn{a:b}.carousel,.btn-x{c:d}@media print{.carousel{e:f}.card{g:h}}")
    assert ".btn{a:b}" in trimmed
    assert "carousel" not in trimmed
    assert "@media print{.card{g:h}}" in trimmed
    assert trimmed.startswith("/*! T")
