"""Writing notices: once for each user and event, and only of kinds that can be read."""

from datetime import UTC, datetime

import pytest

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.notices.actions import notify
from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Notice, Tone
from jiedao.notices.tests.conftest import ASKED, DONE

MORNING = datetime(2020, 7, 1, 1, 0, tzinfo=UTC)


def test_each_user_gets_the_notice(users: tuple[User, User]) -> None:
    with clock.at(MORNING):
        notify(
            user_ids=[user.pk for user in users] * 2,
            kind=ASKED,
            object_id=7,
            object_name="北门",
            key="k",
            data={"what": "垃圾"},
            task="sweep",
        )
    rows = Notice.objects.order_by("user_id").values_list(
        "user_id", "kind", "object_type", "object_id", "object_name", "data", "asks", "task", "tone", "at"
    )
    shared = ("tests.thing:asked", "tests.thing", 7, "北门", {"what": "垃圾"}, True, "sweep", "WARN", MORNING)
    assert list(rows) == [(user.pk, *shared) for user in users]


def test_the_same_event_is_announced_once(users: tuple[User, User]) -> None:
    for name in ("北门", "南门"):
        notify(user_ids=[users[0].pk], kind=DONE, object_id=7, object_name=name, key="k")
    assert Notice.objects.get().object_name == "北门"


def test_a_call_may_give_another_tone(users: tuple[User, User]) -> None:
    notify(user_ids=[users[0].pk], kind=DONE, object_id=7, object_name="北门", key="k", tone=Tone.ALARM)
    assert Notice.objects.get().tone == "ALARM"


def test_a_notice_that_only_informs_has_no_task(users: tuple[User, User]) -> None:
    notify(user_ids=[users[0].pk], kind=DONE, object_id=7, object_name="北门", key="k", task="sweep")
    notice = Notice.objects.get()
    assert (notice.asks, notice.task) == (False, "")


def test_a_kind_that_nobody_registered_is_refused(users: tuple[User, User]) -> None:
    kind = NoticeKind("tests.thing:unknown", "未登记")
    with pytest.raises(LookupError, match="thing:unknown"):
        notify(user_ids=[users[0].pk], kind=kind, object_id=7, object_name="北门", key="k")
    assert not Notice.objects.exists()


def test_a_long_name_is_cut_to_its_column(users: tuple[User, User]) -> None:
    notify(user_ids=[users[0].pk], kind=DONE, object_id=7, object_name="长" * 400, key="k")
    assert Notice.objects.get().object_name == "长" * 300
