"""A notice no longer counts as unread once a change of its object has settled it, or the user has read it."""

from datetime import UTC, datetime

import pytest

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.notices.actions import mark_all_read, mark_group_read, notify, settle
from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Notice
from jiedao.notices.selectors import GroupKey, count_unread
from jiedao.notices.tests.conftest import ASKED, DONE

NOON = datetime(2020, 7, 1, 4, 0, tzinfo=UTC)


def send(
    user: User, kind: NoticeKind = ASKED, *, object_id: int = 7, key: str = "k", task: str = ""
) -> Notice:
    notify(user_ids=[user.pk], kind=kind, object_id=object_id, object_name="北门", key=key, task=task)
    return Notice.objects.get(user=user, key=key)


def settled_keys() -> set[str]:
    return set(Notice.objects.filter(settled_at__isnull=False).values_list("key", flat=True))


def test_a_change_settles_the_asking_notices_of_every_user(users: tuple[User, User]) -> None:
    for user in users:
        send(user)
    assert settle(object_type="tests.thing", object_id=7, now=NOON) == 2
    assert [count_unread(user.pk) for user in users] == [0, 0]
    assert set(Notice.objects.values_list("settled_at", "read_at")) == {(NOON, None)}


def test_a_notice_that_informs_stays_unread(users: tuple[User, User]) -> None:
    send(users[0], DONE)
    assert settle(object_type="tests.thing", object_id=7, now=NOON) == 0
    assert count_unread(users[0].pk) == 1


@pytest.mark.parametrize("other", [{"object_id": 8}, {"object_type": "tests.other"}])
def test_notices_about_other_objects_stay(users: tuple[User, User], other: dict[str, int | str]) -> None:
    send(users[0])
    settle(**{"object_type": "tests.thing", "object_id": 7, "now": NOON, **other})  # type: ignore[arg-type]
    assert count_unread(users[0].pk) == 1


def test_only_the_named_tasks_are_settled(users: tuple[User, User]) -> None:
    for task in ("", "sweep", "wash"):
        send(users[0], key=f"k{task}", task=task)
    settle(object_type="tests.thing", object_id=7, now=NOON, tasks=["", "wash"])
    assert settled_keys() == {"k", "kwash"}


def test_only_the_notices_of_the_named_users_are_settled(users: tuple[User, User]) -> None:
    for user in users:
        send(user)
    settle(object_type="tests.thing", object_id=7, now=NOON, user_ids=[users[1].pk])
    assert [count_unread(user.pk) for user in users] == [1, 0]


def test_a_read_notice_is_not_settled(users: tuple[User, User]) -> None:
    send(users[0])
    mark_all_read(user_id=users[0].pk)
    assert settle(object_type="tests.thing", object_id=7, now=NOON) == 0


def test_a_group_is_read_up_to_the_newest_notice_that_was_shown(users: tuple[User, User]) -> None:
    shown, later = send(users[0], key="a"), send(users[0], key="b")
    other_object, other_user = send(users[0], object_id=8, key="c"), send(users[1], key="a")
    with clock.at(NOON):
        group = GroupKey("tests.thing", 7)
        assert mark_group_read(user_id=users[0].pk, group=group, up_to=shown.pk) == 1
    assert Notice.objects.get(read_at=NOON) == shown
    assert set(Notice.objects.filter(read_at=None)) == {later, other_object, other_user}


def test_notices_without_an_object_are_one_group(users: tuple[User, User]) -> None:
    old = Notice.objects.create(user=users[0], key="old", data={"text": "新派案件"})
    send(users[0])
    assert mark_group_read(user_id=users[0].pk, group=GroupKey("", None), up_to=old.pk) == 1
    assert count_unread(users[0].pk) == 1


def test_all_notices_of_one_user_are_read_at_once(users: tuple[User, User]) -> None:
    for user in users:
        send(user, key="a")
        send(user, object_id=8, key="b")
    assert mark_all_read(user_id=users[0].pk) == 2
    assert [count_unread(user.pk) for user in users] == [0, 2]
