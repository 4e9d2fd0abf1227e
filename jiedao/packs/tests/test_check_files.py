# ruff: noqa: E501 (tables, one mistake a line)
"""Faults of files, syntax, keys and single values: each with its file and line."""

import time
from importlib.metadata import version

import pytest
from django.utils import translation

from jiedao.kernel.packs.about import FORMAT, FORMAT_CHANGES
from jiedao.kernel.packs.tables import Kind
from jiedao.kernel.policies import list_policies
from jiedao.packs.tests.tiny import FILES, TOWN, TinyPack


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


@pytest.mark.parametrize(
    ("known", "misspelt"), [("roads.csv", "road.csv"), ("calendar.toml", "calender.toml")]
)
def test_a_misspelt_file_is_refused(tiny: TinyPack, known: str, misspelt: str) -> None:
    (tiny.folder / known).rename(tiny.folder / misspelt)
    fault = tiny.only_error()
    assert (fault.file, fault.code) == (misspelt, "unknown-file")
    assert fault.hint == f"Rename it to {known!r}, or move it out of the pack."


def test_a_misspelt_folder_is_refused(tiny: TinyPack) -> None:
    (tiny.folder / "register").mkdir()
    assert (tiny.only_error().file, tiny.only_error().code) == ("register", "unknown-file")


@pytest.mark.parametrize("name", ["notes.toml", "areas.xlsx", "duty-roster.toml"])
def test_a_file_of_another_name_is_a_warning(tiny: TinyPack, name: str) -> None:
    tiny.write(name, "x = 1")
    report = tiny.report()
    assert report.passed
    assert [(fault.file, fault.code) for fault in report.warnings] == [(name, "unknown-file")]


def test_the_hint_for_a_misspelt_required_file_states_what_to_rename(tiny: TinyPack) -> None:
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
    assert [(fault.line, fault.code) for fault in tiny.report().errors] == [(3, "bad-value"), (5, "dangling")]


def test_an_empty_csv_is_reported_without_its_header(tiny: TinyPack) -> None:
    tiny.write("roads.csv", "")
    fault = tiny.only_error()
    assert (fault.code, fault.hint) == ("columns", "Write: name,name_en,areas")


def test_the_hint_for_a_gbk_file_states_how_to_save_it(tiny: TinyPack) -> None:
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
        ("pack.toml", "format = 1", "format = 2", ("other-format", 2)),
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
    places = [(fault.file, (fault.code, fault.line)) for fault in tiny.report().errors]
    assert (file, place) in places


def test_every_fault_is_reported_at_once(tiny: TinyPack) -> None:
    tiny.edit("pack.toml", "max_returns", "max_retruns")
    tiny.edit("units.toml", '"DEPARTMENT"', '"DEPT"')
    tiny.edit("duties.toml", 'lead = "CG"', 'lead = "XX"')
    assert {fault.file for fault in tiny.report().errors} >= {"pack.toml", "units.toml", "duties.toml"}


