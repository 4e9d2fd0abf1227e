"""Sending deliveries: each is leased, sent outside any transaction, and marked with what became of it.

The lease is a token in the row. A worker that died while sending leaves a row whose lease ends. Whether that message
left is not known: it is sent again only by a channel that repeats safely, otherwise it is marked as unsure, and a
person decides. So a text message is never sent twice by itself.
"""

import logging
import secrets
import time
from collections import Counter
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Least
from django.utils import translation
from django.utils.translation import gettext_noop as _

from jiedao.delivery.channels.base import DeliveryFault, PermanentFault, UncertainFault
from jiedao.delivery.channels.choosing import get_channel
from jiedao.delivery.models import OPEN, Delivery, DeliveryState, Purpose, Receiver
from jiedao.delivery.texts import NothingToSend, make_message
from jiedao.delivery.wishes import find_quiet_hours
from jiedao.kernel import clock
from jiedao.kernel.backoff import compute_backoff
from jiedao.kernel.crypto import UnreadableField

log = logging.getLogger("jiedao.delivery")
LEASE = timedelta(minutes=2)  # longer than any attempt can take
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=2)
GIVE_UP_AFTER = timedelta(days=1)  # since the first attempt
LONGEST_WAIT = timedelta(hours=26)  # until the end of quiet hours; retries wait less
TOO_OLD = timedelta(days=2)  # since it was written, for instance because no worker ran
HELD = "HELD"
SECONDS_OF_A_RUN = 20.0
FAULTS_OF_A_RUN = 3  # after so many in a row a channel rests until the next run


def send_due(*, seconds: float = SECONDS_OF_A_RUN) -> int:
    """Send what is due until nothing is or the time is up; return how many messages were sent.

    A channel whose server does not answer rests after a few messages, so that it does not hold up the others.
    """
    ends = time.monotonic() + seconds
    undo_clock_ahead(clock.real_now())
    settle_dead(clock.real_now())
    sent, faults = 0, Counter[str]()
    while time.monotonic() < ends:
        resting = [channel for channel, count in faults.items() if count >= FAULTS_OF_A_RUN]
        delivery = claim(clock.real_now(), resting)
        if delivery is None:
            break
        outcome = send(delivery)
        if outcome == DeliveryState.SENT:
            sent += 1
            faults[delivery.channel] = 0
        elif outcome == DeliveryState.WAITING:
            faults[delivery.channel] += 1
    return sent


def undo_clock_ahead(now: datetime) -> None:
    """Make due what was planned or leased by a clock that was ahead, and would wait until that time is reached."""
    waiting = Delivery.objects.filter(OPEN, state=DeliveryState.WAITING, due_at__gt=now + LONGEST_WAIT)
    waiting.update(due_at=now, created_at=Least("created_at", now), tried_at=None)
    sending = Delivery.objects.filter(OPEN, state=DeliveryState.SENDING, lease_until__gt=now + 2 * LEASE)
    sending.update(lease_until=now + LEASE)


def claim(now: datetime, resting: list[str]) -> Delivery | None:
    """Lease the delivery that has been due longest, by a channel that does not rest; None if there is none."""
    due = Delivery.objects.filter(OPEN, state=DeliveryState.WAITING, due_at__lte=now).exclude(
        channel__in=resting
    )
    for pk in due.order_by("due_at", "id").values_list("pk", flat=True)[:8]:
        token = secrets.token_hex(16)
        free = Delivery.objects.filter(pk=pk, state=DeliveryState.WAITING, due_at__lte=now)
        if free.update(state=DeliveryState.SENDING, lease_token=token, lease_until=now + LEASE):
            return Delivery.objects.select_related("address__user", "notice", "user").get(pk=pk)
    return None


def send(delivery: Delivery) -> str:
    """Send a leased delivery and store what became of it; return the new state, or HELD in quiet hours."""
    now = clock.real_now()
    if now - delivery.created_at > TOO_OLD:
        return _end(delivery, DeliveryState.FAILED, _("超过两天没有发出，不再发送"))
    receiver = Receiver.objects.filter(user_id=delivery.user_id).first() if delivery.user_id else None
    hours = find_quiet_hours(receiver)
    wakes_at = hours.find_end(now) if is_held_back(delivery) else None
    if wakes_at is not None:
        _mark(delivery, state=DeliveryState.WAITING, due_at=wakes_at)
        return HELD
    return _try_to_send(delivery, receiver.language if receiver is not None else "zh-hans", now)


def _try_to_send(delivery: Delivery, language: str, now: datetime) -> str:
    try:
        with translation.override(language):
            message = make_message(delivery)
            if delivery.tried_at is None:
                delivery.tried_at = now
            get_channel(delivery.channel).send(message)
    except NothingToSend as reason:
        return _end(delivery, DeliveryState.DROPPED, str(reason))
    except UnreadableField:
        return _end(delivery, DeliveryState.FAILED, _("地址读不出来，请重新填写"))
    except DeliveryFault as fault:
        return _store_fault(delivery, fault, now)
    except Exception:
        log.exception("delivery %s failed unexpectedly", delivery.pk)
        return _store_fault(delivery, DeliveryFault(_("发送时出错，请管理员查看日志")), now)
    return _end(delivery, DeliveryState.SENT)


def is_held_back(delivery: Delivery) -> bool:
    """Return whether quiet hours hold a message back: codes and tests are waited for, a digest has its own hour."""
    return delivery.purpose == Purpose.NOTICE and not delivery.urgent


def settle_dead(now: datetime) -> None:
    """Release or end what workers that died were sending."""
    dead = Delivery.objects.filter(OPEN, state=DeliveryState.SENDING, lease_until__lt=now)
    for delivery in dead.order_by("due_at", "id")[:500]:
        if get_channel(delivery.channel).repeats_safely:
            _mark(delivery, state=DeliveryState.WAITING, due_at=now, attempts=F("attempts") + 1)
        else:
            _end(delivery, DeliveryState.UNSURE, _("发送时程序中断，可能已经发出"))


def _store_fault(delivery: Delivery, fault: DeliveryFault, now: datetime) -> str:
    reason = {"reason": fault.reason, "detail": fault.detail}
    if isinstance(fault, PermanentFault):
        return _end(delivery, DeliveryState.FAILED, **reason)
    if isinstance(fault, UncertainFault) and not get_channel(delivery.channel).repeats_safely:
        return _end(delivery, DeliveryState.UNSURE, **reason)
    pause = compute_backoff(delivery.attempts + 1, FIRST_PAUSE, LONGEST_PAUSE)
    if now + pause > min(delivery.tried_at or now, now) + GIVE_UP_AFTER:
        return _end(delivery, DeliveryState.FAILED, **reason)
    return _mark(
        delivery,
        state=DeliveryState.WAITING,
        due_at=now + pause,
        attempts=delivery.attempts + 1,
        tried_at=delivery.tried_at,
        **reason,
    )


def _end(delivery: Delivery, state: str, reason: str = "", detail: str = "") -> str:
    return _mark(
        delivery,
        state=state,
        ended_at=clock.real_now(),
        reason=reason,
        detail=detail,
        tried_at=delivery.tried_at,
        attempts=F("attempts") + (1 if state in {DeliveryState.SENT, DeliveryState.FAILED} else 0),
    )


def _mark(delivery: Delivery, **values: object) -> str:
    """Store values, if the lease is still this one; return the new state."""
    own = Delivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.SENDING, lease_token=delivery.lease_token
    )
    own.update(lease_token="", lease_until=None, **values)
    return str(values["state"])
