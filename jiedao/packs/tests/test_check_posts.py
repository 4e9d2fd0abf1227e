"""Faults of units, roles and posts."""

import pytest

from jiedao.kernel.packs.checks import find_cycles
from jiedao.packs.tests.tiny import TinyPack


def test_an_unknown_permission_has_its_own_line_in_a_long_list(tiny: TinyPack) -> None:
    tiny.edit("posts.toml", '"cases.case:handle"', '"cases.case:handel"')
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("posts.toml", 13, "unknown-permission")
    assert fault.hint == "Did you mean 'cases.case:handle'?"


def test_a_loop_of_units_is_reported_once(tiny: TinyPack) -> None:
    tiny.edit("units.toml", 'kind = "OFFICE"', 'kind = "OFFICE"\nparent = "CG"')
    fault = tiny.only_error()
    assert (fault.file, fault.code) == ("units.toml", "cycle")


def test_a_loop_of_posts_is_reported(tiny: TinyPack) -> None:
    tiny.edit("posts.toml", 'units = ["JDB"]', 'units = ["JDB"]\nsuperior = "CG.HANDLER"')
    fault = tiny.only_error()
    assert (fault.file, fault.code) == ("posts.toml", "cycle")


def test_a_missing_superior_is_reported(tiny: TinyPack) -> None:
    tiny.edit("posts.toml", "JDB.LEADER", "JDB.LEADR")
    faults = tiny.report().errors
    assert {(fault.code, fault.line) for fault in faults} == {("dangling", 23)}
    assert faults[0].hint == "Did you mean 'JDB.LEADER'?"


def test_a_unit_twice_is_reported(tiny: TinyPack) -> None:
    tiny.append("units.toml", '\n[[unit]]\ncode = "CG"\nname = "城管二办"\nkind = "DEPARTMENT"\n')
    fault = tiny.only_error()
    assert (fault.line, fault.code) == (21, "duplicate")


def test_a_role_twice_in_one_unit_is_reported(tiny: TinyPack) -> None:
    tiny.append("posts.toml", '\n[[post]]\nrole = "HANDLER"\nunits = ["CG"]\n')
    fault = tiny.only_error()
    assert (fault.line, fault.code) == (55, "duplicate")
    assert "Line 20" in fault.hint


def test_unknown_roles_units_and_kinds_are_reported(tiny: TinyPack) -> None:
    tiny.append("posts.toml", '\n[[post]]\nrole = "HANDLR"\nunits = ["CGG"]\nunit_kinds = ["DEPT"]\n')
    assert [fault.line for fault in sorted(tiny.report().errors)] == [56, 57, 58]


def test_a_post_without_a_unit_is_reported(tiny: TinyPack) -> None:
    tiny.append("posts.toml", '\n[[post]]\nrole = "HANDLER"\n')
    assert tiny.only_error().code == "missing-key"


def test_a_unit_of_an_unknown_parent_or_area_is_reported(tiny: TinyPack) -> None:
    tiny.edit("units.toml", 'parent = "JDB"', 'parent = "JDBB"\narea = "440307014009"')
    assert [(fault.line, fault.code) for fault in sorted(tiny.report().errors)] == [
        (11, "dangling"),
        (12, "dangling"),
    ]


def test_a_unit_without_a_post_is_a_warning(tiny: TinyPack) -> None:
    tiny.append("units.toml", '\n[[unit]]\ncode = "WB"\nname = "外包"\nkind = "CONTRACTOR"\n')
    assert [(fault.line, fault.code) for fault in tiny.report().warnings] == [(20, "no-post")]


def test_a_loop_that_other_units_lead_into_is_reported_once() -> None:
    assert find_cycles({"a": "b", "b": "c", "c": "b", "d": "", "e": "x"}) == ["b"]


def test_an_unknown_right_among_the_second_factor_rights_is_reported(tiny: TinyPack) -> None:
    tiny.edit(
        "pack.toml", "[policy]", '[policy]\nsecond_factor_rights = ["orgs.user:manage", "orgs.user:mange"]\n'
    )
    fault = tiny.only_error()
    assert (fault.file, fault.code, fault.hint) == (
        "pack.toml",
        "unknown-permission",
        "Did you mean 'orgs.user:manage'?",
    )


@pytest.mark.parametrize(
    ("phone", "message"),
    [
        ("13800138000", "is a mobile number"),
        ("+86 138-0013-8000", "is a mobile number"),
        ("值班室", "is no phone number"),
        ("12", "is no phone number"),
    ],
)
def test_a_duty_phone_is_the_number_of_a_desk(tiny: TinyPack, phone: str, message: str) -> None:
    tiny.edit("units.toml", 'kind = "OFFICE"', f'kind = "OFFICE"\nduty_phone = "{phone}"')
    fault = tiny.only_error()
    assert (fault.file, fault.code) == ("units.toml", "bad-value")
    assert message in fault.message


@pytest.mark.parametrize("phone", ["0755-28580000", "12345", "(0755) 2858 0000"])
def test_a_landline_and_a_service_number_are_duty_phones(tiny: TinyPack, phone: str) -> None:
    tiny.edit("units.toml", 'kind = "OFFICE"', f'kind = "OFFICE"\nduty_phone = "{phone}"')
    assert tiny.report().passed
