"""What every channel is: it sends one message, or states whether trying again can help."""

from dataclasses import dataclass, field
from typing import Any, Protocol


class DeliveryFault(Exception):  # noqa: N818 (its subclasses name what kind)
    """A message was not sent.

    Attributes:
        reason: shown to the receiver and the administrator, a text marked by `gettext_noop`; it names no address.
        detail: a number of the server that belongs to the reason.
    """

    def __init__(self, reason: str, detail: object = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = str(detail)[:40]


class TemporaryFault(DeliveryFault):
    """The same message may be sent later: the server is away, busy, or refuses for now."""


class UncertainFault(DeliveryFault):
    """The message left, and no answer came: it may have been sent. It is tried again only where that does no harm."""


class PermanentFault(DeliveryFault):
    """Sending the same message again would fail in the same way: the address does not exist, or is not allowed."""


@dataclass(frozen=True)
class Message:
    """A message with its texts in the language of the receiver.

    Attributes:
        key: identifies the message; a receiver that already has it may drop the second copy.
        target: the mail address, phone number or address of the webhook.
        subject, text: of a mail; `short` is the one line for text messages and robots.
        link: the address of the page, "" if the site's address is not set.
        data: what a webhook gets beside the text.
        secret: signs a webhook.
    """

    key: str
    target: str
    subject: str
    text: str
    short: str
    link: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    secret: str = ""


class Channel(Protocol):
    """A way out of the system.

    Attributes:
        repeats_safely: whether a message that may have been sent already can be sent again without a second copy
            reaching the receiver. Otherwise a message whose worker died while sending is not sent again by itself.
        is_connected: whether messages leave the machine; False for files.
    """

    repeats_safely: bool
    is_connected: bool

    def send(self, message: Message) -> None:
        """Send the message; raise one of the faults above if it was not sent."""
        ...
