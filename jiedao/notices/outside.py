"""Whether a notice is also sent by mail, text message or chat robot, which the room that delivers decides.

The mark is a column of the notice, so the transaction of the change pays no further statement, whether a message is
wanted or not, and a message waits if and only if the transaction commits.
"""

from collections.abc import Callable

from jiedao.notices.kinds import NoticeKind

WantsMessage = Callable[[int, NoticeKind], bool]
_ASKED: list[WantsMessage] = []


def register_delivery(wants: WantsMessage) -> None:
    """Let a room decide which notices are marked for delivery. Called from its AppConfig.ready.

    `wants` takes a user id and a kind. It is called for every notice, so it must not query the database each time.
    """
    if wants not in _ASKED:
        _ASKED.append(wants)


def wants_message(user_id: int, kind: NoticeKind) -> bool:
    """Return whether some room wants to deliver a notice of this kind to this user."""
    return any(wants(user_id, kind) for wants in _ASKED)
