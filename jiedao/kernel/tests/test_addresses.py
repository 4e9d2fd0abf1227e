"""Addresses made from earlier ones are those that Django finds."""

import pytest
from django.urls import NoReverseMatch, reverse, set_script_prefix

from jiedao.kernel.addresses import make_address

VALUES = [
    ("desk:case", ("2026-00000001",)),
    ("desk:case", ("2026-00000002",)),
    ("desk:case", ("a b/ü",)),
    ("desk:case", ("7",)),
    ("desk:attachment", (1,)),
    ("desk:attachment", (11,)),
    ("desk:move", ("2026-00000001", "CLOSE")),
    ("desk:register", ("shops",)),
    ("desk:home", ()),
]


@pytest.mark.parametrize(("name", "values"), VALUES)
def test_an_address_is_that_of_reverse(name: str, values: tuple[object, ...]) -> None:
    try:
        expected = reverse(name, args=values)
    except NoReverseMatch:
        expected = ""
    for _again in range(2):
        try:
            assert make_address(name, *values) == expected
        except NoReverseMatch:
            assert expected == ""


def test_a_page_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(NoReverseMatch):
        make_address("desk:nowhere")
    with pytest.raises(NoReverseMatch):
        make_address("desk:attachment", "x")


def test_an_office_below_a_path_has_its_own_addresses() -> None:
    assert make_address("desk:case", "2026-00000001") == "/desk/cases/2026-00000001/"
    try:
        set_script_prefix("/jiedao/")
        assert make_address("desk:case", "2026-00000001") == "/jiedao/desk/cases/2026-00000001/"
        assert make_address("desk:home") == "/jiedao/desk/"
    finally:
        set_script_prefix("/")
    assert make_address("desk:home") == "/desk/"