@pytest.mark.parametrize("file", [name for name in FILES if name != "calendar.toml"])
@pytest.mark.parametrize("how", ["missing", "encoding", "too-large"])
def test_a_file_that_cannot_be_read_is_one_fault_and_hides_no_other(
    tiny: TinyPack, file: str, how: str
) -> None:
    path = tiny.folder / file
    if how == "missing":
        path.unlink()
    elif how == "encoding":
        path.write_bytes("街道".encode("utf-16"))
    else:
        path.write_bytes(b"#" * 20_000_001)
    tiny.edit("calendar.toml", "14:00-18:00", "2pm-6pm")
    needed = how != "missing" or file not in {
        "communities.geojson",
        "premises.csv",
        "roads.csv",
        "rules.toml",
        "keywords.toml",
    }
    report = tiny.report()
    assert {fault.file for fault in report.errors} == {"calendar.toml", *([file] if needed else [])}
    assert len(set(report.errors)) == 1 + needed
    assert all(fault.hint for fault in report.errors)


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        ("duties.toml", 'handle = "3wd"', 'handle = "-3wd"', ("bad-limit", 3)),
        ("duties.toml", 'lead = "CG"\n', 'laed = "CG"\n', ("unknown-key", 6)),
        ("pack.toml", "max_returns = 2", "warn_share = nan", ("bad-type", 8)),
        ("pack.toml", 'name = "小镇"', 'name = "小\\u0000镇"', ("bad-value", 3)),
        ("units.toml", 'name = "街道办"', 'name = "街道\\u202e办"', ("bad-value", 3)),
        ("units.toml", 'name = "街道办"', 'name = "街道\\n办"', ("bad-value", 3)),
        ("units.toml", 'name = "街道办"', 'name = "  "', ("missing-key", 1)),
        ("areas.csv", "东社区", "东\x00社区", ("bad-value", 4)),
        ("areas.csv", "code,name,name_en", "code,nmae,name_en", ("columns", 1)),
        ("premises.csv", "114.105,22.605", "22.605,114.105", ("bad-value", 2)),
        ("calendar.toml", "2027-01-01", "1850-01-01", ("bad-value", 5)),
        ("calendar.toml", "2027-01-01", "2027-02-30", ("syntax", 5)),
        ("keywords.toml", '"垃圾"', '"垃\\u200b圾"', ("bad-value", 6)),
    ],
)
def test_one_mistake_is_reported_once_with_a_hint(
    tiny: TinyPack, file: str, old: str, new: str, place: tuple[str, int]
) -> None:
    tiny.edit(file, old, new)
    faults = {fault for fault in tiny.report().errors if fault.file == file}
    assert place in {(fault.code, fault.line) for fault in faults}
    assert len(faults) <= 2
    assert all(fault.hint for fault in faults)
    assert not {fault.code for fault in tiny.report().errors} & {"no-duty", "no-limit"}


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("pack.toml", "max_returns = 2", f"max_returns = {'9' * 5000}", 8),
        ("pack.toml", "max_returns = 2", f"max_returns = 0x{'f' * 5000}", 8),
        ("pack.toml", "max_returns = 2", "max_returns = 9223372036854775808", 8),
        ("pack.toml", "max_returns = 2", f"max_returns = {'[' * 5000}{']' * 5000}", 8),
        ("grids.geojson", "114.1,", f"{'9' * 5000},", 2),
        ("grids.geojson", f'"{TOWN}001001"', "9" * 400, 2),
    ],
)
def test_a_value_beyond_all_measure_is_a_fault_of_its_line(
    tiny: TinyPack, file: str, old: str, new: str, line: int
) -> None:
    tiny.edit(file, old, new)
    faults = [fault for fault in tiny.report().errors if fault.file == file]
    assert line in {fault.line for fault in faults}
    assert all(len(str(fault)) < 1000 and fault.hint for fault in faults)


def test_ten_thousand_unknown_codes_are_checked_in_seconds(tiny: TinyPack) -> None:
    lines = "".join(f'"9{number:06d}" = ["词{number}"]\n' for number in range(10_000))
    tiny.append("keywords.toml", lines)
    tiny.append(
        "duties.toml", "".join(f'[[duty]]\nnote = "{number}"\nlead = "XX"\n' for number in range(1_000))
    )
    started = time.process_time()
    assert len(tiny.report().errors) >= 10_001
    assert time.process_time() - started < 10


def test_a_day_twice_is_reported(tiny: TinyPack) -> None:
    tiny.append("calendar.toml", "\n[[day]]\ndate = 2027-01-01\nworking = true\n")
    fault = tiny.only_error()
    assert (fault.line, fault.code) == (10, "duplicate")


def test_a_missing_kind_of_reason_is_reported(tiny: TinyPack) -> None:
    tiny.edit("reasons.toml", 'kind = "VOID"', 'kind = "REJECT"')
    assert tiny.only_error().message == "no reason of kind VOID"


