"""Warnings of a town that passes the check and in which work would stop."""

import pytest

from jiedao.packs.tests.test_projects import PARK
from jiedao.packs.tests.test_registers import HOUSES
from jiedao.packs.tests.tiny import TinyPack


def list_warnings(tiny: TinyPack) -> list[tuple[str, int, str, str]]:
    """Return file, line, code and message of each warning; the pack must pass."""
    report = tiny.report()
    assert report.passed, report.errors
    return [(fault.file, fault.line, fault.code, fault.message) for fault in sorted(report.warnings)]


@pytest.mark.parametrize(
    ("right", "deed"),
    [
        ("cases.case:close", "close a case"),
        ("cases.case:dispatch", "dispatch a case to a unit"),
        ("cases.case:visit", "call a reporter back"),
        ("orgs.user:manage", "create accounts"),
    ],
)
def test_a_right_that_nobody_holds_is_named(tiny: TinyPack, right: str, deed: str) -> None:
    tiny.edit("posts.toml", f'"{right}"', '"cases.case:comment"')
    assert list_warnings(tiny) == [("posts.toml", 0, "no-holder", f"nobody may {deed}")]


def test_a_role_without_a_post_holds_nothing(tiny: TinyPack) -> None:
    tiny.edit("posts.toml", '\n[[post]]\nrole = "AUDITOR"\nunits = ["JDB"]\n', "")
    assert {code for _file, _line, code, _message in list_warnings(tiny)} == {"unused", "no-holder"}


def test_a_right_to_ask_needs_one_to_decide(tiny: TinyPack) -> None:
    tiny.edit("posts.toml", '"cases.case:handle"', '"cases.case:handle", "cases.case:ask_extension"')
    (warning,) = list_warnings(tiny)
    assert warning[2] == "no-holder"
    assert "nobody holds cases.case:decide_extension" in warning[3]


def test_registers_need_a_right_to_edit_them(tiny: TinyPack) -> None:
    (tiny.folder / "registers").mkdir()
    tiny.write("registers/houses.toml", HOUSES)
    messages = [message for _file, _line, code, message in list_warnings(tiny) if code == "no-holder"]
    assert "the pack has registers/, and nobody holds registers.record:edit" in messages


def test_a_post_with_scope_area_in_a_unit_without_an_area_is_named(tiny: TinyPack) -> None:
    tiny.append("posts.toml", '\n[[post]]\nrole = "LEADER"\nunits = ["CG"]\n')
    (fault,) = tiny.report().warnings
    assert (fault.file, fault.line, fault.code) == ("posts.toml", 55, "no-area")
    assert "post CG.LEADER has the scope AREA, and the unit CG has no area" in fault.message
    assert 'area = "440307014"' in fault.hint


def test_a_lead_unit_without_a_handler_is_named(tiny: TinyPack) -> None:
    tiny.edit("posts.toml", 'unit_kinds = ["DEPARTMENT", "COMMUNITY"]', 'unit_kinds = ["COMMUNITY"]')
    tiny.append("posts.toml", '\n[[post]]\nrole = "SYSADMIN"\nunits = ["CG"]\n')
    (warning,) = list_warnings(tiny)
    assert warning[:3] == ("units.toml", 7, "no-handler")
    assert warning[3].startswith("unit CG leads COMPONENT 01001")


def test_a_unit_below_one_that_handles_needs_no_handler(tiny: TinyPack) -> None:
    tiny.edit("posts.toml", 'unit_kinds = ["DEPARTMENT", "COMMUNITY"]', 'unit_kinds = ["OFFICE"]')
    tiny.append("posts.toml", '\n[[post]]\nrole = "SYSADMIN"\nunits = ["CG", "SQ1"]\n')
    assert list_warnings(tiny) == []


def test_an_unknown_icon_and_a_taken_name_are_warnings_of_a_register(tiny: TinyPack) -> None:
    (tiny.folder / "registers").mkdir()
    tiny.edit("posts.toml", '"cases.case:handle"', '"cases.case:handle", "registers.record:edit"')
    tiny.edit("posts.toml", '"cases.case:handle"', '"cases.case:handle", "registers.record:view"')
    text = HOUSES.replace('on = "grid"', 'on = "grid"\nicon = "flme"', 1).replace("层数", "地点", 1)
    tiny.write("registers/houses.toml", text)
    warnings = tiny.report().warnings
    assert [(fault.line, fault.code) for fault in sorted(warnings)] == [
        (5, "unknown-icon"),
        (12, "taken-name"),
    ]
    assert "Did you mean 'flame'" in next(fault.hint for fault in warnings if fault.code == "unknown-icon")


@pytest.mark.parametrize(("completion", "late"), [("2026-09-25", False), ("2026-09-08", True)])
def test_a_project_that_cannot_be_finished_by_its_day_is_named(
    tiny: TinyPack, completion: str, late: bool
) -> None:
    rights = '"projects.project:view", "projects.project:edit"'
    tiny.edit("posts.toml", '"cases.case:handle"', f'"cases.case:handle", {rights}')
    tiny.write("projects.toml", PARK.replace("2026-12-30", completion))
    warnings = tiny.report().warnings
    assert [fault.code for fault in warnings] == (["too-late"] if late else [])
    if late:
        assert "working days after the completion 2026-09-08" in warnings[0].message


def test_a_holiday_of_the_pack_makes_a_project_late(tiny: TinyPack) -> None:
    rights = '"projects.project:view", "projects.project:edit"'
    tiny.edit("posts.toml", '"cases.case:handle"', f'"cases.case:handle", {rights}')
    tiny.write("projects.toml", PARK.replace("2026-12-30", "2026-09-22"))
    before = [fault.code for fault in tiny.report().warnings]
    for day in ("14", "15", "16", "17", "18"):
        tiny.append("calendar.toml", f"\n[[day]]\ndate = 2026-09-{day}\nworking = false\n")
    assert (before, [fault.code for fault in tiny.report().warnings]) == ([], ["too-late"])
