"""Stored wordings: codes with parameters, in the language of each reader."""

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from jiedao.kernel.wordings import (
    BothNames,
    Wording,
    declare_wordings,
    make_text,
    read_wording,
    store_wording,
)

declare_wordings({"test.none": _("没有数据"), "test.few": "%(name)s: %(n)d (%(why)s; %(list)s)"})


def test_a_stored_wording_is_worded_for_each_reader() -> None:
    few = Wording(
        "test.few",
        {"name": BothNames("应处置数", "Due"), "n": 3, "why": Wording("test.none"), "list": ["甲", "乙"]},
    )
    stored = store_wording(few)
    assert stored == {
        "code": "test.few",
        "name": {"zh": "应处置数", "en": "Due"},
        "n": 3,
        "why": {"code": "test.none"},
        "list": ["甲", "乙"],
    }
    read = read_wording(stored)
    assert str(read) == str(few) == "应处置数: 3 (没有数据; 甲、乙)"
    assert store_wording(read) == stored
    with translation.override("en"):
        assert str(read).startswith("Due: 3 (No data; ")


def test_a_text_of_a_person_is_left_as_it_is_and_an_empty_one_is_none() -> None:
    assert str(make_text("巡查发现 100% 两处")) == "巡查发现 100% 两处"
    assert make_text("") is None
    assert (store_wording(None), read_wording({})) == ({}, None)


def test_a_code_that_no_room_declares_is_displayed_as_the_code() -> None:
    assert str(read_wording({"code": "test.retired", "n": 1})) == "test.retired"
