"""The text of a notice is made when it is read."""

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from jiedao.notices.kinds import NoticeKind, describe_notice, list_notice_kinds, register_notice_kinds
from jiedao.notices.models import Notice
from jiedao.notices.tests.conftest import ASKED, FOUND


def test_a_kind_names_the_type_of_its_objects() -> None:
    assert ASKED.object_type == "tests.thing"


def test_the_text_takes_its_values_from_the_data() -> None:
    assert ASKED.describe({"what": "垃圾"}) == "请处理垃圾"


def test_codes_become_labels_when_the_text_is_made() -> None:
    assert FOUND.describe({"count": 2, "place": "NORTH"}) == "北门发现 2 处"


def test_a_value_that_was_not_stored_is_left_out() -> None:
    assert ASKED.describe({}) == "请处理"


def test_a_text_is_in_the_language_of_its_reader() -> None:
    kind = NoticeKind("tests.thing:toned", gettext_lazy("告警"))
    assert kind.describe({}) == "告警"
    with translation.override("en"):
        assert kind.describe({}) == "Alarm"


def test_a_notice_without_a_kind_is_shown_as_it_was_written() -> None:
    assert describe_notice(Notice(data={"text": "新派案件：2020-1"})) == "新派案件：2020-1"


def test_a_notice_of_a_removed_kind_has_no_text() -> None:
    assert describe_notice(Notice(kind="tests.thing:removed", data={"what": "垃圾"})) == ""


def test_two_kinds_never_share_a_code() -> None:
    register_notice_kinds(ASKED)  # the same kind again changes nothing
    with pytest.raises(ValueError, match="thing:asked"):
        register_notice_kinds(NoticeKind(ASKED.code, "另一句"))


def test_kinds_are_listed_by_code() -> None:
    codes = [kind.code for kind in list_notice_kinds()]
    assert codes == sorted(codes)
    assert {"tests.thing:asked", "tests.thing:done", "tests.thing:found"} <= set(codes)
