"""From a notice to a message: who gets it, when, how often it is tried, and what is never sent."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from jiedao.accounts.models import User
from jiedao.delivery.channels.base import PermanentFault, TemporaryFault
from jiedao.delivery.digest import write_digests
from jiedao.delivery.jobs import sweep_deliveries
from jiedao.delivery.models import Address, Delivery, DeliveryState, Receiver
from jiedao.delivery.outbox import write_deliveries
from jiedao.delivery.sending import GIVE_UP_AFTER, send_due
from jiedao.delivery.tests.conftest import ASKED, LATE, NEWS, Recorder, send_notice, set_policy
from jiedao.delivery.texts import TARGET
from jiedao.kernel import clock
from jiedao.kernel.crypto import encrypt
from jiedao.kernel.memo import forget_all
from jiedao.notices.actions import mark_all_read, settle
from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Notice
from jiedao.orgs.models import Holding, Post, Unit

AddUser = Callable[..., User]
MaxQueries = Callable[[int], object]
NOON = datetime(2020, 7, 1, 4, 0, tzinfo=UTC)  # 12:00 in the town
SITE = "https://jiedao.example.gov.cn"


def run() -> int:
    """Do what the worker does."""
    write_deliveries()
    write_digests()
    return send_due()


def list_states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


# -- what is sent ----------------------------------------------------------------------------------------------------


def test_a_message_names_the_object_and_links_to_it_but_holds_no_text_of_people(
    add_user: AddUser, recorder: Recorder, settings: pytest.FixtureRequest
) -> None:
    settings.JIEDAO_SITE_URL = SITE  # type: ignore[attr-defined]
    send_notice(add_user("wang", "MAIL"), kind=LATE, stage="办理", note="：请联系张三 13900139000")
    assert run() == 1
    (message,) = recorder.sent
    assert message.target == "wang@example.gov.cn"
    assert message.subject == "办理已超期：7号"
    assert message.short == f"办理已超期：7号 {SITE}/thing/7/"
    assert f"{SITE}/thing/7/" in message.text
    assert "张三" not in f"{message}"
    assert "13900139000" not in f"{message}"


def test_without_the_address_of_the_site_a_message_has_no_link(add_user: AddUser, recorder: Recorder) -> None:
    send_notice(add_user("wang", "SMS"), kind=LATE, stage="办理")
    run()
    assert (recorder.sent[0].short, recorder.sent[0].link) == ("办理已超期：7号", "")


def test_a_message_is_in_the_language_of_its_receiver(add_user: AddUser, recorder: Recorder) -> None:
    kind = NoticeKind("tests.thing:asked", ASKED.text, asks=True)
    assert kind.code == ASKED.code
    send_notice(add_user("wang", "MAIL", language="en"))
    run()
    assert "do not reply" in recorder.sent[0].text.lower()


def test_one_notice_is_one_message_for_each_channel_however_often_it_is_written(
    add_user: AddUser, recorder: Recorder
) -> None:
    user = add_user("wang", "MAIL", "SMS", choices={"TASK": ["MAIL", "SMS"]})
    for _turn in range(3):
        send_notice(user)
        run()
    assert sorted(message.target for message in recorder.sent) == ["13800138000", "wang@example.gov.cn"]


def test_a_notice_that_is_rolled_back_is_never_sent(add_user: AddUser, recorder: Recorder) -> None:
    user = add_user("wang", "MAIL")
    with transaction.atomic():
        send_notice(user)
        transaction.set_rollback(True)
    assert run() == 0
    assert Delivery.objects.count() == 0


def test_a_user_without_an_address_costs_nothing(
    add_user: AddUser, recorder: Recorder, django_assert_num_queries: MaxQueries
) -> None:
    user, other = add_user("wang"), add_user("li", "MAIL")
    send_notice(other, key="fills the cache")
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        send_notice(user, key="none")
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        send_notice(user, other, key="both")
    marked = Notice.objects.filter(to_deliver=True).values_list("user__username", "key")
    assert sorted(marked) == [("li", "both"), ("li", "fills the cache")]


def test_an_unverified_address_or_a_retired_account_gets_nothing(
    add_user: AddUser, recorder: Recorder
) -> None:
    user, gone = add_user("wang", "MAIL"), add_user("li", "MAIL")
    send_notice(user, gone)
    write_deliveries()
    Address.objects.filter(user=user).update(verified_at=None)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    assert send_due() == 0
    assert list_states() == ["DROPPED", "DROPPED"]


@pytest.mark.parametrize("how", ["read", "settled"])
def test_a_notice_that_was_read_or_settled_is_not_sent_any_more(
    add_user: AddUser, recorder: Recorder, how: str
) -> None:
    user = add_user("wang", "MAIL")
    send_notice(user, key="before it is written")
    send_notice(user, key="after")
    Notice.objects.filter(key="after").update(to_deliver=False)

    def end() -> None:
        if how == "read":
            mark_all_read(user_id=user.pk)
        else:
            settle(object_type="tests.thing", object_id=7, now=clock.now())

    Notice.objects.filter(key="after").update(to_deliver=True)
    write_deliveries()
    end()
    assert send_due() == 0
    assert set(list_states()) == {"DROPPED"}


# -- choices ---------------------------------------------------------------------------------------------------------


def test_by_default_work_is_sent_by_mail_and_only_urgent_work_by_text_message(
    add_user: AddUser, recorder: Recorder
) -> None:
    user = add_user("wang", "MAIL", "SMS")
    for serial, kind in enumerate((ASKED, LATE, NEWS)):
        send_notice(user, kind=kind, key=f"{serial}", stage="办理")
    run()
    got = sorted((message.target[:4], message.data["kind"]) for message in recorder.sent)
    assert got == [("1380", LATE.code), ("wang", ASKED.code), ("wang", LATE.code)]


def test_defaults_belong_to_the_role_of_a_post_and_own_choices_replace_them(
    add_user: AddUser, recorder: Recorder
) -> None:
    chief, clerk, chooser = (add_user(name, "SMS") for name in ("chief", "clerk", "chooser"))
    unit = Unit.objects.create(code="U", name="单位", kind="DEPARTMENT")
    post = Post.objects.create(code="U.LEAD", unit=unit, title="负责人")
    Holding.objects.create(user=chief, post=post)
    Holding.objects.create(user=chooser, post=post)
    set_policy("delivery_sends", [{"roles": ["LEAD"], "groups": ["TASK"], "channels": ["SMS"]}])
    Receiver.objects.filter(user=chooser).update(choices={"NEWS": ["SMS"]})
    send_notice(chief, clerk, chooser)
    write_deliveries()
    assert [row.user for row in Delivery.objects.all()] == [chief]
    send_notice(chief, clerk, chooser, kind=NEWS, key="news")
    write_deliveries()
    assert Delivery.objects.order_by("id").last().user == chooser  # type: ignore[union-attr]


def test_a_robot_gets_an_event_once_and_that_of_a_unit_only_those_of_its_people(
    add_user: AddUser, recorder: Recorder
) -> None:
    units = [Unit.objects.create(code=code, name=code, kind="DEPARTMENT") for code in ("A", "B")]
    people = [add_user("wang"), add_user("li")]
    for user in people:
        post = Post.objects.create(code=f"A.{user.username}", unit=units[0], title="岗位")
        Holding.objects.create(user=user, post=post)
    for name, unit in (("town", None), ("a", units[0]), ("b", units[1])):
        Address.objects.create(
            channel="WEBHOOK",
            name=name,
            unit=unit,
            groups=["TASK"],
            target=encrypt(f"https://robots.test/{name}", context=TARGET),
            verified_at=clock.real_now(),
        )
    forget_all()
    set_policy("delivery_hours", {"quiet_from": "00:00", "quiet_to": "00:00", "digest_hour": 8})
    send_notice(*people)
    send_notice(*people, kind=NEWS, key="news")
    run()
    assert sorted(message.target[-1] for message in recorder.sent) == ["a", "n"]


# -- trying again ----------------------------------------------------------------------------------------------------


def test_a_message_is_tried_again_with_growing_pauses_and_given_up_after_a_day(
    add_user: AddUser, recorder: Recorder
) -> None:
    with clock.at(NOON):
        send_notice(add_user("wang", "MAIL"))
        write_deliveries()
    recorder.faults = [TemporaryFault("连不上邮件服务器") for _turn in range(1000)]
    moment, pauses = NOON, []
    while Delivery.objects.get().state == DeliveryState.WAITING:
        with clock.at(moment):
            send_due()
        due_at = Delivery.objects.get().due_at
        pauses.append((due_at - moment).total_seconds())
        moment = max(due_at, moment + timedelta(seconds=1))
    assert pauses[:5] == [30, 60, 120, 240, 480]
    assert max(pauses) == 7200
    row = Delivery.objects.get()
    assert (row.state, row.reason, row.attempts) == ("FAILED", "连不上邮件服务器", len(pauses))
    assert timedelta(hours=20) < moment - NOON <= GIVE_UP_AFTER


def test_a_permanent_fault_is_not_tried_again(add_user: AddUser, recorder: Recorder) -> None:
    send_notice(add_user("wang", "MAIL"))
    recorder.faults = [PermanentFault("邮件服务器拒收这个地址", 550)]
    run()
    row = Delivery.objects.get()
    assert (row.state, row.reason, row.detail) == ("FAILED", "邮件服务器拒收这个地址", "550")


def test_an_error_of_the_program_is_a_fault_like_others(add_user: AddUser, recorder: Recorder) -> None:
    send_notice(add_user("wang", "MAIL"))
    recorder.faults = [ZeroDivisionError()]
    run()
    assert list_states() == ["WAITING"]
    with clock.at(clock.real_now() + timedelta(minutes=1)):
        assert send_due() == 1


def test_a_server_that_is_away_does_not_hold_up_the_other_channels(
    add_user: AddUser, recorder: Recorder
) -> None:
    user = add_user("wang", "MAIL", "SMS", choices={"TASK": ["MAIL"], "URGE": ["SMS"]})
    for serial in range(5):
        send_notice(user, key=f"task{serial}")
    write_deliveries()
    send_notice(user, kind=LATE, key="late", stage="办理")
    write_deliveries()
    recorder.faults = [TemporaryFault("连不上邮件服务器") for _turn in range(3)]
    assert send_due() == 1
    assert [message.target for message in recorder.sent] == ["13800138000"]
    assert Delivery.objects.filter(channel="MAIL", attempts=0).count() == 2


def test_what_waited_for_two_days_is_not_sent_but_shown_as_lost(
    add_user: AddUser, recorder: Recorder
) -> None:
    with clock.at(NOON):
        send_notice(add_user("wang", "MAIL"))
        write_deliveries()
    with clock.at(NOON + timedelta(days=2, minutes=1)):
        assert send_due() == 0
    assert list_states() == ["FAILED"]


def test_what_a_clock_planned_that_was_ahead_is_sent_at_once(add_user: AddUser, recorder: Recorder) -> None:
    with clock.at(NOON + timedelta(days=730)):
        for name in ("wang", "li", "chen"):
            send_notice(add_user(name, "MAIL"), thing=ord(name[0]), key=name)
        write_deliveries()
    first, second, third = Delivery.objects.order_by("id")
    ahead = NOON + timedelta(days=730)
    Delivery.objects.filter(pk=first.pk).update(due_at=ahead, tried_at=ahead, attempts=2)
    Delivery.objects.filter(pk=second.pk).update(due_at=ahead)
    Delivery.objects.filter(pk=third.pk).update(state="SENDING", lease_token="x", lease_until=ahead)
    with clock.at(NOON):
        assert send_due() == 2
    with clock.at(NOON + timedelta(minutes=5)):
        send_due()
    assert list_states() == ["SENT", "SENT", "UNSURE"]


def test_a_digest_of_a_clock_that_was_ahead_does_not_hold_back_the_next_ones(add_user: AddUser) -> None:
    user = add_user("wang", "MAIL", digested_date=date(2022, 7, 1))
    today = add_user("li", "MAIL", digested_date=date(2020, 7, 1))
    with clock.at(NOON):
        sweep_deliveries()
    assert Receiver.objects.get(user=user).digested_date is None
    assert Receiver.objects.get(user=today).digested_date == date(2020, 7, 1)


def test_sent_messages_are_forgotten_after_a_month(add_user: AddUser, recorder: Recorder) -> None:
    with clock.at(NOON):
        send_notice(add_user("wang", "MAIL"))
        assert run() == 1
    with clock.at(NOON + timedelta(days=29)):
        sweep_deliveries()
    assert Delivery.objects.count() == 1
    with clock.at(NOON + timedelta(days=31)):
        sweep_deliveries()
    assert Delivery.objects.count() == 0


# -- quiet hours -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hour", "minute", "wakes"),
    [
        (21, 59, None),
        (22, 0, (2, 7)),
        (23, 59, (2, 7)),
        (0, 0, (1, 7)),
        (6, 59, (1, 7)),
        (7, 0, None),
    ],
)
def test_quiet_hours_across_midnight_hold_a_message_back(
    add_user: AddUser, recorder: Recorder, hour: int, minute: int, wakes: tuple[int, int] | None
) -> None:
    moment = datetime(2020, 7, 1, hour, minute, tzinfo=clock.TOWN_TZ)
    with clock.at(moment):
        send_notice(add_user("wang", "MAIL", quiet_from="22:00", quiet_to="07:00"))
        assert run() == (0 if wakes else 1)
    row = Delivery.objects.get()
    if wakes:
        day, wake_hour = wakes
        assert row.due_at == datetime(2020, 7, day, wake_hour, tzinfo=clock.TOWN_TZ)
        assert (row.state, row.attempts) == ("WAITING", 0)
        with clock.at(row.due_at):
            assert send_due() == 1


def test_urgent_kinds_of_the_pack_pass_quiet_hours(add_user: AddUser, recorder: Recorder) -> None:
    set_policy("delivery_urgent", [LATE.code])
    with clock.at(datetime(2020, 7, 1, 23, 0, tzinfo=clock.TOWN_TZ)):
        user = add_user("wang", "MAIL", quiet_from="22:00", quiet_to="07:00")
        send_notice(user)
        send_notice(user, kind=LATE, key="late", stage="办理")
        assert run() == 1
    assert recorder.sent[0].data["kind"] == LATE.code


def test_who_chose_no_hours_has_those_of_the_pack(add_user: AddUser, recorder: Recorder) -> None:
    set_policy("delivery_hours", {"quiet_from": "12:00", "quiet_to": "14:00", "digest_hour": 8})
    with clock.at(NOON + timedelta(minutes=30)):
        send_notice(add_user("wang", "MAIL", quiet_from=None, quiet_to=None))
        assert run() == 0
    assert Delivery.objects.get().due_at == NOON + timedelta(hours=2)


# -- the digest ------------------------------------------------------------------------------------------------------


def test_the_digest_is_one_mail_by_object_once_a_day_and_only_of_what_is_unread(
    add_user: AddUser, recorder: Recorder, settings: pytest.FixtureRequest
) -> None:
    settings.JIEDAO_SITE_URL = SITE  # type: ignore[attr-defined]
    user = add_user(
        "wang", "MAIL", choices={"TASK": ["DIGEST"], "URGE": ["DIGEST"]}, digested_date=None, digest_hour=8
    )
    evening = datetime(2020, 7, 1, 18, 0, tzinfo=clock.TOWN_TZ)
    with clock.at(evening):
        send_notice(user, key="a")
        send_notice(user, kind=LATE, key="b", stage="办理")
        send_notice(user, thing=8, key="c")
        send_notice(user, thing=9, kind=NEWS, key="not chosen")
        send_notice(user, thing=10, key="done")
        settle(object_type="tests.thing", object_id=10, now=evening)
        assert run() == 0  # 18:00 is too long after 08:00: the digest waits for the next morning
    morning = datetime(2020, 7, 2, 8, 0, tzinfo=clock.TOWN_TZ)
    with clock.at(morning - timedelta(minutes=1)):
        assert run() == 0
    with clock.at(morning):
        assert run() == 1
        assert run() == 0
    (message,) = recorder.sent
    assert message.subject == "每日汇总：2 件事有新的通知"
    assert message.text.count("· ") == 2
    assert "· 7号\n  办理已超期；待处理\n" in message.text
    assert f"{SITE}/thing/8/" in message.text
    with clock.at(morning + timedelta(days=1)):
        assert run() == 0  # nothing new
    assert Receiver.objects.get(user=user).digested_date == date(2020, 7, 3)
    with clock.at(morning + timedelta(days=1, hours=1)):
        send_notice(user, thing=11, key="d")
        assert run() == 0  # at most one a day, also after a morning without
    with clock.at(morning + timedelta(days=2)):
        assert run() == 1
    assert recorder.sent[1].subject == "每日汇总：1 件事有新的通知"


def test_a_digest_of_what_was_read_in_the_meantime_is_not_sent(add_user: AddUser, recorder: Recorder) -> None:
    user = add_user("wang", "MAIL", choices={"TASK": ["DIGEST"]}, digested_date=None, digest_hour=12)
    with clock.at(NOON):
        send_notice(user)
        assert write_digests() == 1
        mark_all_read(user_id=user.pk)
        assert send_due() == 0
    assert list_states() == ["DROPPED"]
