"""What the tests of notices share: two users, and kinds that no other room has."""

import pytest
from django.utils.translation import ngettext_lazy

from jiedao.accounts.models import User
from jiedao.notices import kinds
from jiedao.notices.kinds import NoticeKind, Values, register_notice_kinds
from jiedao.notices.models import Tone


def _make_found_values(data: Values) -> Values:
    return {**data, "where": {"NORTH": "北门"}.get(data["place"], "")}


ASKED = NoticeKind("tests.thing:asked", "请处理%(what)s", Tone.WARN, asks=True)
DONE = NoticeKind("tests.thing:done", "已处理")
FOUND = NoticeKind(
    "tests.thing:found",
    ngettext_lazy("%(where)s发现 %(count)d 处", "%(where)s发现 %(count)d 处", "count"),
    make_values=_make_found_values,
)


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the kinds of these tests, and remove them afterwards."""
    monkeypatch.setattr(kinds, "_KINDS", dict(kinds._KINDS))
    register_notice_kinds(ASKED, DONE, FOUND)


@pytest.fixture
def users(db: None) -> tuple[User, User]:
    """Two users without any post."""
    return User.objects.create(username="wang"), User.objects.create(username="li")