def test_the_default_of_a_policy_lies_within_the_bounds_that_its_room_declares() -> None:
    numbers = [spec for spec in list_policies() if spec.kind in {Kind.INT, Kind.NUMBER}]
    assert len(numbers) > 5
    for spec in numbers:
        assert None not in {spec.least, spec.most}, spec.key
        assert spec.least <= spec.default <= spec.most, spec.key


@pytest.mark.parametrize(
    ("edit", "place", "message", "hint"),
    [
        (('pack.toml', '"小镇"', '“小镇”'), 'pack.toml:3:8', '“ is a Chinese quotation mark', 'Write " on both sides.'),
        (('duties.toml', '["06"]', '["06" "07"]'), 'duties.toml:9:15', 'a comma is missing here', 'Separate'),
        (('posts.toml', '"cases.case:handle",\n]', '"cases.case:handle"\n'), 'posts.toml:13:22', 'a ] is missing', 'line 11'),
        (('calendar.toml', '2027-01-01', '2027-02-30'), 'calendar.toml:5:8', 'there is no day 2027-02-30', 'exists'),
        (('roads.csv', '一号路,First', '"一号路,First'), 'roads.csv:2:1', 'the quote is not closed', 'with "'),
        (('roads.csv', '一号路,First', '一号路，First'), 'roads.csv:2', '2 columns where the header has 3', 'Chinese commas'),
        (('roads.csv', 'name,name_en,areas', 'name;name_en;areas'), 'roads.csv:1', 'separated by semicolons', 'CSV UTF-8'),
        (('roads.csv', 'name,name_en,areas', 'name，name_en，areas'), 'roads.csv:1', 'separated by Chinese commas', 'CSV'),
        (('rules.toml', 'category.name.contains', 'category.name.contain'), 'rules.toml:2:31', 'no function contain', 'Did you mean contains?'),
        (('rules.toml', '"category.name.contains(\'垃圾\')"', '"""\ncategory.major == \'06\'\n&& alarms"""'), 'rules.toml:4:4', "there is no name 'alarms'", 'Names: category.'),
        (('rules.toml', '"category.name.contains(\'垃圾\')"', '"category.name == \\"a\\" and true"'), 'rules.toml:2:40', 'there is no operator and', 'Write &&'),
    ],
)  # fmt: skip
def test_a_mistake_is_one_fault_with_its_line_and_column(
    tiny: TinyPack, edit: tuple[str, str, str], place: str, message: str, hint: str
) -> None:
    tiny.edit(*edit)
    fault = tiny.only_error()
    assert str(fault).startswith(f"{place}: ")
    assert message in fault.message
    assert hint in fault.hint


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ('jiedao = "999"', "newer-version", "jiedao 999 or newer"),
        ('jiedao = "999.0.1"', "newer-version", "jiedao 999.0.1 or newer"),
        ('jiedao = "new"', "bad-value", '"new" is not a version'),
    ],
)
def test_a_pack_for_a_newer_version_has_one_fault(tiny: TinyPack, line: str, code: str, words: str) -> None:
    tiny.edit("pack.toml", "format = 1", f"format = 1\n{line}\nnew_key = 1")
    tiny.append("units.toml", "\n[[institution]]\n")
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("pack.toml", 3, code)
    assert words in fault.message


@pytest.mark.parametrize("number", ["0", "0.0.1", version("jiedao")])
def test_a_pack_for_this_version_or_an_older_one_is_read(tiny: TinyPack, number: str) -> None:
    tiny.edit("pack.toml", "format = 1", f'format = 1\njiedao = "{number}"')
    assert tiny.report().passed


def test_a_pack_of_an_older_format_states_what_changed(tiny: TinyPack) -> None:
    tiny.edit("pack.toml", "format = 1", "format = 0")
    fault = tiny.only_error()
    assert fault.code == "other-format"
    with translation.override("en"):
        assert str(FORMAT_CHANGES[1]) in fault.hint


def test_every_format_states_what_it_changed() -> None:
    assert set(FORMAT_CHANGES) == set(range(1, FORMAT + 1))
