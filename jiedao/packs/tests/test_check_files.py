"""Faults of files, syntax, keys and single values: each with its file and line."""

import pytest

from jiedao.cases.catalogue import DEFAULTS
from jiedao.packs.schema import POLICY
from jiedao.packs.tests.tiny import TinyPack


def test_a_sound_pack_has_no_fault(tiny: TinyPack) -> None:
    report = tiny.report()
    assert report.as_json() == {"errors": [], "warnings": []}


def test_a_missing_folder_is_one_fault(tiny: TinyPack) -> None:
    tiny.folder = tiny.folder / "nowhere"
    assert tiny.only_error().code == "missing-file"


def test_a_missing_file_is_named(tiny: TinyPack) -> None:
    (tiny.folder / "reasons.toml").unlink()
    faults = {fault.code for fault in tiny.report().errors if fault.file == "reasons.toml"}
    assert "missing-file" in faults


def test_a_misspelt_file_is_recognised(tiny: TinyPack) -> None:
    (tiny.folder / "roads.csv").rename(tiny.folder / "road.csv")
    report = tiny.report()
    assert report.passed
    assert [(fault.code, fault.hint) for fault in report.warnings] == [
        ("unknown-file", "Did you mean 'roads.csv'?")
    ]


def test_a_misspelt_required_file_says_what_to_rename(tiny: TinyPack) -> None:
    (tiny.folder / "grids.geojson").rename(tiny.folder / "grid.geojson")
    fault = next(fault for fault in tiny.report().errors if fault.code == "missing-file")
    assert (fault.file, fault.hint) == ("grids.geojson", "Rename 'grid.geojson'?")


def test_an_unknown_key_has_its_line_and_the_nearest_key(tiny: TinyPack) -> None:
    tiny.edit("units.toml", 'parent = "JDB"\n', 'parnet = "JDB"\n')
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("units.toml", 11, "unknown-key")
    assert fault.hint == "Did you mean 'parent'?"


def test_an_unknown_table_is_reported(tiny: TinyPack) -> None:
    tiny.append("duties.toml", '\n[[dutty]]\nlead = "CG"\n')
    fault = tiny.only_error()
    assert (fault.line, fault.code, fault.hint) == (19, "unknown-key", "Did you mean 'duty'?")


def test_an_unknown_column_is_reported(tiny: TinyPack) -> None:
    tiny.edit("areas.csv", "name_en", "nameen")
    fault = tiny.only_error()
    assert (fault.line, fault.code, fault.hint) == (1, "unknown-key", "Did you mean 'name_en'?")


def test_toml_syntax_has_its_line(tiny: TinyPack) -> None:
    tiny.edit("pack.toml", "max_returns = 2", "max_returns = = 2")
    fault = next(fault for fault in tiny.report().errors if fault.code == "syntax")
    assert (fault.file, fault.line) == ("pack.toml", 8)


def test_json_syntax_has_its_line(tiny: TinyPack) -> None:
    tiny.edit("grids.geojson", '{"type": "Feature",', '{"type" "Feature",')
    fault = next(fault for fault in tiny.report().errors if fault.code == "syntax")
    assert (fault.file, fault.line) == ("grids.geojson", 2)


def test_a_column_too_many_has_its_line(tiny: TinyPack) -> None:
    tiny.append("roads.csv", "二号路,Second, Road,440307014001\n")
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("roads.csv", 3, "columns")


def test_an_unclosed_quote_in_csv_is_reported(tiny: TinyPack) -> None:
    tiny.append("roads.csv", '"二号路,Second Road,440307014001\n')
    fault = tiny.only_error()
    assert (fault.file, fault.code) == ("roads.csv", "syntax")


def test_lines_count_through_a_cell_with_a_line_break(tiny: TinyPack) -> None:
    tiny.append("roads.csv", '"二号\n路",Second,440307014001\n三号路,Third,440307014009\n')
    fault = tiny.only_error()
    assert (fault.line, fault.code) == (5, "dangling")


def test_an_empty_csv_asks_for_its_header(tiny: TinyPack) -> None:
    tiny.write("roads.csv", "")
    fault = tiny.only_error()
    assert (fault.code, fault.hint) == ("columns", "Write: name,name_en,areas")


def test_a_gbk_file_says_how_to_save_it(tiny: TinyPack) -> None:
    path = tiny.folder / "roads.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    fault = tiny.only_error()
    assert (fault.line, fault.code) == (2, "encoding")
    assert "CSV UTF-8" in fault.hint


def test_a_byte_order_mark_is_no_fault(tiny: TinyPack) -> None:
    path = tiny.folder / "areas.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert tiny.report().passed


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        ("pack.toml", 'version = "1"', "version = 1", ("bad-type", 4)),
        ("pack.toml", "max_returns = 2", "max_returns = 200", ("bad-value", 8)),
        ("pack.toml", "format = 1", "format = 2", ("bad-value", 2)),
        ("units.toml", 'kind = "DEPARTMENT"', 'kind = "DEPARTMNET"', ("bad-value", 10)),
        ("units.toml", 'name = "城管办"\n', "", ("missing-key", 7)),
        ("areas.csv", "西社区", "", ("missing-key", 5)),
        ("categories.csv", "暴露垃圾,Litter,,否", "暴露垃圾,Litter,,也许", ("bad-type", 6)),
        ("calendar.toml", "2027-01-01", '"first of January"', ("bad-type", 5)),
        ("calendar.toml", "14:00-18:00", "11:00-18:00", ("bad-value", 2)),
        ("calendar.toml", "14:00-18:00", "2pm-6pm", ("bad-value", 2)),
        ("duties.toml", 'handle = "3wd"', 'handle = "3 days"', ("bad-limit", 3)),
        ("duties.toml", 'handle = "1wd"', 'handle = "soon"', ("bad-limit", 10)),
        ("duties.toml", 'handle = "4wh"', 'handel = "4wh"', ("unknown-key", 17)),
        ("pack.toml", '["NOT_OURS"]', '["NOT_OUR"]', ("dangling", 9)),
    ],
)
def test_a_bad_value_has_its_line(
    tiny: TinyPack, file: str, old: str, new: str, place: tuple[str, int]
) -> None:
    tiny.edit(file, old, new)
    found = [(fault.file, (fault.code, fault.line)) for fault in tiny.report().errors]
    assert (file, place) in found


def test_every_fault_is_reported_at_once(tiny: TinyPack) -> None:
    tiny.edit("pack.toml", "max_returns", "max_retruns")
    tiny.edit("units.toml", '"DEPARTMENT"', '"DEPT"')
    tiny.edit("duties.toml", 'lead = "CG"', 'lead = "XX"')
    assert {fault.file for fault in tiny.report().errors} >= {"pack.toml", "units.toml", "duties.toml"}


def test_a_day_twice_is_reported(tiny: TinyPack) -> None:
    tiny.append("calendar.toml", "\n[[day]]\ndate = 2027-01-01\nworking = true\n")
    fault = tiny.only_error()
    assert (fault.line, fault.code) == (10, "duplicate")


def test_a_kind_of_reason_may_not_be_missing(tiny: TinyPack) -> None:
    tiny.edit("reasons.toml", 'kind = "VOID"', 'kind = "REJECT"')
    assert tiny.only_error().message == "no reason of kind VOID"


def test_the_policy_keys_are_those_that_cases_read() -> None:
    assert {field.name for field in POLICY.fields} < set(DEFAULTS)
