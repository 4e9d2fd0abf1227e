"""Notices are listed by object, the object with the newest notice first."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from jiedao.accounts.models import User
from jiedao.notices.actions import notify, settle
from jiedao.notices.models import Notice
from jiedao.notices.selectors import SHOWN_IN_GROUP, GroupKey, list_groups
from jiedao.notices.tests.conftest import ASKED, DONE

NOON = datetime(2020, 7, 1, 4, 0, tzinfo=UTC)
MaxQueries = Callable[[int], object]


def send(user: User, object_id: int, key: str, *, informs: bool = False) -> None:
    kind = DONE if informs else ASKED
    notify(user_ids=[user.pk], kind=kind, object_id=object_id, object_name=f"{object_id}号门", key=key)


@pytest.fixture
def user(users: tuple[User, User]) -> User:
    """A user with two notices about object 1 around one about object 2; those of another user do not count."""
    send(users[0], 1, "a")
    send(users[0], 2, "b")
    send(users[0], 1, "c", informs=True)
    send(users[1], 3, "d")
    return users[0]


def test_the_group_with_the_newest_notice_comes_first(user: User) -> None:
    groups, after = list_groups(user.pk, most=10)
    summaries = [(group.key.object_id, group.object_name, group.total, group.unread) for group in groups]
    assert summaries == [(1, "1号门", 2, 2), (2, "2号门", 1, 1)]
    assert [notice.key for notice in groups[0].notices] == ["c", "a"]
    assert groups[0].newest_id == groups[0].notices[0].pk
    assert after is None


def test_settled_notices_are_listed_but_not_unread(user: User) -> None:
    settle(object_type="tests.thing", object_id=1, now=NOON)
    groups, _after = list_groups(user.pk, most=10)
    assert [(group.total, group.unread) for group in groups] == [(2, 1), (1, 1)]


def test_the_unread_groups_leave_out_settled_notices(user: User) -> None:
    settle(object_type="tests.thing", object_id=1, now=NOON)
    settle(object_type="tests.thing", object_id=2, now=NOON)
    groups, _after = list_groups(user.pk, most=10, unread_only=True)
    assert [[notice.key for notice in group.notices] for group in groups] == [["c"]]


def test_the_next_page_begins_after_the_last_group(user: User) -> None:
    first, after = list_groups(user.pk, most=1)
    second, end = list_groups(user.pk, most=1, before=after)
    assert [group.key.object_id for group in (*first, *second)] == [1, 2]
    assert end is None


def test_a_group_shows_only_its_newest_notices(user: User) -> None:
    for serial in range(SHOWN_IN_GROUP):
        send(user, 2, f"more{serial}")
    group = list_groups(user.pk, most=1)[0][0]
    assert (group.total, len(group.notices)) == (SHOWN_IN_GROUP + 1, SHOWN_IN_GROUP)
    assert group.notices[0].key == f"more{SHOWN_IN_GROUP - 1}"


def test_notices_without_an_object_are_one_group(user: User) -> None:
    for key in ("old1", "old2"):
        Notice.objects.create(user=user, key=key, data={"text": "新派案件"})
    group = list_groups(user.pk, most=1)[0][0]
    assert (group.key, group.total) == (GroupKey("", None), 2)


def test_a_page_costs_two_statements(user: User, django_assert_num_queries: MaxQueries) -> None:
    for object_id in range(3, 30):
        send(user, object_id, f"of{object_id}")
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        groups, _after = list_groups(user.pk, most=20)
    assert len(groups) == 20
