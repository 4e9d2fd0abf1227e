"""What the tests of deliveries share: users with addresses, kinds of their own, and a channel that obeys the test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from jiedao.accounts.models import User
from jiedao.delivery import sending
from jiedao.delivery.channels.base import Message
from jiedao.delivery.models import Address, Receiver
from jiedao.delivery.summaries import _SUMMARIES, Summary, register_summaries
from jiedao.delivery.texts import TARGET
from jiedao.kernel import clock
from jiedao.kernel.crypto import encrypt
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.notices import kinds
from jiedao.notices.actions import notify
from jiedao.notices.kinds import NoticeKind, register_notice_kinds
from jiedao.notices.models import Tone

ASKED = NoticeKind("tests.thing:asked", "待处理", asks=True)
LATE = NoticeKind("tests.thing:late", "%(stage)s已超期%(note)s", Tone.ALARM, asks=True, codes=("stage",))
NEWS = NoticeKind("tests.thing:news", "已办结")


@dataclass
class Recorder:
    """A channel that stores messages, or raises the next of its faults."""

    repeats_safely: bool = False
    is_connected: bool = True
    sent: list[Message] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)

    def send(self, message: Message) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append(message)


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Register the kinds and the summary of these tests, and remove them afterwards."""
    monkeypatch.setattr(kinds, "_KINDS", dict(kinds._KINDS))
    register_notice_kinds(ASKED, LATE, NEWS)
    register_summaries("tests.thing", lambda ids: {pk: Summary(f"{pk}号", f"/thing/{pk}/") for pk in ids})
    forget_all()
    yield
    del _SUMMARIES["tests.thing"]
    forget_all()


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Let every channel be one that stores what it gets."""
    channel = Recorder()
    monkeypatch.setattr(sending, "get_channel", lambda _code: channel)
    return channel


AddUser = Callable[..., User]


@pytest.fixture
def add_user(db: None) -> AddUser:
    """Return a function that creates a user with a verified address in each of the channels, and no quiet hours."""

    def add(username: str, *channels: str, **receiver: object) -> User:
        user = User.objects.create(username=username, full_name=f"{username}同志")
        Receiver.objects.create(
            user=user,
            **{"quiet_from": "00:00", "quiet_to": "00:00", "digested_date": "2030-01-01", **receiver},
        )
        targets = {
            "MAIL": f"{username}@example.gov.cn",
            "SMS": "13800138000",
            "WEBHOOK": "https://robots.test/x",
        }
        for channel in channels:
            Address.objects.create(
                user=user,
                channel=channel,
                target=encrypt(targets[channel], context=TARGET),
                verified_at=clock.real_now(),
            )
        forget_all()
        return user

    return add


def send_notice(
    *users: User, kind: NoticeKind = ASKED, thing: int = 7, key: str = "k", **data: object
) -> None:
    """Notify the users of a thing."""
    notify(
        user_ids=[user.pk for user in users],
        kind=kind,
        object_id=thing,
        object_name=f"{thing}号 张三的投诉",
        key=key,
        data=data,
    )


def set_policy(key: str, value: object) -> None:
    """Set a policy as a pack does."""
    Policy.objects.update_or_create(key=key, defaults={"value": value})
    forget_all()
