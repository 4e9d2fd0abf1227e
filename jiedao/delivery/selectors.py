"""What pages read: a user's own addresses and lost messages, and for the administrator all messages and robots."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count
from django.utils.translation import gettext as _

from jiedao.delivery.channels.choosing import describe_server, get_channel
from jiedao.delivery.models import LOST, Address, ChannelCode, Delivery, DeliveryState, Purpose, Receiver
from jiedao.delivery.texts import SECRET, TARGET
from jiedao.delivery.wishes import Choices, find_choices
from jiedao.kernel import clock
from jiedao.kernel.crypto import UnreadableField, decrypt, mask_phone

SHOWN_LOST, LOST_DAYS = 10, 30


def mask_target(address: Address | None) -> str:
    """Return an address with its middle hidden; of a webhook, which holds a key, only the host."""
    if address is None:
        return ""
    try:
        target = decrypt(address.target, context=TARGET)
    except UnreadableField:
        return "…"
    if address.channel == ChannelCode.SMS:
        return mask_phone(target)
    if address.channel == ChannelCode.WEBHOOK:
        return urlsplit(target).hostname or "…"
    name, _at, domain = target.rpartition("@")
    return f"{name[:2] if len(name) > 3 else name[:1]}***@{domain}"


@dataclass(frozen=True)
class OwnAddress:
    """A channel and the user's address in it.

    Attributes:
        connected: whether the office has connected the channel to a server; otherwise messages are files.
        target: masked, "" where there is none.
        secret: of a webhook that is not verified yet; afterwards it is not shown any more.
        fault: why the last code was not sent, "" where it was sent or is about to be.
    """

    channel: str
    label: str
    connected: bool
    target: str
    verified_at: datetime | None
    secret: str
    fault: str


def list_own_addresses(user_id: int) -> list[OwnAddress]:
    """Return one line for each channel."""
    rows = {row.channel: row for row in Address.objects.filter(user_id=user_id)}
    codes = Delivery.objects.filter(user_id=user_id, purpose=Purpose.CODE).order_by("id")
    last = {row.channel: row for row in codes}
    return [_build_own(code, rows.get(code), last.get(code)) for code in ChannelCode.values]


def _build_own(code: str, address: Address | None, last: Delivery | None) -> OwnAddress:
    open_address = address if address is not None and address.verified_at is None else None
    return OwnAddress(
        channel=code,
        label=str(ChannelCode(code).label),
        connected=get_channel(code).is_connected,
        target=mask_target(address),
        verified_at=address.verified_at if address is not None else None,
        secret=decrypt(open_address.secret, context=SECRET) if open_address is not None else "",
        fault=describe_reason(last) if open_address is not None and last is not None else "",
    )


def describe_reason(delivery: Delivery) -> str:
    """Return why a message was not sent, in the reader's language; "" where there is no reason."""
    if not delivery.reason:
        return ""
    reason = _(delivery.reason)
    return f"{reason}（{delivery.detail}）" if delivery.detail else reason


def get_receiver(user_id: int) -> Receiver:
    """Return what a user wants; an unsaved row where nothing was chosen yet."""
    return Receiver.objects.filter(user_id=user_id).first() or Receiver(user_id=user_id)


def read_choices(user_id: int) -> Choices:
    """Return which groups a user gets by which channel."""
    return find_choices([user_id])[user_id]


def list_own_lost(user_id: int) -> list[Delivery]:
    """Return a user's messages of the last month that could not be sent, newest first."""
    since = clock.real_now() - timedelta(days=LOST_DAYS)
    rows = Delivery.objects.filter(LOST, user_id=user_id, created_at__gte=since).exclude(purpose=Purpose.CODE)
    return list(rows.select_related("address", "notice").order_by("-id")[:SHOWN_LOST])


# -- the administrator -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChannelLine:
    """A channel with its server ("" for files) and its number of messages by state."""

    channel: str
    label: str
    server: str
    counts: dict[str, int]

    @property
    def waiting(self) -> int:
        """How many messages wait or are being sent."""
        return self.counts.get(DeliveryState.WAITING, 0) + self.counts.get(DeliveryState.SENDING, 0)

    @property
    def lost(self) -> int:
        """How many messages could not be sent, or may not have been."""
        return self.counts.get(DeliveryState.FAILED, 0) + self.counts.get(DeliveryState.UNSURE, 0)

    @property
    def sent(self) -> int:
        """How many messages were sent in the last month."""
        return self.counts.get(DeliveryState.SENT, 0)


def list_channels() -> list[ChannelLine]:
    """Return every channel, in one statement."""
    counts: dict[str, dict[str, int]] = {code: {} for code in ChannelCode.values}
    rows = Delivery.objects.values_list("channel", "state").annotate(n=Count("id")).order_by()
    for channel, state, number in rows:
        counts[channel][state] = number
    return [
        ChannelLine(code, str(ChannelCode(code).label), describe_server(code), counts[code])
        for code in ChannelCode.values
    ]


def list_deliveries(
    *, channel: str = "", state: str = "", before: int | None = None, most: int = 50
) -> tuple[list[Delivery], int | None]:
    """Return one page of messages, newest first, and the `before` of the next page; "LOST" is FAILED and UNSURE."""
    rows: Any = Delivery.objects.select_related("address__unit", "user").order_by("-id")
    if state == "LOST":
        rows = rows.filter(LOST)
    elif state in DeliveryState.values:
        rows = rows.filter(state=state)
    if channel in ChannelCode.values:
        rows = rows.filter(channel=channel)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: most + 1])
    return page[:most], page[most - 1].pk if len(page) > most else None


def list_robots() -> list[Address]:
    """Return the chat robots of the units and of the town."""
    return list(Address.objects.filter(user__isnull=True).select_related("unit").order_by("id"))
